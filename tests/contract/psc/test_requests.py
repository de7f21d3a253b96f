"""Authorization requests in every form the discovery document promises: pushed, as objects, answered as JWT.

[PSC digest 1.3, 1.4; RFC 9101, RFC 9126, RFC 7636, JARM]
"""

from __future__ import annotations

import base64
import json
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from tests.contract.psc.conftest import API, BASE, CALLBACK, CLIENT, PROTOCOL, RADIOLOGIST, REALM, Psc, returned

pytestmark = pytest.mark.asyncio(loop_scope="session")
ASKED = {
    "response_type": "code",
    "redirect_uri": CALLBACK,
    "scope": "openid scope_all",
    "acr_values": "eidas1",
    "state": "pushed",
    "nonce": "n1",
}


async def push(psc: Psc, auth: tuple[str, str] = CLIENT, **changes: str) -> httpx.Response:
    return await psc.http.post(f"{PROTOCOL}/ext/par/request", data={**ASKED, **changes}, auth=auth)


async def by_uri(psc: Psc, http: httpx.AsyncClient, uri: str, client_id: str = CLIENT[0]) -> httpx.Response:
    return await http.get("auth", params={"client_id": client_id, "request_uri": uri})


async def test_a_pushed_request_signs_in_and_serves_once(psc: Psc) -> None:
    pushed = await push(psc)
    assert (pushed.status_code, pushed.json()["expires_in"]) == (201, 60)
    uri = pushed.json()["request_uri"]
    assert uri.startswith("urn:ietf:params:oauth:request_uri:")
    async with psc.browser() as http:
        told = returned(await psc.submit(await by_uri(psc, http, uri), http, id_nat=RADIOLOGIST))
        assert told["state"] == "pushed"
        assert (await psc.exchange(told["code"])).status_code == 200
        again = await by_uri(psc, http, uri)
        assert (again.status_code, "not issued or used multiple times" in again.text) == (400, True)


async def test_a_pushed_request_is_its_clients_own_and_expires(psc: Psc) -> None:
    async with psc.browser() as http:
        uri = (await push(psc)).json()["request_uri"]
        assert (await by_uri(psc, http, uri, API[0])).status_code == 400
        uri = (await push(psc)).json()["request_uri"]
        psc.service.floor.clock.set_offset("default", timedelta(seconds=61))
        page = await by_uri(psc, http, uri)
        assert (page.status_code, "PAR expired." in page.text) == (400, True)
        for made_up in ("urn:ietf:params:oauth:request_uri:x", "https://evil.example/request"):
            assert (await by_uri(psc, http, made_up)).status_code == 400


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"redirect_uri": "https://evil.example/"}, "invalid_request", "redirect_uri"),
        ({"scope": "openid magic"}, "invalid_scope", "magic"),
        ({"acr_values": "eidas2"}, "invalid_request", "acr_values"),
        ({"request_uri": "urn:x"}, "invalid_request", "request_uri"),
        ({"request": "a.b.c"}, "invalid_request_object", "request object"),
        ({"response_type": "token"}, "unauthorized_client", "Implicit flow"),
    ],
)
async def test_what_would_be_refused_in_the_browser_is_refused_when_pushed(
    psc: Psc, changes: dict[str, str], error: str, words: str
) -> None:
    answer = await push(psc, **changes)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert words in answer.json()["error_description"]
    assert (await push(psc, (CLIENT[0], "wrong"))).status_code == 401


def unsigned(claims: Any) -> str:
    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none'})}.{part(claims)}."


def object_of(**changes: Any) -> dict[str, Any]:
    return {**ASKED, "state": "object", "client_id": CLIENT[0], "iss": CLIENT[0], "aud": BASE + REALM, **changes}


async def test_an_unsigned_object_is_read_and_goes_before_the_query(psc: Psc) -> None:
    async with psc.browser() as http:
        page = await psc.ask(http, request=unsigned(object_of()), state="query", login_hint=RADIOLOGIST)
        assert returned(await psc.submit(page, http, id_nat=RADIOLOGIST))["state"] == "object"


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256"])
async def test_an_object_signed_by_a_registered_key_is_read_and_no_other(psc: Psc, algorithm: str) -> None:
    key, other = [
        ECKey.generate_key("P-256", {"kid": "k"}) if algorithm == "ES256" else RSAKey.generate_key(2048, {"kid": "k"})
        for _ in range(2)
    ]
    await psc.change("clients", CLIENT[0], request_keys=[key.as_dict(private=False)])

    def signed(by: Any, **changes: Any) -> str:
        return jwt.encode({"alg": algorithm, "kid": "k"}, object_of(**changes), by, algorithms=[algorithm])

    async with psc.browser() as http:
        page = await psc.ask(http, request=signed(key))
        assert returned(await psc.submit(page, http, id_nat=RADIOLOGIST))["state"] == "object"
        for wrong in (
            signed(other),
            unsigned(object_of()),
            signed(key, client_id=API[0]),
            signed(key, aud="https://elsewhere.invalid"),
            signed(key, exp=1),
            signed(key, request_uri="https://evil.example"),
            signed(key)[:-4] + "AAAA",
        ):
            told = returned(await psc.ask(http, request=wrong))
            assert (told["error"], told["state"]) == ("invalid_request_object", "s1")


@pytest.mark.parametrize(
    ("token", "words"),
    [
        (jwt.encode({"alg": "HS256"}, {"a": "b"}, OctKey.generate_key(256)), "HS256"),
        ("a.b.c.d.e", "Encrypted"),
        ("a.b", "three parts"),
        (unsigned([]), "cannot be read"),
        ("é.b.c", "cannot be read"),
    ],
    ids=["secret", "encrypted", "short", "list", "garbled"],
)
async def test_an_object_that_cannot_be_honoured_is_never_silently_ignored(psc: Psc, token: str, words: str) -> None:
    async with psc.browser() as http:
        answer = returned(await psc.ask(http, request=token))
        assert answer["error"] == "invalid_request_object"
        assert words in answer["error_description"]


async def test_an_object_cannot_lead_elsewhere(psc: Psc) -> None:
    async with psc.browser() as http:
        page = await psc.ask(http, request=unsigned(object_of(redirect_uri="https://evil.example/")))
        assert (page.status_code, "location" in page.headers) == (400, False)


@pytest.mark.parametrize("mode", ["jwt", "query.jwt", "fragment.jwt", "form_post.jwt"])
async def test_the_answer_travels_as_one_signed_jwt(psc: Psc, mode: str) -> None:
    async with psc.browser() as http:
        answer = await psc.submit(await psc.ask(http, response_mode=mode), http, id_nat=RADIOLOGIST)
        if mode == "form_post.jwt":
            (token,) = re.findall(r'name="response" value="([^"]+)"', answer.text)
        else:
            where = answer.headers["location"].partition("#" if mode == "fragment.jwt" else "?")[2]
            token = where.removeprefix("response=")
        keys = (await psc.http.get(f"{PROTOCOL}/certs")).json()
        told = jwt.decode(token, KeySet.import_key_set(keys), algorithms=["RS256"]).claims
        assert (told["iss"], told["aud"], told["state"]) == (BASE + REALM, CLIENT[0], "s1")
        assert (await psc.exchange(told["code"])).status_code == 200


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ('{"id_token": {"acr": {"essential": true, "values": ["eidas1"]}}}', 200),
        ('{"userinfo": {"given_name": null, "made_up": {"essential": true}}}', 200),
        ('{"id_token": {"acr": {"value": "eidas3"}}}', 302),
        ("{", 302),
    ],
)
async def test_the_claims_parameter_may_name_the_level(psc: Psc, claims: str, status: int) -> None:
    named = "acr" not in claims
    async with psc.browser() as http:
        page = await psc.ask(http, claims=claims, acr_values="eidas1" if named else None)
        assert page.status_code == status
        if status == 302:
            assert returned(page)["error"] == "invalid_request"


async def test_what_keycloak_passes_over_is_passed_over(psc: Psc) -> None:
    async with psc.browser() as http:
        page = await psc.ask(
            http, display="touch", made_up="x", kc_idp_hint="", ui_locales="en fr", claims_locales="fr"
        )
        assert page.status_code == 200
        assert "Sign in" in page.text


@pytest.mark.parametrize(
    ("rule", "asked", "missing"),
    [
        ("REQUIRED", {}, "code_challenge"),
        ("S256", {"code_challenge": "c" * 43, "code_challenge_method": "plain"}, "code_challenge_method"),
        ("REQUIRED", {"code_challenge": "c" * 43, "code_challenge_method": "plain"}, ""),
        ("OPTIONAL", {}, ""),
    ],
)
async def test_a_client_may_have_to_prove_possession(psc: Psc, rule: str, asked: dict[str, str], missing: str) -> None:
    await psc.change("clients", CLIENT[0], pkce=rule)
    async with psc.browser() as http:
        page = await psc.ask(http, **asked)
        assert page.status_code == (302 if missing else 200)
        if missing:
            assert missing in returned(page)["error_description"]


async def test_every_feature_of_the_national_document_works_or_is_refused_in_its_own_words(psc: Psc) -> None:
    told = (await psc.http.get(f"{REALM}/.well-known/wallet-openid-configuration")).json()
    addresses = {n: a for n, a in told.items() if n.endswith(("_endpoint", "_uri")) or n == "check_session_iframe"}
    assert len(addresses) == 12
    for name, address in addresses.items():
        statuses = [(await psc.http.request(method, address)).status_code for method in ("GET", "POST")]
        assert not {404, 500} & set(statuses), name
    for grant in told["grant_types_supported"]:
        if grant != "implicit":  # a response type, not a grant of the token endpoint
            error = (await psc.token(grant_type=grant)).json()["error"]
            assert error in ("invalid_request", "invalid_grant", "unauthorized_client"), grant
    async with psc.browser() as http:
        for mode in told["response_modes_supported"]:
            assert (await psc.ask(http, response_mode=mode)).status_code == 200
        for scope in told["scopes_supported"]:
            assert (await psc.ask(http, scope=scope)).status_code == 200
        for kind in told["response_types_supported"]:
            if kind != "code":
                assert returned(await psc.ask(http, response_type=kind))["error"] == "unauthorized_client", kind
    device = await psc.http.post(told["device_authorization_endpoint"], auth=CLIENT)
    assert (device.status_code, device.json()["error"]) == (400, "unauthorized_client")
    assertion = {
        "client_id": CLIENT[0],
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": "a.b.c",
        "token": "x",
    }
    for method in ("token", "token/introspect", "revoke"):
        answer = await psc.http.post(f"{PROTOCOL}/{method}", data={**assertion, "grant_type": "authorization_code"})
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
        assert "private_key_jwt" in answer.json()["error_description"]


@pytest.mark.parametrize("told", [{"psc_public_base": "https://psc.exemple.test:8443"}])
async def test_the_issuer_stays_one_whatever_door_is_used(psc: Psc) -> None:
    public = f"https://psc.exemple.test:8443{REALM}"
    tokens = await psc.signed_in()
    for base in ("http://127.0.0.1:8080", "http://gateway:8080"):
        async with psc.browser(x_segur_base=base) as http:
            document = (await http.get(f"{REALM}/.well-known/openid-configuration")).json()
            assert document["issuer"] == public
            assert document["token_endpoint"] == f"{public}/protocol/openid-connect/token"
            fresh = await psc.token(http=http, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
            assert jwt.decode(
                fresh.json()["id_token"], KeySet.import_key_set((await http.get(f"{PROTOCOL}/certs")).json())
            ).claims["iss"] == public  # fmt: skip
    async with psc.browser(x_segur_sandbox="other", x_segur_base="http://gateway:8080/s/other") as http:
        document = (await http.get(f"{REALM}/.well-known/openid-configuration")).json()
        assert document["issuer"] == f"https://psc.exemple.test:8443/s/other{REALM}"
        page = await psc.ask(http)
        assert 'action="/s/other/auth/' in page.text  # forms and cookies stay with the door the browser came by

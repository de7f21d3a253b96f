"""What services call without a browser: proof of the client, introspection, keys, logout, revocation, faults."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from segur.contracts.psc import AuthenticationRefused, SessionClosed
from segur.kernel.faults import FaultRule
from segur.kernel.pki import Authority
from tests.contract.psc.conftest import (
    API,
    BASE,
    CALLBACK,
    CLIENT,
    PROTOCOL,
    RADIOLOGIST,
    REALM,
    Psc,
    payload,
    returned,
    showing,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_both_discovery_documents_differ_by_the_authorization_page_only(psc: Psc) -> None:
    wallet = (await psc.http.get(f"{REALM}/.well-known/wallet-openid-configuration")).json()
    standard = (await psc.http.get(f"{REALM}/.well-known/openid-configuration")).json()
    assert wallet["authorization_endpoint"] == f"{BASE}/auth"
    assert standard["authorization_endpoint"] == f"{BASE}{PROTOCOL}/auth"
    assert {k for k in wallet if wallet[k] != standard[k]} == {"authorization_endpoint"}
    assert wallet["issuer"] == BASE + REALM
    assert wallet["acr_values_supported"] == ["0", "0"]
    assert wallet["mtls_endpoint_aliases"]["token_endpoint"] == wallet["token_endpoint"]


@pytest.mark.parametrize("told", [{"psc_discovery": "working"}])
async def test_whatever_the_discovery_document_promises_is_kept(psc: Psc) -> None:
    told = (await psc.http.get(f"{REALM}/.well-known/wallet-openid-configuration")).json()
    addresses = {name: value for name, value in told.items() if name.endswith(("_endpoint", "_uri"))}
    assert len(addresses) == 9, addresses
    for name, address in addresses.items():
        statuses = [(await psc.http.request(method, address)).status_code for method in ("GET", "POST")]
        assert not {404, 500} & set(statuses), name
    for grant in told["grant_types_supported"]:
        answer = (await psc.token(grant_type=grant)).json()["error"]
        assert answer in ("invalid_request", "invalid_grant"), grant  # it is looked at: something of its own is missing
    for mode in told["response_modes_supported"]:
        assert (await psc.ask(response_mode=mode)).status_code == 200
    for scope in told["scopes_supported"]:
        assert (await psc.ask(scope=scope)).status_code == 200
    tokens = await psc.signed_in()
    claims = payload(tokens["id_token"])
    assert set(told["claims_supported"]) <= set(claims)
    header = json.loads(base64.urlsafe_b64decode(tokens["id_token"].split(".")[0] + "=="))
    assert [header["alg"]] == told["id_token_signing_alg_values_supported"]


async def test_a_token_got_at_one_door_is_good_at_every_other_of_the_same_sandbox(psc: Psc) -> None:
    """Services introspect through the plain http edge what a client got over TLS, under whatever host name."""
    tokens = await psc.signed_in()
    assert payload(tokens["access_token"])["iss"] == BASE + REALM
    for base in ("http://127.0.0.1:8080", "http://gateway:8080", "https://auth.bas.psc.esante.gouv.fr"):
        async with psc.browser(x_segur_base=base) as http:
            told = await http.post(f"{PROTOCOL}/token/introspect", data={"token": tokens["access_token"]}, auth=API)
            assert (told.json()["active"], told.json()["iss"]) == (True, BASE + REALM)
            fresh = await psc.token(http=http, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
            assert fresh.status_code == 200
        assert (await psc.userinfo(fresh.json()["access_token"])).status_code == 200


async def test_introspection_answers_with_the_national_fields(psc: Psc) -> None:
    told = await psc.introspect((await psc.signed_in())["access_token"])
    national = """exp iat auth_time jti iss sub typ azp nonce session_state preferred_username email_verified acr scope
    client_id username active"""
    assert set(national.split()) <= set(told)
    assert (told["typ"], told["active"], told["nonce"], told["acr"]) == ("Bearer", True, "n1", "eidas1")
    assert told["sub"] == f"f:11111111-2222-4333-8444-555555555555:{RADIOLOGIST}"


async def test_without_openid_there_is_no_id_token_and_no_userinfo(psc: Psc) -> None:
    tokens = await psc.signed_in(scope="scope_all")
    assert ("id_token" in tokens, tokens["scope"]) == (False, "scope_all")
    answer = await psc.userinfo(tokens["access_token"])
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


async def test_a_bound_client_gets_no_unbound_token(psc: Psc) -> None:
    await psc.change("clients", CLIENT[0], bound=True)
    answer = await psc.exchange(await psc.code())
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert "MTLS HoK" in answer.json()["error_description"]


async def test_under_the_national_names_the_page_is_on_the_wallet_host(psc: Psc) -> None:
    for host in ("auth", "wallet"):
        async with psc.browser(x_segur_base=f"https://{host}.bas.psc.esante.gouv.fr") as http:
            told = (await http.get(f"{REALM}/.well-known/wallet-openid-configuration")).json()
        assert told["issuer"] == f"https://auth.bas.psc.esante.gouv.fr{REALM}"
        assert told["authorization_endpoint"] == "https://wallet.bas.psc.esante.gouv.fr/auth"


async def test_tokens_verify_with_the_published_signing_key_beside_an_encryption_key(psc: Psc) -> None:
    keys = (await psc.http.get(f"{PROTOCOL}/certs")).json()
    assert sorted((key["use"], key["alg"]) for key in keys["keys"]) == [("enc", "RSA-OAEP"), ("sig", "RS256")]
    assert not any("d" in key for key in keys["keys"])
    tokens = await psc.signed_in()
    for kind in ("access_token", "id_token"):
        read = jwt.decode(tokens[kind], KeySet.import_key_set(keys), algorithms=["RS256"])
        assert read.claims["SubjectNameID"] == RADIOLOGIST


async def test_private_keys_are_readable_by_their_owner_only(psc: Psc, psc_home: Path) -> None:
    for name in ("psc-keys.json", "psc-tokens.secret"):
        assert stat.S_IMODE((psc_home / "secrets" / name).stat().st_mode) == 0o600


@pytest.mark.parametrize("path", [f"{PROTOCOL}//userinfo", f"/{PROTOCOL}/userinfo", PROTOCOL[5:] + "/userinfo"])
async def test_double_slashes_and_a_missing_auth_prefix_are_forgiven(psc: Psc, path: str) -> None:
    tokens = await psc.signed_in()
    answer = await psc.http.get(BASE + path, headers={"authorization": f"Bearer {tokens['access_token']}"})
    assert answer.json()["SubjectNameID"] == RADIOLOGIST


async def test_credentials_may_come_in_the_header_in_the_form_or_in_both_when_they_agree(psc: Psc) -> None:
    form = {"client_id": CLIENT[0], "client_secret": CLIENT[1]}
    for auth, sent in ((CLIENT, {}), (None, form), (CLIENT, form)):
        code = await psc.code(prompt="login")
        answer = await psc.token(auth, grant_type="authorization_code", code=code, redirect_uri=CALLBACK, **sent)
        assert answer.status_code == 200, answer.text
    answer = await psc.token(CLIENT, grant_type="authorization_code", code="x", client_id=API[0])
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("auth", "error"),
    [
        (None, "invalid_client"),
        (("nobody", "x"), "invalid_client"),
        ((CLIENT[0], "wrong"), "unauthorized_client"),
        ((CLIENT[0], ""), "unauthorized_client"),
    ],
)
async def test_a_client_without_proof_is_refused_before_its_code_is_looked_at(
    psc: Psc, auth: tuple[str, str] | None, error: str
) -> None:
    code = await psc.code()
    answer = await psc.token(auth, grant_type="authorization_code", code=code, redirect_uri=CALLBACK)
    assert (answer.status_code, answer.json()["error"]) == (401, error)
    assert (await psc.exchange(code)).status_code == 200


async def test_a_client_proves_itself_with_its_certificate(psc: Psc, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    right = authority.issue("right", "org-auth", common_name="LOGICIEL", unit="1990000119")
    person = authority.issue("person", "ps-auth", common_name=RADIOLOGIST)
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "client_id": CLIENT[0]}
    async with psc.browser(**showing(person)) as http:
        answer = await psc.token(None, http, **form, code=await psc.code(prompt="login"))
        assert answer.status_code == 401
    async with psc.browser(**showing(right)) as http:
        answer = await psc.token(None, http, **form, code=await psc.code(prompt="login"))
        assert answer.status_code == 200, answer.text
        assert "cnf" not in payload(answer.json()["access_token"])
        await psc.change("clients", CLIENT[0], bound=True, policy="MTLS")
        bound = (await psc.token(None, http, **form, code=await psc.code(prompt="login"))).json()["access_token"]
        assert payload(bound)["cnf"]["x5t#S256"]
        bearer = {"authorization": f"Bearer {bound}"}
        assert (await http.get(f"{PROTOCOL}/userinfo", headers=bearer)).status_code == 200
    assert (await psc.userinfo(bound)).json()["error"] == "unauthorized_client"
    assert (await psc.exchange(await psc.code(prompt="login"))).status_code == 401  # MTLS policy: no secret


@pytest.mark.parametrize(
    ("grant", "error"),
    [
        ("", "invalid_request"),
        ("password", "unauthorized_client"),
        ("client_credentials", "unauthorized_client"),
        ("urn:ietf:params:oauth:grant-type:device_code", "unauthorized_client"),
        ("urn:ietf:params:oauth:grant-type:token-exchange", "unsupported_grant_type"),
        ("magic", "unsupported_grant_type"),
    ],
)
async def test_other_grants_are_refused(psc: Psc, grant: str, error: str) -> None:
    answer = await psc.token(grant_type=grant)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_introspection_tells_any_client_who_holds_a_living_access_token(psc: Psc) -> None:
    tokens = await psc.signed_in()
    told = await psc.introspect(tokens["access_token"])
    assert (told["active"], told["client_id"], told["username"]) == (True, CLIENT[0], RADIOLOGIST)
    assert told["scope"] == "openid scope_all"
    for other in (tokens["id_token"], tokens["refresh_token"], "a.b.c", "", "é"):
        if other:
            assert await psc.introspect(other) == {"active": False}
    nothing = await psc.http.post(f"{PROTOCOL}/token/introspect", auth=API)
    assert (nothing.status_code, nothing.json()["error_description"]) == (400, "Token not provided")
    stranger = await psc.http.post(f"{PROTOCOL}/token/introspect", data={"token": "x"}, auth=(API[0], "x"))
    assert (stranger.status_code, stranger.headers["www-authenticate"].split()[0]) == (401, "Basic")
    assert [f.client_id for f in psc.facts if isinstance(f, AuthenticationRefused)] == [API[0], API[0]]


async def test_a_token_signed_by_someone_else_or_not_at_all_is_refused(psc: Psc) -> None:
    token = (await psc.signed_in())["access_token"]
    head, body, _ = token.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    for forged in (f"{head}.{body}.AAAA", f"{none}.{body}."):
        assert (await psc.userinfo(forged)).status_code == 401
    claims = payload(token)
    from joserfc.jwk import OctKey, RSAKey

    other = jwt.encode({"alg": "RS256"}, claims, RSAKey.generate_key(2048))
    public = (await psc.http.get(f"{PROTOCOL}/certs")).text
    confused = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(public))
    for forged in (other, confused):
        assert (await psc.userinfo(forged)).json()["error"] == "invalid_token"


async def test_a_token_is_worth_nothing_in_another_sandbox(psc: Psc) -> None:
    tokens = await psc.signed_in()
    async with psc.browser(x_segur_sandbox="other", x_segur_base=f"{BASE}/s/other") as http:
        bearer = {"authorization": f"Bearer {tokens['access_token']}"}
        assert (await http.get(f"{PROTOCOL}/userinfo", headers=bearer)).status_code == 401
        refresh = await psc.token(http=http, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
        assert refresh.status_code == 400
        page = await psc.ask(http)
        assert 'action="/s/other/auth/' in page.text
        assert all("Path=/s/other" in cookie for cookie in page.headers.get_list("set-cookie"))


async def test_after_logout_no_token_of_the_session_is_accepted(psc: Psc) -> None:
    tokens = await psc.signed_in()
    answer = await psc.http.get(
        f"{PROTOCOL}/logout",
        params={"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": CALLBACK, "state": "bye"},
    )
    assert answer.headers["location"] == f"{CALLBACK}?state=bye"
    assert (await psc.userinfo(tokens["access_token"])).status_code == 401
    assert await psc.introspect(tokens["access_token"]) == {"active": False}
    refresh = await psc.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refresh.json()["error_description"] == "Session not active"
    assert returned(await psc.ask(prompt="none"))["error"] == "login_required"
    assert [f.reason for f in psc.facts if isinstance(f, SessionClosed)] == ["logout"]


async def test_a_logout_to_an_unregistered_address_closes_nothing(psc: Psc) -> None:
    tokens = await psc.signed_in()
    params = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": "https://elsewhere.invalid/"}
    answer = await psc.http.get(f"{PROTOCOL}/logout", params=params)
    assert (answer.status_code, "location" in answer.headers) == (400, False)
    assert (await psc.userinfo(tokens["access_token"])).status_code == 200


async def test_a_proxy_logs_out_by_posting_the_hint_alone_and_keycloak_clients_by_refresh_token(psc: Psc) -> None:
    tokens = await psc.signed_in()
    answer = await psc.http.post(f"{PROTOCOL}/logout", data={"id_token_hint": tokens["id_token"]})
    assert answer.status_code == 200
    assert "Session fermée" in answer.text
    tokens = await psc.signed_in()
    form = {"refresh_token": tokens["refresh_token"]}
    assert (await psc.http.post(f"{PROTOCOL}/logout", data=form)).status_code == 401
    assert (await psc.http.post(f"{PROTOCOL}/logout", data=form, auth=CLIENT)).status_code == 204
    assert (await psc.userinfo(tokens["access_token"])).status_code == 401


async def test_without_a_hint_the_professional_is_asked_first(psc: Psc) -> None:
    tokens = await psc.signed_in()
    page = await psc.http.get(f"{PROTOCOL}/logout")
    assert "Se déconnecter de Pro Santé Connect" in page.text
    bare = await psc.http.post(f"{PROTOCOL}/logout", data={})
    assert "Session fermée" not in bare.text
    confirmation = page.text.split('name="confirmation" value="')[1].split('"')[0]
    done = await psc.http.post(f"{PROTOCOL}/logout", data={"confirmation": confirmation})
    assert "Session fermée" in done.text
    assert (await psc.userinfo(tokens["access_token"])).status_code == 401


async def test_a_revoked_access_token_dies_alone_a_revoked_refresh_token_takes_the_session(psc: Psc) -> None:
    tokens = await psc.signed_in()
    newer = (await psc.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])).json()
    revoke = f"{PROTOCOL}/revoke"
    assert (await psc.http.post(revoke, data={"token": tokens["access_token"]}, auth=CLIENT)).status_code == 200
    assert (await psc.userinfo(tokens["access_token"])).status_code == 401
    assert (await psc.userinfo(newer["access_token"])).status_code == 200
    foreign = await psc.http.post(revoke, data={"token": newer["refresh_token"]}, auth=API)
    assert (foreign.status_code, foreign.json()["error"]) == (400, "invalid_token")
    assert (await psc.http.post(revoke, data={"token": "unknown"}, auth=CLIENT)).status_code == 200
    assert (await psc.http.post(revoke, data={"token": newer["refresh_token"]}, auth=CLIENT)).status_code == 200
    assert (await psc.userinfo(newer["access_token"])).status_code == 401
    assert [f.reason for f in psc.facts if isinstance(f, SessionClosed)] == ["revoked"]


async def test_a_disabled_professional_gets_no_tokens_and_keeps_none(psc: Psc) -> None:
    tokens = await psc.signed_in()
    code = await psc.code(prompt="login")
    await psc.change("people", RADIOLOGIST, disabled=True)
    assert (await psc.exchange(code)).json()["error_description"] == "User disabled"
    refresh = await psc.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refresh.json()["error_description"] == "User disabled"
    assert await psc.introspect(tokens["access_token"]) == {"active": False}


@pytest.mark.parametrize(
    "point", ["psc.token.unavailable", "psc.userinfo.unavailable", "psc.introspection.unavailable"]
)
async def test_an_armed_fault_shows_as_503_once_and_then_passes(psc: Psc, point: str) -> None:
    tokens = await psc.signed_in()
    psc.service.floor.faults.arm([FaultRule(id="f", point=point, count=1)])

    async def call() -> int:
        if point.startswith("psc.userinfo"):
            return (await psc.userinfo(tokens["access_token"])).status_code
        if point.startswith("psc.introspection"):
            form = {"token": tokens["access_token"]}
            return (await psc.http.post(f"{PROTOCOL}/token/introspect", data=form, auth=API)).status_code
        return (await psc.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])).status_code

    assert [await call(), await call()] == [503, 200]


async def test_bad_forms_are_refused_without_breaking_the_service(psc: Psc) -> None:
    big = await psc.http.post(f"{PROTOCOL}/token", content=b"a=" + b"x" * 70_000)
    assert (big.status_code, big.json()["error"]) == (400, "invalid_request")
    many = await psc.http.get("/auth", params={f"p{n}": "x" for n in range(200)})
    assert many.status_code == 400
    garbled = {"authorization": "Basic ???", "content-type": "application/x-www-form-urlencoded"}
    assert (await psc.http.post(f"{PROTOCOL}/token", content=b"\xff\xfe", headers=garbled)).status_code == 401
    json_body = await psc.http.post(f"{PROTOCOL}/token", json={"grant_type": "authorization_code"}, auth=CLIENT)
    assert (json_body.status_code, json_body.json()["error"]) == (400, "invalid_request")
    assert "application/x-www-form-urlencoded" in json_body.json()["error_description"]
    form = {"content-type": "application/x-www-form-urlencoded"}
    twice = await psc.http.post(
        f"{PROTOCOL}/token", content=b"grant_type=authorization_code&code=a&code=b", headers=form, auth=CLIENT
    )
    assert twice.json() == {"error": "invalid_request", "error_description": "duplicated parameter"}
    nowhere = await psc.http.get(f"{REALM}/nowhere")
    assert (nowhere.status_code, nowhere.json()["error"]) == (404, "HTTP 404")
    wrong_method = await psc.http.get(f"{PROTOCOL}/token")
    assert (wrong_method.status_code, wrong_method.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("told", [{"professionals": 15}])  # a store of its own: no session of another test
async def test_expired_sessions_are_closed_and_told_in_every_sandbox(psc: Psc) -> None:
    from datetime import timedelta

    await psc.signed_in()
    await psc.service.floor.store.sandboxes.put({"_id": "default"})
    (job,) = (job for job in psc.service.jobs if job.name == "close expired sessions")
    await job.run()
    assert not [f for f in psc.facts if isinstance(f, SessionClosed)]
    psc.service.floor.clock.set_offset("default", timedelta(minutes=31))
    await job.run()
    await job.run()
    assert [f.reason for f in psc.facts if isinstance(f, SessionClosed)] == ["expired"]

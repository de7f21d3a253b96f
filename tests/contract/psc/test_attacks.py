"""What somebody would try against the tokens, codes and redirects of Pro Santé Connect; each is tried here."""

from __future__ import annotations

import ast
import asyncio
import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
import segur_psc
from joserfc import jwt
from joserfc.jwk import RSAKey

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
)

pytestmark = pytest.mark.asyncio(loop_scope="session")
CHALLENGE, VERIFIER = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


async def refused_everywhere(psc: Psc, token: str) -> None:
    """No door takes the token: userinfo, introspection, logout."""
    answer = await psc.userinfo(token)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    assert await psc.introspect(token) == {"active": False}
    logout = await psc.http.get(f"{PROTOCOL}/logout", params={"id_token_hint": token})
    assert logout.status_code == 400


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/",
        "//evil.example/",
        f"{CALLBACK}@evil.example/",
        f"{CALLBACK}.evil.example",
        f"{CALLBACK}/../../evil",
        f"{CALLBACK}#@evil.example",
        f"{CALLBACK}%2f..%2fevil",
        f"{CALLBACK}\r\nlocation: https://evil.example/",
        "http://localhost:9999\\@evil.example/callback",
        "javascript:alert(1)",
        "data:text/html,x",
    ],
)
async def test_no_redirect_leads_to_an_address_that_is_not_registered(psc: Psc, uri: str) -> None:
    for door in ("auth", f"{PROTOCOL}/auth"):
        for mode in ("query", "fragment", "form_post", "jwt"):
            asked = {
                "response_type": "code", "client_id": CLIENT[0], "redirect_uri": uri, "scope": "openid",
                "acr_values": "eidas1", "response_mode": mode, "prompt": "none",
            }  # fmt: skip
            answer = await psc.http.get(door, params=asked)
            assert (answer.status_code, "location" in answer.headers) == (400, False)
            assert f'action="{uri}"' not in answer.text
    tokens = await psc.signed_in(prompt="login")
    params = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": uri}
    answer = await psc.http.get(f"{PROTOCOL}/logout", params=params)
    assert (answer.status_code, "location" in answer.headers) == (400, False)


async def test_state_cannot_smuggle_a_header_or_a_parameter(psc: Psc) -> None:
    state = "x\r\nset-cookie: a=b&code=forged#"
    told = returned(await psc.ask(prompt="none", state=state))
    assert (told["error"], told["state"], "code" in told) == ("login_required", state, False)
    form = await psc.ask(prompt="none", response_mode="form_post", state='"><script>alert(1)</script>')
    assert "<script>alert" not in form.text


async def test_of_many_who_show_a_code_at_once_one_gets_tokens_at_most(psc: Psc) -> None:
    code = await psc.code(prompt="login")
    answers = await asyncio.gather(*(psc.exchange(code) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers).count(200) <= 1
    for answer in answers:
        if answer.status_code == 200:  # somebody stole the code: what was given for it is void
            assert (await psc.userinfo(answer.json()["access_token"])).status_code == 401


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
async def test_a_token_without_signature_is_worth_nothing(psc: Psc, algorithm: str) -> None:
    tokens = await psc.signed_in(prompt="login")
    for kind in ("access_token", "id_token"):
        header = json.loads(base64.urlsafe_b64decode(tokens[kind].split(".")[0] + "=="))
        body = tokens[kind].split(".")[1]
        for signature in ("", tokens[kind].split(".")[2]):
            await refused_everywhere(psc, f"{part({**header, 'alg': algorithm})}.{body}.{signature}")


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
async def test_the_public_key_is_not_a_secret(psc: Psc, algorithm: str) -> None:
    tokens = await psc.signed_in(prompt="login")
    keys = (await psc.http.get(f"{PROTOCOL}/certs")).json()["keys"]
    (public,) = [key for key in keys if key["kid"] == json.loads(base64.urlsafe_b64decode(
        tokens["access_token"].split(".")[0] + "=="))["kid"]]  # fmt: skip
    key = RSAKey.import_key(public)
    guesses = [
        key.as_pem(private=False),
        key.as_pem(private=False).strip(),
        key.as_der(private=False),
        CLIENT[1].encode(),
    ]
    guesses += [json.dumps(public).encode(), base64.b64decode(public["x5c"][0]), b""]
    told = f"{part({'alg': algorithm, 'typ': 'JWT', 'kid': public['kid']})}.{tokens['access_token'].split('.')[1]}"
    for guess in guesses:
        mac = hmac.digest(guess, told.encode(), f"sha{algorithm[2:]}")
        await refused_everywhere(psc, f"{told}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}")


async def test_no_header_of_a_token_chooses_its_key(psc: Psc) -> None:
    tokens = await psc.signed_in(prompt="login")
    claims = payload(tokens["access_token"])
    kid = json.loads(base64.urlsafe_b64decode(tokens["access_token"].split(".")[0] + "=="))["kid"]
    enc = next(key["kid"] for key in (await psc.http.get(f"{PROTOCOL}/certs")).json()["keys"] if key["use"] == "enc")
    own = RSAKey.generate_key(2048)
    tricks: list[dict[str, Any]] = [
        {"jwk": own.as_dict(private=False)},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/cert"},
        {"kid": "../../../../dev/null"},
        {"kid": "' OR 1=1 --"},
        {"kid": enc},
        {"kid": kid, "jwk": own.as_dict(private=False)},
        {"kid": ["a"]},
        {"kid": {"$ne": ""}},
        {},
    ]
    for trick in tricks:
        head = {"alg": "RS256", "typ": "JWT", **trick}
        told = f"{part(head)}.{part(claims)}"
        signature = jwt.encode({"alg": "RS256"}, claims, own, algorithms=["RS256"]).split(".")[2]
        await refused_everywhere(psc, f"{told}.{signature}")
    head = {"alg": "RS256", "typ": "JWT", "kid": kid, "crit": ["exp"], "b64": False}
    await refused_everywhere(psc, f"{part(head)}.{part(claims)}.{tokens['access_token'].split('.')[2]}")


async def test_one_kind_of_token_is_not_taken_for_another(psc: Psc) -> None:
    tokens = await psc.signed_in(prompt="login")
    assert (await psc.userinfo(tokens["id_token"])).status_code == 401
    assert (await psc.userinfo(tokens["refresh_token"])).status_code == 401
    for kind in ("access_token", "id_token"):
        answer = await psc.token(grant_type="refresh_token", refresh_token=tokens[kind])
        assert answer.json() == {"error": "invalid_grant", "error_description": "Invalid refresh token"}
    # the login page's sealed attempt is a token of PSC's own, too
    async with psc.browser() as http:
        attempt = (await psc.ask(http)).text.split('name="attempt" value="')[1].split('"')[0]
    answer = await psc.token(grant_type="refresh_token", refresh_token=attempt)
    assert answer.json()["error_description"] == "Invalid refresh token"
    hint = await psc.http.get(f"{PROTOCOL}/logout", params={"id_token_hint": tokens["access_token"]})
    assert hint.status_code == 400


async def test_a_token_after_logout_is_worth_nothing_even_when_its_signature_is_remembered(psc: Psc) -> None:
    tokens = await psc.signed_in(prompt="login")
    assert (await psc.userinfo(tokens["access_token"])).status_code == 200
    await psc.http.get(f"{PROTOCOL}/logout", params={"id_token_hint": tokens["id_token"]})
    assert (await psc.userinfo(tokens["access_token"])).status_code == 401
    assert await psc.introspect(tokens["access_token"]) == {"active": False}
    refresh = await psc.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refresh.json()["error"] == "invalid_grant"


async def test_pkce_cannot_be_taken_off_on_the_way(psc: Psc) -> None:
    asked = {"code_challenge": CHALLENGE, "code_challenge_method": "S256", "prompt": "login"}
    for verifier in ("", "x" * 43, CHALLENGE):
        answer = await psc.exchange(await psc.code(**asked), **({"code_verifier": verifier} if verifier else {}))
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert (await psc.exchange(await psc.code(**asked), code_verifier=VERIFIER)).status_code == 200
    # somebody removed the challenge from the request: the honest client still sends its verifier
    downgraded = await psc.exchange(await psc.code(prompt="login"), code_verifier=VERIFIER)
    assert downgraded.json() == {"error": "invalid_grant", "error_description": "PKCE verification failed"}
    # or asked for plain with what an observer saw
    seen = await psc.code(code_challenge=CHALLENGE, code_challenge_method="S256", prompt="login")
    assert (await psc.exchange(seen, code_verifier=CHALLENGE)).status_code == 400


async def test_every_answer_names_its_issuer_so_that_two_providers_are_not_mixed_up(psc: Psc) -> None:
    issuer = (await psc.http.get(f"{REALM}/.well-known/openid-configuration")).json()["issuer"]
    assert issuer == BASE + REALM
    async with psc.browser() as http:
        good = returned(await psc.submit(await psc.ask(http), http, id_nat=RADIOLOGIST))
        bad = returned(await psc.ask(http, response_type="token"))
        assert good["iss"] == bad["iss"] == issuer
    async with psc.through_an_edge(f"{BASE}/s/other/") as http:
        other = returned(await psc.submit(await psc.ask(http), http, id_nat=RADIOLOGIST))
        assert other["iss"] == f"{BASE}/s/other{REALM}"
        answer = await psc.exchange(other["code"])  # a code of one provider at the other
        assert answer.json()["error_description"] == "Code not valid"


async def test_a_code_is_no_use_to_another_client(psc: Psc) -> None:
    code = await psc.code(prompt="login")
    answer = await psc.token(API, grant_type="authorization_code", code=code, redirect_uri=CALLBACK)
    assert answer.json()["error_description"] == "Auth error: Found different client_id in clientSession"
    assert (await psc.exchange(code)).status_code == 400  # and is used up


@pytest.mark.parametrize("name", ["state", "nonce", "login_hint", "scope", "acr_values", "ui_locales", "made_up"])
async def test_oversized_parameters_are_refused_by_name(psc: Psc, name: str) -> None:
    long = await psc.ask(**{name: "x" * 4_001})
    told = returned(long)
    assert told["error"] == "invalid_request"
    assert name in told["error_description"]
    assert len(long.headers["location"]) < 12_000


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "request", "request_uri", "claims"])
async def test_oversized_parameters_never_break_the_page(psc: Psc, name: str) -> None:
    answer = await psc.ask(**{name: "é" * 8_000})
    assert answer.status_code in (302, 400)
    posted = await psc.http.post(f"{PROTOCOL}/token", data={"grant_type": "x" * 70_000}, auth=CLIENT)
    assert (posted.status_code, posted.json()["error"]) == (400, "invalid_request")


async def test_secrets_are_compared_in_a_time_that_tells_nothing() -> None:
    """No `==` between anything called a secret, a challenge, a digest or a MAC, in the whole service."""
    suspicious = ("secret", "challenge", "verifier", "digest", "mac", "password")
    found = []
    for path in Path(segur_psc.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
                names = [ast.unparse(side) for side in (node.left, *node.comparators)]
                bare = [n for n in names if n.rpartition(".")[2].rpartition("_")[2] in suspicious]
                if bare and not any(n in ("''", '""') for n in names):
                    found.append(f"{path.name}:{node.lineno}: {' / '.join(names)}")
    assert found == []


async def test_a_wrong_secret_is_as_good_as_any_other_wrong_secret(psc: Psc) -> None:
    right = CLIENT[1]
    wrong = [right[:-1], right + "x", right.upper(), "", hashlib.sha256(right.encode()).hexdigest(), "\x00", "é" * 1000]
    answers = [
        await psc.http.post(
            f"{PROTOCOL}/token/introspect",
            data={"token": "x", "client_id": CLIENT[0], "client_secret": secret},
        )
        for secret in wrong
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(401, answers[0].text)}

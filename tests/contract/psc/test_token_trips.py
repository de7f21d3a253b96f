"""What integrators trip on in the tokens of Pro Santé Connect [PSC digest 4.1]: the exact answer of each trip."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from segur_psc.domain import twists

from tests.contract.psc.conftest import (
    CLIENT,
    PROTOCOL,
    Psc,
)
from tests.contract.psc.conftest import payload as claims_of
from tests.contract.psc.trips import Check, arm

pytestmark = pytest.mark.asyncio(loop_scope="session")


def both(check: Check) -> Callable[[dict[str, Any]], bool]:
    return lambda answer: check(claims_of(answer["access_token"])) and check(claims_of(answer["id_token"]))


def access(check: Check) -> Callable[[dict[str, Any]], bool]:
    return lambda answer: check(claims_of(answer["access_token"]))


def identity(check: Check) -> Callable[[dict[str, Any]], bool]:
    return lambda answer: check(claims_of(answer["id_token"]))


def lives(seconds: int) -> Check:
    return lambda claims: claims["exp"] - claims["iat"] == seconds


TOKENS: dict[str, tuple[Callable[[dict[str, Any]], bool], ...]] = {
    "psc.token.acr_eidas2": (both(lambda c: (c["acr"], c.get("auth_level")) == ("eidas2", "1")),),
    "psc.token.acr_eidas3": (access(lambda c: c["acr"] == "eidas3"), identity(lambda c: c["acr"] == "eidas1")),
    "psc.token.acr_absent": (both(lambda c: "acr" not in c),),
    "psc.token.nonce_not_in_access_token": (access(lambda c: "nonce" not in c), identity(lambda c: c["nonce"] == "n1")),
    "psc.token.nonce_empty": (both(lambda c: c["nonce"] == ""),),
    "psc.token.nonce_wrong": (both(lambda c: c["nonce"] not in ("", "n1")),),
    "psc.token.short_lived": (both(lives(60)), lambda answer: answer["expires_in"] == 60),
    "psc.token.aud_array": (identity(lambda c: c["aud"] == [CLIENT[0]]), access(lambda c: "aud" not in c)),
    "psc.token.no_sid": (both(lambda c: "sid" not in c and c["session_state"] != ""),),
    "psc.token.no_refresh_expires_in": (lambda a: "refresh_expires_in" not in a and "refresh_token" in a,),
    "psc.token.no_refresh_token": (lambda a: not {"refresh_token", "refresh_expires_in"} & set(a),),
    "psc.token.no_session_state": (lambda a: "session_state" not in a,),
}
ALWAYS = {
    "access_token", "expires_in", "refresh_expires_in", "refresh_token", "token_type", "id_token", "not-before-policy",
    "session_state", "scope",
}  # fmt: skip


@pytest.mark.parametrize("point", TOKENS)
async def test_tokens_trip_the_client(psc: Psc, point: str) -> None:
    usual = await psc.signed_in(prompt="login")
    assert set(usual) == ALWAYS
    assert not all(check(usual) for check in TOKENS[point]), "the usual answer must differ"
    arm(psc, point, count=1)
    tripped = await psc.signed_in(prompt="login")
    assert all(check(tripped) for check in TOKENS[point]), tripped
    assert (await psc.userinfo(tripped["access_token"])).status_code == 200
    after = await psc.signed_in(prompt="login")
    assert not all(check(after) for check in TOKENS[point]), "once only"


async def test_every_change_of_a_token_is_tried() -> None:
    assert set(TOKENS) == set(twists.TOKENS)


@pytest.mark.parametrize(("point", "sign"), [("psc.token.clock_ahead", 1), ("psc.token.clock_behind", -1)])
async def test_the_clock_of_psc_is_ahead_or_behind(psc: Psc, point: str, sign: int) -> None:
    usual = claims_of((await psc.signed_in(prompt="login"))["id_token"])
    arm(psc, point, count=1)
    tokens = await psc.signed_in(prompt="login")
    for kind in ("access_token", "id_token"):
        shifted = claims_of(tokens[kind])["iat"] - usual["iat"]
        assert 0 <= shifted - sign * psc.settings.psc_clock_skew_s < 60, kind
        assert lives(120)(claims_of(tokens[kind]))


async def test_an_id_token_in_hs256_is_signed_with_the_secret_or_the_public_key(psc: Psc) -> None:
    import hashlib
    import hmac

    arm(psc, "psc.token.alg_hs256", count=1)
    head, body, signature = (await psc.signed_in(prompt="login"))["id_token"].split(".")
    assert json.loads(base64.urlsafe_b64decode(head + "=="))["alg"] == "HS256"
    mac = hmac.digest(CLIENT[1].encode(), f"{head}.{body}".encode(), hashlib.sha256)
    assert base64.urlsafe_b64encode(mac).rstrip(b"=").decode() == signature


async def test_an_id_token_may_bear_a_kid_nobody_publishes(psc: Psc) -> None:
    arm(psc, "psc.token.unknown_kid", count=1)
    token = (await psc.signed_in(prompt="login"))["id_token"]
    kid = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))["kid"]
    keys = (await psc.http.get(f"{PROTOCOL}/certs")).json()
    assert kid not in [key["kid"] for key in keys["keys"]]
    with pytest.raises(JoseError, match="kid"):
        jwt.decode(token, KeySet.import_key_set(keys), algorithms=["RS256"])


async def test_the_signing_key_may_come_first(psc: Psc) -> None:
    assert (await psc.http.get(f"{PROTOCOL}/certs")).json()["keys"][0]["use"] == "enc"
    arm(psc, "psc.certs.signing_key_first")
    assert (await psc.http.get(f"{PROTOCOL}/certs")).json()["keys"][0]["use"] == "sig"

"""What integrators trip on at Pro Santé Connect [PSC digest 4.1, mutual TLS of 4.2]: the exact answer of each trip.

`ROWS` says for each row of the digest's table which fault points show it, or which test holds a rule that is always on.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from segur_psc.domain import twists
from segur_psc.domain.session import Person

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
    returned,
    showing,
)
from tests.contract.psc.conftest import payload as claims_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

GENERAL_PRACTITIONER, BIOLOGIST, NURSE = "899700010038", "899700010053", "899700010103"
ROWS: dict[str, tuple[str, ...]] = {
    "P1": ("test_both_discovery_documents_differ_by_the_authorization_page_only",),
    "P2": ("test_under_the_national_names_the_page_is_on_the_wallet_host",),
    "P3": ("psc.token.acr_eidas2", "psc.token.acr_eidas3", "psc.token.acr_absent"),
    "P4": ("test_a_request_without_the_one_level_is_refused", "psc.authorize.acr_lenient"),
    "P5": ("psc.token.nonce_not_in_access_token", "psc.token.nonce_empty", "psc.token.nonce_wrong"),
    "P6": ("psc.authorize.state_lost",),
    "P7": ("test_a_redirect_uri_that_is_not_the_registered_one_never_leads_anywhere",),
    "P8": ("test_a_code_used_twice_ends_the_session_of_its_first_use", "psc.token.code_expired"),
    "P9": ("psc.authorize.no_iss", "psc.authorize.no_session_state"),
    "P10": ("psc.token.short_lived", "psc.introspection.inactive"),
    "P11": ("psc.refresh.expired", "psc.session.idle", "psc.session.longest"),
    "P12": ("psc.refresh.rotation",),
    "P13": ("psc.token.clock_ahead", "psc.token.clock_behind"),
    "P14": ("psc.token.aud_array",),
    "P15": ("test_sub_names_the_federation_and_the_professional",),
    "P16": ("test_every_form_of_idnat_passes_unchanged",),
    "P17": ("psc.userinfo.no_subjectrefpro",),
    "P18": ("psc.userinfo.empty_exercices", "psc.userinfo.no_activities", "psc.userinfo.empty_activities"),
    "P19": ("psc.userinfo.several_exercices", "test_userinfo_has_every_shape_of_the_country"),
    "P20": ("test_userinfo_has_every_shape_of_the_country",),
    "P21": ("psc.userinfo.layout_2023", "psc.userinfo.unknown_fields"),
    "P22": ("psc.userinfo.jwt", "test_a_client_may_have_its_userinfo_signed"),
    "P23": ("test_userinfo_is_read_by_post_as_well", "test_double_slashes_and_a_missing_auth_prefix_are_forgiven"),
    "P24": ("psc.token.unknown_kid", "psc.certs.signing_key_first", "test_an_old_key_stays_published_with_the_new_one"),
    "P25": ("psc.token.alg_hs256",),
    "P26": ("test_a_logout_to_an_unregistered_address_closes_nothing",),
    "P27": ("psc.logout.state_missing",),
    "P28": ("psc.backchannel.down", "psc.backchannel.twice"),
    "P29": (
        "psc.outage.bad_gateway", "psc.outage.unavailable", "psc.outage.gateway_timeout", "psc.authorize.unavailable",
        "psc.token.unavailable", "psc.userinfo.unavailable", "psc.introspection.unavailable",
    ),
    "P30": ("psc.login.refused", "psc.refresh.user_disabled"),
    "P31": ("psc.authorize.cancelled",),
    "P32": ("psc.userinfo.no_other_ids", "psc.userinfo.other_origin"),
    "P33": ("test_without_openid_there_is_no_id_token_and_no_userinfo",),
    "C9": (
        "psc.mtls.missing", "psc.mtls.wrong_ca", "psc.mtls.expired", "psc.mtls.dn_unknown",
        "test_a_certificate_of_another_authority_does_not_open_a_connection",
    ),
    "C10": ("test_a_client_of_the_espace_de_confiance_is_known_by_the_subject_of_its_certificate",),
    "C11": ("test_bound_tokens_name_the_certificate_in_either_encoding",),
    "C12": ("test_bound_tokens_name_the_certificate_in_either_encoding",),
    "C16": (
        "psc.token.no_refresh_expires_in", "psc.token.no_refresh_token", "psc.token.no_session_state",
        "psc.token.no_sid",
    ),
    "C17": ("psc.introspection.inactive",),
}  # fmt: skip


async def test_every_row_of_the_web_flow_has_a_switch_or_a_rule(request: pytest.FixtureRequest) -> None:
    from segur_psc import faults

    assert {row for row in ROWS if row.startswith("P")} == {f"P{number}" for number in range(1, 34)}
    points = {point.name for point in (*faults.POINTS, *faults.EDC_POINTS)}
    folder = Path(__file__).parent
    tests = set(re.findall(r"def (test_\w+)", "".join(path.read_text() for path in folder.glob("test_*.py"))))
    shown = {name for names in ROWS.values() for name in names}
    assert {name for name in shown if name.startswith("psc.")} <= points
    assert {name for name in shown if name.startswith("test_")} <= tests


async def test_every_change_of_a_token_is_a_declared_fault_point() -> None:
    from segur_psc import faults

    assert {*twists.TOKENS, *twists.USERINFO} <= {point.name for point in faults.POINTS}


def arm(psc: Psc, point: str, **more: Any) -> None:
    psc.service.floor.faults.arm([FaultRule(id="trip", point=point, **more)])


Check = Callable[[dict[str, Any]], bool]


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


REFUSALS = {
    "psc.refresh.expired": ("invalid_grant", "Token is not active"),
    "psc.refresh.user_disabled": ("invalid_grant", "User disabled"),
    "psc.session.idle": ("invalid_grant", "Session not active"),
    "psc.session.longest": ("invalid_grant", "Session not active"),
}


@pytest.mark.parametrize("point", REFUSALS)
@pytest.mark.parametrize("by", ["anybody", "client", "professional"])
async def test_a_refresh_is_refused(psc: Psc, point: str, by: str) -> None:
    tokens = await psc.signed_in(prompt="login")
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    arm(psc, point, count=1, actor={"anybody": None, "client": CLIENT[0], "professional": RADIOLOGIST}[by])
    answer = await psc.token(**form)
    assert (answer.status_code, answer.headers["cache-control"]) == (400, "no-store")
    assert answer.json() == dict(zip(("error", "error_description"), REFUSALS[point], strict=True))
    again = await psc.token(**form)
    assert again.status_code == (400 if point.startswith("psc.session") else 200)  # the session is closed for all


async def test_a_fault_of_one_client_or_professional_leaves_others_alone(psc: Psc) -> None:
    for other in ("another-client", BIOLOGIST):
        arm(psc, "psc.token.nonce_wrong", actor=other)
        assert claims_of((await psc.signed_in(prompt="login"))["id_token"])["nonce"] == "n1"
    arm(psc, "psc.token.nonce_wrong", patient=RADIOLOGIST)
    assert claims_of((await psc.signed_in(prompt="login"))["id_token"])["nonce"] != "n1"


async def test_the_sessions_end_by_the_clock(psc: Psc) -> None:
    clock = psc.service.floor.clock
    tokens = await psc.signed_in(prompt="login")
    clock.set_offset("default", timedelta(minutes=29))
    tokens = (await psc.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])).json()
    clock.set_offset("default", timedelta(minutes=60))
    answer = await psc.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert answer.json() == {"error": "invalid_grant", "error_description": "Token is not active"}


async def test_a_refresh_token_may_serve_once(psc: Psc) -> None:
    tokens = await psc.signed_in(prompt="login")
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert [(await psc.token(**form)).status_code for _ in range(2)] == [200, 200]
    arm(psc, "psc.refresh.rotation", count=1)
    newer = (await psc.token(**form)).json()["refresh_token"]
    replay = await psc.token(**form)
    assert replay.json() == {
        "error": "invalid_grant", "error_description": "Maximum allowed refresh token reuse exceeded",
    }  # fmt: skip
    left = await psc.token(grant_type="refresh_token", refresh_token=newer)
    assert left.json() == {"error": "invalid_grant", "error_description": "Session doesn't have required client"}


async def test_a_code_may_be_expired_already(psc: Psc) -> None:
    code = await psc.code()
    arm(psc, "psc.token.code_expired", count=1)
    answer = await psc.exchange(code)
    assert (answer.status_code, answer.json()) == (
        400, {"error": "invalid_grant", "error_description": "Code is expired"},
    )  # fmt: skip


async def test_a_code_used_twice_ends_the_session_of_its_first_use(psc: Psc) -> None:
    code = await psc.code()
    tokens = (await psc.exchange(code)).json()
    again = await psc.exchange(code)
    assert again.json() == {"error": "invalid_grant", "error_description": "Code not valid"}
    assert await psc.introspect(tokens["access_token"]) == {"active": False}


@pytest.mark.parametrize("acr", [None, "eidas2", "eidas3"])
async def test_a_request_without_the_one_level_is_refused(psc: Psc, acr: str | None) -> None:
    told = returned(await psc.ask(acr_values=acr))
    assert (told["error"], told["state"]) == ("invalid_request", "s1")
    assert "acr_values" in told["error_description"]
    arm(psc, "psc.authorize.acr_lenient", actor=CLIENT[0])
    assert (await psc.ask(acr_values=acr)).status_code == 200


@pytest.mark.parametrize(
    "uri",
    [CALLBACK + "/", CALLBACK.replace("http", "https"), CALLBACK.replace("9999", "9998"), CALLBACK + "?x=1", None],
)
async def test_a_redirect_uri_that_is_not_the_registered_one_never_leads_anywhere(psc: Psc, uri: str | None) -> None:
    page = await psc.ask(redirect_uri=uri)
    assert (page.status_code, "location" in page.headers) == (400, False)
    assert "Invalid parameter: redirect_uri" in page.text
    answer = await psc.exchange(await psc.code(), redirect_uri=uri or "")
    assert answer.json() == {"error": "invalid_grant", "error_description": "Incorrect redirect_uri"}


@pytest.mark.parametrize(
    ("point", "missing"), [("psc.authorize.no_iss", "iss"), ("psc.authorize.no_session_state", "session_state")]
)
async def test_the_callback_may_lack_a_parameter(psc: Psc, point: str, missing: str) -> None:
    async with psc.browser() as http:
        usual = returned(await psc.submit(await psc.ask(http), http, id_nat=RADIOLOGIST))
        assert set(usual) == {"code", "state", "session_state", "iss"}
        arm(psc, point)
        assert set(returned(await psc.ask(http))) == set(usual) - {missing}


async def test_the_answer_may_have_to_be_opened_elsewhere(psc: Psc) -> None:
    arm(psc, "psc.authorize.state_lost", count=1, actor=CLIENT[0])
    async with psc.browser() as http:
        page = await psc.submit(await psc.ask(http), http, id_nat=RADIOLOGIST)
        assert (page.status_code, "location" in page.headers) == (200, False)
        (shown,) = re.findall(r'href="(http://localhost:9999/callback[^"]+)"', page.text)
        assert "state=s1" in shown
        assert "code=" in shown
        assert page.headers["content-security-policy"].startswith("default-src 'none'")


async def test_the_professional_may_give_up(psc: Psc) -> None:
    arm(psc, "psc.authorize.cancelled", count=1, actor=CLIENT[0])
    async with psc.browser() as http:
        told = returned(await psc.ask(http))
        assert (told["error"], told["state"], "code" in told) == ("access_denied", "s1", False)
        assert (await psc.ask(http)).status_code == 200


OUTAGES = {
    "psc.outage.bad_gateway": (502, "Bad Gateway", None),
    "psc.outage.unavailable": (503, "Service Unavailable", "30"),
    "psc.outage.gateway_timeout": (504, "Gateway Timeout", None),
}


@pytest.mark.parametrize("point", OUTAGES)
async def test_the_network_before_psc_answers_in_html(psc: Psc, point: str) -> None:
    arm(psc, point, actor=CLIENT[0], count=3)
    status, reason, retry = OUTAGES[point]
    calls: list[Callable[[], Any]] = [
        lambda: psc.token(grant_type="refresh_token", refresh_token="x"),
        lambda: psc.ask(),
        lambda: psc.http.post(f"{PROTOCOL}/revoke", data={"token": "x"}, auth=CLIENT),
    ]
    for call in calls:
        answer: httpx.Response = await call()
        assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (status, "text/html")
        assert f"{status} {reason}" in answer.text
        assert answer.headers.get("retry-after") == retry
    spared = await psc.http.post(f"{PROTOCOL}/token/introspect", data={"token": "x"}, auth=API)
    assert spared.json() == {"active": False}
    arm(psc, point, operation="certs")
    assert (await psc.http.get(f"{PROTOCOL}/certs")).status_code == status
    assert (await psc.http.get(f"{REALM}/.well-known/openid-configuration")).status_code == 200


async def test_a_token_may_be_called_inactive_before_its_time(psc: Psc) -> None:
    token = (await psc.signed_in(prompt="login"))["access_token"]
    arm(psc, "psc.introspection.inactive", count=1, patient=RADIOLOGIST)
    assert await psc.introspect(token) == {"active": False}
    assert (await psc.introspect(token))["active"] is True


def exercises(claims: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = claims["SubjectRefPro"]["exercices"]
    return found


USERINFO: dict[str, Check] = {
    "psc.userinfo.no_subjectrefpro": lambda c: "SubjectRefPro" not in c,
    "psc.userinfo.empty_exercices": lambda c: c["SubjectRefPro"]["exercices"] == [],
    "psc.userinfo.no_activities": lambda c: "activities" not in c["SubjectRefPro"]["exercices"][0],
    "psc.userinfo.empty_activities": lambda c: c["SubjectRefPro"]["exercices"][0]["activities"] == [],
    "psc.userinfo.several_exercices": lambda c: [len(one["activities"]) for one in exercises(c)] == [3, 1],
    "psc.userinfo.layout_2023": lambda c: (
        c["codeCivilite"] == "MME" and c["codeGenreActivite"] == "GENR01" and "codeCivilite" not in c["SubjectRefPro"]
        and "email_verified" not in c and len(c["SubjectRefPro"]["exercices"][0]["activities"][0]) == 29
    ),
    "psc.userinfo.unknown_fields": lambda c: c["objetInconnu"] == {"niveau": 1} and c["nulInconnu"] is None,
    "psc.userinfo.no_other_ids": lambda c: "otherIds" not in c,
    "psc.userinfo.other_origin": lambda c: [o["origine"] for o in c["otherIds"]] == ["EDIT"],
}  # fmt: skip


@pytest.mark.parametrize("point", USERINFO)
async def test_userinfo_trips_the_client(psc: Psc, point: str) -> None:
    token = (await psc.signed_in(prompt="login"))["access_token"]
    usual = (await psc.userinfo(token)).json()
    arm(psc, point, count=1, patient=RADIOLOGIST)
    tripped = (await psc.userinfo(token)).json()
    assert USERINFO[point](tripped), tripped
    assert tripped["sub"] == usual["sub"]
    assert (await psc.userinfo(token)).json() == usual


async def test_every_change_of_userinfo_is_tried() -> None:
    assert set(USERINFO) == set(twists.USERINFO)


async def test_userinfo_may_be_a_signed_jwt(psc: Psc) -> None:
    token = (await psc.signed_in(prompt="login"))["access_token"]
    arm(psc, "psc.userinfo.jwt", count=1, actor=CLIENT[0])
    await check_signed_userinfo(psc, await psc.userinfo(token))
    assert (await psc.userinfo(token)).headers["content-type"] == "application/json"


async def test_a_client_may_have_its_userinfo_signed(psc: Psc) -> None:
    token = (await psc.signed_in(prompt="login"))["access_token"]
    await psc.change("clients", CLIENT[0], userinfo_jwt=True)
    await check_signed_userinfo(psc, await psc.userinfo(token))


async def check_signed_userinfo(psc: Psc, answer: httpx.Response) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/jwt")
    keys = (await psc.http.get(f"{PROTOCOL}/certs")).json()
    told = jwt.decode(answer.text, KeySet.import_key_set(keys), algorithms=["RS256"]).claims
    assert (told["iss"], told["aud"], told["SubjectNameID"]) == (BASE + REALM, CLIENT[0], RADIOLOGIST)


async def test_userinfo_is_read_by_post_as_well(psc: Psc) -> None:
    token = (await psc.signed_in(prompt="login"))["access_token"]
    by_form = await psc.http.post(f"{PROTOCOL}/userinfo", data={"access_token": token})
    by_header = await psc.http.post(f"{PROTOCOL}/userinfo", headers={"authorization": f"Bearer {token}"})
    assert by_form.json() == by_header.json() == (await psc.userinfo(token)).json()


async def test_userinfo_has_every_shape_of_the_country(psc: Psc) -> None:
    async def read(id_nat: str) -> dict[str, Any]:
        tokens = (await psc.exchange(await psc.code(id_nat=id_nat, prompt="login"))).json()
        found: dict[str, Any] = (await psc.userinfo(tokens["access_token"])).json()
        return found

    several, pharmacist, nurse = [await read(id_nat) for id_nat in (GENERAL_PRACTITIONER, BIOLOGIST, NURSE)]
    (exercise,) = several["SubjectRefPro"]["exercices"]
    assert [place["codeSecteurDactivite"] for place in exercise["activities"]] == ["SA07", "SA17"]
    assert pharmacist["SubjectRefPro"]["exercices"][0]["activities"][0]["codeSectionPharmacien"] == "G"
    assert nurse["SubjectRefPro"]["exercices"][0]["codeSavoirFaire"] == ""
    for found in (several, pharmacist, nurse):
        for activity in found["SubjectRefPro"]["exercices"][0]["activities"]:
            assert len(activity) == 30
            assert all(isinstance(value, str) for value in activity.values())
            assert "" in activity.values()


FORMS = ("500000001815646/CPAT00045", "ANS20261124070000", "888700010046", "0123456789")
"""An employee of a structure, an identity of EDIT, an RPPS that begins with 8, an old ADELI."""


@pytest.mark.parametrize("id_nat", FORMS)
async def test_every_form_of_idnat_passes_unchanged(psc: Psc, id_nat: str) -> None:
    found = await psc.service.floor.store._collections["people"].find_one({"_id": f"default:{RADIOLOGIST}"})
    assert found is not None
    told = {name: found[name] for name in Person.__slots__ if name in found}
    claims = {**told["claims"], "SubjectNameID": id_nat, "preferred_username": id_nat}
    person = Person(**{**told, "id_nat": id_nat, "claims": claims})
    await psc.service.floor.store._collections["people"].put(
        {**found, "_id": f"default:{id_nat}", "id_nat": id_nat, "claims": dict(person.claims)}
    )
    try:
        tokens = (await psc.exchange(await psc.code(id_nat=id_nat, prompt="login"))).json()
        for kind in ("access_token", "id_token"):
            seen = claims_of(tokens[kind])
            assert (seen["SubjectNameID"], seen["preferred_username"]) == (id_nat, id_nat)
        assert (await psc.userinfo(tokens["access_token"])).json()["SubjectNameID"] == id_nat
        assert (await psc.introspect(tokens["access_token"]))["username"] == id_nat
    finally:
        await psc.service.floor.store._collections["people"].delete({"_id": f"default:{id_nat}"})


async def test_sub_names_the_federation_and_the_professional(psc: Psc) -> None:
    tokens = await psc.signed_in(prompt="login")
    subs = {claims_of(tokens[kind])["sub"] for kind in ("access_token", "id_token", "refresh_token")}
    subs |= {(await psc.userinfo(tokens["access_token"])).json()["sub"]}
    assert subs == {f"f:11111111-2222-4333-8444-555555555555:{RADIOLOGIST}"}


@pytest.mark.parametrize("point", ["psc.mtls.missing", "psc.mtls.wrong_ca", "psc.mtls.expired", "psc.mtls.dn_unknown"])
async def test_a_certificate_is_refused(psc: Psc, tmp_path: Path, point: str) -> None:
    own = Authority(tmp_path / "pki").issue("own", "org-auth", common_name="LOGICIEL", unit="1990000119")
    form = {"token": "x", "client_id": CLIENT[0]}
    arm(psc, point, count=1, actor=CLIENT[0])
    async with psc.browser(**showing(own)) as http:
        answer = await http.post(f"{PROTOCOL}/token/introspect", data=form)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Basic realm="esante-wallet"')
        assert answer.json() == {
            "error": "unauthorized_client", "error_description": "Invalid client or Invalid client credentials",
        }  # fmt: skip
        assert (await http.post(f"{PROTOCOL}/token/introspect", data=form)).status_code == 200


@pytest.mark.parametrize("encoding", ["", "hex", "rfc8705"])
async def test_bound_tokens_name_the_certificate_in_either_encoding(psc: Psc, tmp_path: Path, encoding: str) -> None:
    authority = Authority(tmp_path / "pki")
    own, other = (authority.issue(name, "org-auth", common_name=name, unit="1990000119") for name in ("MOI", "AUTRUI"))
    await psc.change("clients", CLIENT[0], bound=True, cnf_encoding=encoding)
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "client_id": CLIENT[0]}
    async with psc.browser(**showing(own)) as http:
        tokens = (await psc.token(None, http, **form, code=await psc.code(prompt="login"))).json()
        bearer = {"authorization": f"Bearer {tokens['access_token']}"}
        assert (await http.get(f"{PROTOCOL}/userinfo", headers=bearer)).status_code == 200
    bound = claims_of(tokens["access_token"])["cnf"]["x5t#S256"]
    if encoding == "rfc8705":
        assert len(base64.urlsafe_b64decode(bound + "=")) == 32
    else:
        assert re.fullmatch(r"[0-9a-f]{64}", base64.b64decode(bound, validate=True).decode())
        assert bound.endswith("==")
    assert (await psc.introspect(tokens["access_token"]))["cnf"] == {"x5t#S256": bound}
    async with psc.browser(**showing(other)) as http:
        answer = await http.get(f"{PROTOCOL}/userinfo", headers=bearer)
        assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized_client")
        fresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": CLIENT[0]}
        assert (await psc.token(None, http, **fresh)).status_code == 401

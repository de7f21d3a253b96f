"""What integrators trip on at Pro Santé Connect [PSC digest 4.1, mutual TLS of 4.2]: the exact answer of each trip.

`ROWS` says for each row of the digest's table which fault points show it, or which test holds a rule that is always on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from segur_psc.domain import twists

from tests.contract.psc.conftest import (
    API,
    CALLBACK,
    CLIENT,
    PROTOCOL,
    RADIOLOGIST,
    REALM,
    Psc,
    returned,
)
from tests.contract.psc.conftest import payload as claims_of
from tests.contract.psc.trips import arm

pytestmark = pytest.mark.asyncio(loop_scope="session")
BIOLOGIST = "899700010053"
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

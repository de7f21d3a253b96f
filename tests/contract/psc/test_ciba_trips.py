"""What integrators trip on in the decoupled login and at logout [PSC digest 4.1 P26 to P28, 4.2 C1 to C8].

`ROWS` says for each row which fault points show it, or which test holds a rule that is always on.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from segur_psc import faults

from segur.contracts.psc import LogoutFailed
from segur.kernel.faults import FaultRule
from segur.kernel.request import DEFAULT_SANDBOX
from tests.contract.psc.conftest import CLIENT, PROTOCOL, RADIOLOGIST, Psc

pytestmark = pytest.mark.asyncio(loop_scope="session")

GP = "899700010038"
GRANT = "urn:openid:params:grant-type:ciba"
HOME = "http://localhost:9999/"
TOO_LONG = (
    "the binding_message value has to be max 50 characters in length and must contain only basic plain-text "
    "characters without spaces"
)
PENDING = "The authorization request is still pending as the end-user hasn't yet been authenticated."

ROWS: dict[str, tuple[str, ...]] = {
    "P26": (
        "test_without_an_address_psc_shows_its_own_page_and_a_post_with_the_hint_alone_is_taken",
        "test_an_address_nobody_registered_is_an_error_page_and_the_session_goes_on",
        "test_a_session_that_is_over_is_an_error_page_as_in_older_keycloak",
    ),
    "P27": ("psc.logout.state_missing",),
    "P28": (
        "psc.backchannel.down", "psc.backchannel.twice", "test_a_service_gets_a_signed_logout_token_once",
        "test_a_service_that_does_not_take_it_is_tried_again_and_given_up_at_last",
    ),
    "P29": ("psc.logout.unavailable",),
    "C1": ("psc.ciba.disabled", "test_only_a_client_allowed_to_may_ask"),
    "C2": ("psc.ciba.pending",),
    "C3": ("psc.ciba.slow_down", "test_an_approved_request_gives_tokens_once"),
    "C4": ("psc.ciba.denied", "psc.ciba.expired"),
    "C5": ("psc.ciba.unknown_user", "test_mistakes_are_told_in_the_stated_order"),
    "C6": ("psc.ciba.bad_binding", "test_mistakes_are_told_in_the_stated_order"),
    "C7": ("psc.ciba.silent", "psc.ciba.device_down"),
    "C8": ("psc.ciba.reuse", "test_an_approved_request_gives_tokens_once"),
}  # fmt: skip
ASKED: dict[str, tuple[int, str, str]] = {
    faults.CIBA_DISABLED: (400, "invalid_grant", "Client not allowed OIDC CIBA Grant"),
    faults.CIBA_UNKNOWN_USER: (400, "invalid_request", "invalid user"),
    faults.CIBA_BAD_BINDING: (400, "invalid_binding_message", TOO_LONG),
    faults.CIBA_DEVICE_DOWN: (503, "server_error", "Failed to send authentication request"),
}
"""Points at the CIBA endpoint: status, error, text."""
POLLED: dict[str, tuple[int, str, str]] = {
    faults.CIBA_PENDING: (400, "authorization_pending", PENDING),
    faults.CIBA_SLOW_DOWN: (400, "slow_down", "too early to access"),
    faults.CIBA_DENIED: (400, "access_denied", "not authorized"),
    faults.CIBA_EXPIRED: (400, "expired_token", "authentication timed out"),
    faults.CIBA_REUSE: (400, "invalid_grant", "Invalid Auth Req ID"),
}
"""Points at the token endpoint, for a request that is approved."""
WHOM: tuple[dict[str, str], ...] = ({}, {"actor": CLIENT[0]}, {"patient": RADIOLOGIST}, {"actor": RADIOLOGIST})


async def start(psc: Psc, login_hint: str = RADIOLOGIST, **form: str) -> httpx.Response:
    asked = {"scope": "openid scope_all", "acr_values": "eidas1", "login_hint": login_hint, "binding_message": "42"}
    return await psc.http.post(f"{PROTOCOL}/ext/ciba/auth", data={**asked, **form}, auth=CLIENT)


async def poll(psc: Psc, auth_req_id: str, after_s: int = 0) -> httpx.Response:
    psc.service.floor.clock.set_offset(DEFAULT_SANDBOX, timedelta(seconds=after_s))
    return await psc.token(grant_type=GRANT, auth_req_id=auth_req_id)


def arm(psc: Psc, point: str, **more: object) -> None:
    psc.service.floor.faults.arm([FaultRule(id="trip", point=point, **more)])  # type: ignore[arg-type]


def wire(answer: httpx.Response) -> tuple[int, str, str]:
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert set(told) == {"error", "error_description"}
    return answer.status_code, told["error"], told["error_description"]


async def test_every_row_has_a_switch_or_a_rule_and_every_switch_a_row() -> None:
    assert {row for row in ROWS if row[0] == "C"} == {f"C{number}" for number in range(1, 9)}
    points = {point.name: point for point in faults.POINTS}
    shown = {name for names in ROWS.values() for name in names}
    tests = set(re.findall(r"def (test_\w+)", "".join(p.read_text() for p in Path(__file__).parent.glob("test_*.py"))))
    assert {name for name in shown if name.startswith("test_")} <= tests
    assert {name for name in points if name.startswith(("psc.ciba.", "psc.logout.", "psc.backchannel."))} <= shown
    assert {name for name in shown if name.startswith("psc.")} <= points.keys()
    assert {*ASKED, *POLLED} <= shown


@pytest.mark.parametrize("whom", WHOM)
@pytest.mark.parametrize("point", ASKED)
async def test_a_trip_at_the_request_shows_once_and_to_whom_it_is_meant_for(
    psc: Psc, point: str, whom: dict[str, str]
) -> None:
    arm(psc, point, count=1, **whom)
    if "patient" in whom or whom.get("actor") == RADIOLOGIST:
        assert (await start(psc, GP)).status_code == 200
    assert wire(await start(psc)) == ASKED[point]
    assert (await start(psc)).status_code == 200
    arm(psc, point, actor="another-client")
    assert (await start(psc)).status_code == 200


@pytest.mark.parametrize("whom", WHOM)
@pytest.mark.parametrize("point", POLLED)
async def test_a_trip_at_a_poll_shows_although_the_professional_approved(
    psc: Psc, point: str, whom: dict[str, str]
) -> None:
    await psc.change("people", RADIOLOGIST, answers="approve")
    auth_req_id = (await start(psc)).json()["auth_req_id"]
    arm(psc, point, count=1, **whom)
    assert wire(await poll(psc, auth_req_id)) == POLLED[point]
    answer = await poll(psc, auth_req_id, 10)
    assert (answer.status_code, "access_token" in answer.json()) == (200, True)


async def test_a_silent_device_shows_nothing_and_the_request_runs_out(psc: Psc) -> None:
    """C7: channel CARD where no CPS-Gestion runs; even a professional who approves by themselves does not."""
    await psc.change("people", RADIOLOGIST, answers="approve")
    arm(psc, faults.CIBA_SILENT, patient=RADIOLOGIST, count=1)
    auth_req_id = (await start(psc, channel="CARD")).json()["auth_req_id"]
    phone = await psc.http.get("/psc/ciba", params={"login_hint": RADIOLOGIST}, headers={"accept": "application/json"})
    assert phone.json() == {"requests": []}
    decided = await psc.http.post("/psc/ciba/decision", data={"auth_req_id": auth_req_id, "decision": "approve"})
    assert decided.status_code == 400
    assert wire(await poll(psc, auth_req_id)) == POLLED[faults.CIBA_PENDING]
    assert wire(await poll(psc, auth_req_id, 121)) == POLLED[faults.CIBA_EXPIRED]


async def test_a_logout_may_lose_the_state_or_not_be_there(psc: Psc) -> None:
    tokens = await psc.signed_in()
    params = {
        "id_token_hint": tokens["id_token"],
        "post_logout_redirect_uri": HOME,
        "state": "s",
        "client_id": CLIENT[0],
    }
    arm(psc, faults.LOGOUT_UNAVAILABLE, count=1, actor=CLIENT[0])
    away = await psc.http.get(f"{PROTOCOL}/logout", params=params)
    assert (away.status_code, "momentanément indisponible" in away.text) == (503, True)
    assert (await psc.introspect(tokens["access_token"]))["active"] is True
    arm(psc, faults.LOGOUT_STATE_MISSING, count=1, actor=CLIENT[0])
    answer = await psc.http.get(f"{PROTOCOL}/logout", params=params)
    assert (answer.status_code, answer.headers["location"]) == (302, HOME)


async def test_an_unreachable_service_is_tried_again(psc: Psc) -> None:
    await psc.change("clients", CLIENT[0], backchannel_logout_uri="http://127.0.0.1:9/logout")
    arm(psc, faults.BACKCHANNEL_DOWN, count=1, actor=CLIENT[0])
    tokens = await psc.signed_in()
    await psc.http.get(f"{PROTOCOL}/logout", params={"id_token_hint": tokens["id_token"]})
    (job,) = (job for job in psc.service.jobs if job.name == "deliver logout tokens")
    await job.run()
    (failed,) = [fact for fact in psc.facts if isinstance(fact, LogoutFailed)]
    assert (failed.problem, failed.attempts, failed.given_up) == ("ConnectError: injected fault", 1, False)

"""Decoupled login: the service asks, the professional answers on another device, the service polls."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from segur.contracts.psc import AuthenticationRefused, SessionOpened
from segur.kernel.faults import FaultRule
from segur.kernel.request import DEFAULT_SANDBOX
from segur.scenario.actors import psc_client
from tests.contract.psc.conftest import API, BASE, CLIENT, PROTOCOL, RADIOLOGIST, Psc, payload

pytestmark = pytest.mark.asyncio(loop_scope="session")

GRANT = "urn:openid:params:grant-type:ciba"
GOOD = {"scope": "openid scope_all", "acr_values": "eidas1", "login_hint": RADIOLOGIST, "binding_message": "42"}


PHONE = "/psc/ciba"


async def decide(psc: Psc, number: str, decision: str, **headers: str) -> httpx.Response:
    form = {"request": number, "decision": decision}
    return await psc.http.post(f"{PHONE}/decision", data=form, headers=headers)


async def start(psc: Psc, auth: tuple[str, str] = CLIENT, **form: str) -> httpx.Response:
    return await psc.http.post(f"{PROTOCOL}/ext/ciba/auth", data={**GOOD, **form}, auth=auth)


async def poll(psc: Psc, auth_req_id: str, after_s: int = 0) -> dict[str, Any]:
    psc.service.floor.clock.set_offset(DEFAULT_SANDBOX, timedelta(seconds=after_s))
    answer = await psc.token(grant_type=GRANT, auth_req_id=auth_req_id)
    found: dict[str, Any] = answer.json()
    assert answer.status_code == (400 if "error" in found else 200)
    return found


async def test_an_approved_request_gives_tokens_once(psc: Psc) -> None:
    asked = (await start(psc)).json()
    assert (asked["expires_in"], asked["interval"]) == (120, 5)
    auth_req_id = asked["auth_req_id"]
    assert (await poll(psc, auth_req_id))["error"] == "authorization_pending"
    assert (await poll(psc, auth_req_id, 2))["error"] == "slow_down"
    listed = await psc.http.get("/psc/ciba", params={"login_hint": RADIOLOGIST}, headers={"accept": "application/json"})
    assert [r["binding_message"] for r in listed.json()["requests"]] == ["42"]
    page = await psc.http.get("/psc/ciba", params={"login_hint": RADIOLOGIST})
    assert "RAYONNET" in page.text
    assert ">42<" in page.text
    assert auth_req_id not in page.text
    done = await decide(psc, listed.json()["requests"][0]["request"], "approve")
    assert "Connexion approuvée" in done.text
    tokens = await poll(psc, auth_req_id, 10)
    assert payload(tokens["access_token"])["authMode"] == "MOBILE"
    assert (await psc.userinfo(tokens["access_token"])).json()["SubjectNameID"] == RADIOLOGIST
    assert await poll(psc, auth_req_id, 20) == {"error": "invalid_grant", "error_description": "Invalid Auth Req ID"}
    assert [(f.flow, f.means) for f in psc.facts if isinstance(f, SessionOpened)] == [("ciba", "MOBILE")]


async def test_a_refusal_is_final(psc: Psc) -> None:
    auth_req_id = (await start(psc, channel="CARD")).json()["auth_req_id"]
    decision = f"{PHONE}/decision"
    assert (await psc.http.post(decision, data={"auth_req_id": auth_req_id})).status_code == 400
    await psc.http.post(decision, data={"auth_req_id": auth_req_id, "decision": "refuse"})
    late = await psc.http.post(decision, data={"auth_req_id": auth_req_id, "decision": "approve"})
    assert late.status_code == 400
    assert await poll(psc, auth_req_id) == {"error": "access_denied", "error_description": "not authorized"}
    assert [f.error for f in psc.facts if isinstance(f, AuthenticationRefused)] == ["access_denied"]


async def test_a_late_request_is_expired_first_and_forgotten_later(psc: Psc) -> None:
    auth_req_id = (await start(psc)).json()["auth_req_id"]
    assert (await poll(psc, auth_req_id, 119))["error"] == "authorization_pending"
    assert (await poll(psc, auth_req_id, 120))["error"] == "expired_token"  # before slow_down
    late = await psc.http.post(f"{PHONE}/decision", data={"auth_req_id": auth_req_id, "decision": "approve"})
    assert late.status_code == 400
    assert (await poll(psc, auth_req_id, 136))["error_description"] == "Invalid Auth Req ID"


@pytest.mark.parametrize(
    ("form", "error", "text"),
    [
        ({"login_hint": "", "scope": ""}, "invalid_request", "missing parameter : login_hint"),
        ({"scope": ""}, "invalid_request", "missing parameter : scope"),
        ({"login_hint": "899799999999", "scope": "bad"}, "invalid_request", "invalid user"),
        ({"login_hint": "3990000119/GENERIQUE-ACCUEIL"}, "invalid_request", "invalid user"),
        ({"scope": "openid bad", "binding_message": "é"}, "invalid_scope", "Invalid scopes: openid bad"),
        ({"binding_message": "x" * 51}, "invalid_binding_message", None),
        ({"user_code": "1"}, "invalid_request", "User code not supported"),
        ({"acr_values": "eidas3"}, "invalid_request", None),
        ({"channel": "FAX"}, "invalid_request", "Invalid parameter: channel"),
        ({"client_notification_token": "t"}, "invalid_request", None),
    ],
)
async def test_mistakes_are_told_in_the_stated_order(
    psc: Psc, form: dict[str, str], error: str, text: str | None
) -> None:
    answer = await start(psc, **form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert text is None or answer.json()["error_description"] == text
    assert [f.error for f in psc.facts if isinstance(f, AuthenticationRefused)] == [error]


async def test_only_a_client_allowed_to_may_ask(psc: Psc) -> None:
    answer = await start(psc, API)
    assert (answer.status_code, answer.json()["error_description"]) == (400, "Client not allowed OIDC CIBA Grant")
    assert (await start(psc, (CLIENT[0], "wrong"))).status_code == 401


async def test_a_device_that_is_down_is_a_503(psc: Psc) -> None:
    psc.service.floor.faults.arm([FaultRule(id="f", point="psc.ciba.device_down", count=1, actor=RADIOLOGIST)])
    answer = await start(psc)
    assert (answer.status_code, answer.json()["error"]) == (503, "server_error")
    assert (await start(psc)).status_code == 200


async def test_a_phone_may_approve_or_refuse_by_itself(psc: Psc) -> None:
    json_only = {"accept": "application/json"}
    for answers, outcome in (("approve", ""), ("refuse", "access_denied"), ("ask", "authorization_pending")):
        form = {"login_hint": RADIOLOGIST[1:], "answers": answers}
        told = await psc.http.post(f"{PHONE}/answers", data=form, headers=json_only)
        assert told.json() == {"login_hint": RADIOLOGIST, "answers": answers}
        found = await poll(psc, (await start(psc)).json()["auth_req_id"])
        assert found.get("error", "") == outcome
    assert [f.flow for f in psc.facts if isinstance(f, SessionOpened)] == ["ciba"]
    assert [f.error for f in psc.facts if isinstance(f, AuthenticationRefused)] == ["access_denied"]


@pytest.mark.parametrize("told", [{"psc_ciba_auto_approve": (RADIOLOGIST,)}])
async def test_the_settings_name_whose_phone_approves_by_itself_from_the_start(psc: Psc) -> None:
    assert "access_token" in await poll(psc, (await start(psc)).json()["auth_req_id"])
    other = (await start(psc, login_hint="899700010038")).json()["auth_req_id"]
    assert (await poll(psc, other))["error"] == "authorization_pending"


async def test_a_fault_keeps_an_approval_waiting_for_some_polls(psc: Psc) -> None:
    auth_req_id = (await start(psc)).json()["auth_req_id"]
    await psc.http.post(f"{PHONE}/decision", data={"auth_req_id": auth_req_id, "decision": "approve"})
    psc.service.floor.faults.arm([FaultRule(id="f", point="psc.ciba.pending", count=2)])
    told = [(await poll(psc, auth_req_id, after)).get("error", "") for after in (0, 6, 12)]
    assert told == ["authorization_pending", "authorization_pending", ""]


async def test_one_clients_request_is_nothing_to_another(psc: Psc) -> None:
    await psc.change("clients", API[0], ciba=True)
    auth_req_id = (await start(psc)).json()["auth_req_id"]
    answer = await psc.token(API, grant_type=GRANT, auth_req_id=auth_req_id)
    assert answer.json() == {"error": "invalid_grant", "error_description": "Invalid Auth Req ID"}
    missing = await psc.token(grant_type=GRANT)
    assert missing.json()["error_description"] == "Missing parameter: auth_req_id"


async def test_of_many_polls_at_once_one_gets_the_tokens(psc: Psc) -> None:
    auth_req_id = (await start(psc)).json()["auth_req_id"]
    await psc.http.post(f"{PHONE}/decision", data={"auth_req_id": auth_req_id, "decision": "approve"})
    answers = await asyncio.gather(*(psc.token(grant_type=GRANT, auth_req_id=auth_req_id) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400, 400, 400]
    assert len([f for f in psc.facts if isinstance(f, SessionOpened)]) == 1


@pytest.mark.parametrize("told", [{"psc_ciba_interval_s": 2}])
async def test_the_simulated_software_signs_in_by_phone_and_takes_no_for_an_answer(psc: Psc) -> None:
    signed_in = await psc_client.ciba(psc.http, BASE, RADIOLOGIST)
    assert signed_in.waited[0] == "authorization_pending"
    assert signed_in.userinfo["SubjectNameID"] == RADIOLOGIST
    with pytest.raises(psc_client.NotSignedIn) as refused:
        await psc_client.ciba(psc.http, BASE, RADIOLOGIST, approve=False, channel="CARD")
    assert refused.value.error == "access_denied"


async def test_the_simulated_software_signs_several_people_in_with_a_browser(psc: Psc) -> None:
    for id_nat in (RADIOLOGIST, "899700010038"):
        signed_in = await psc_client.sign_in(psc.http, BASE, id_nat)
        assert signed_in.userinfo["SubjectNameID"] == id_nat
    with pytest.raises(psc_client.NotSignedIn, match="nobody"):
        await psc_client.sign_in(psc.http, BASE, "899799999999")

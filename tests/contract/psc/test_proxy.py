"""The reference Proxy e-Santé, by the contract of ANS, over real sockets [PSC digest 1.17]."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from segur.kernel.pki import Authority
from segur.scenario.actors.proxy_lps import Connected, NotConnected, ProxyLps
from tests.conftest import Servers
from tests.contract.psc.proxy_country import RADIOLOGIST, ProxyCountry, proxy_country

pytestmark = pytest.mark.asyncio(loop_scope="session")
AHEAD = timedelta(hours=1)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(servers: Servers, psc_home: Path) -> AsyncIterator[ProxyCountry]:
    """Started once: a start takes seconds."""
    async with proxy_country(servers, psc_home) as country:
        yield country


@pytest_asyncio.fixture(loop_scope="session")
async def country(running: ProxyCountry) -> AsyncIterator[ProxyCountry]:
    """The country without faults and at its usual hour."""
    yield running
    running.arm()
    running.psc.floor.clock.set_offset("default", timedelta())


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def session(running: ProxyCountry) -> Connected:
    """A session many tests use and none ends."""
    return await running.lps.connect(RADIOLOGIST)


async def test_a_session_lives_from_the_phone_to_the_logout_at_psc(country: ProxyCountry) -> None:
    people = country.psc.floor.store._collections["people"]
    await people.update({"_id": f"default:{RADIOLOGIST}"}, {"$set": {"answers": "ask"}})
    try:
        session = await country.lps.connect(RADIOLOGIST, phone=country.edge, binding_message="73")
    finally:
        await people.update({"_id": f"default:{RADIOLOGIST}"}, {"$set": {"answers": "approve"}})
    signed = await country.lps.sign(session, RADIOLOGIST)
    assert signed.status_code == 200, signed.text
    assert signed.json()["session_state"] == session.session_state
    assert signed.json()["signature"].count(".") == 2
    psc_sessions = country.psc.floor.store._collections["sessions"]
    assert (await psc_sessions.find_one({"_id": f"default:{session.session_state}"}) or {})["active"] is True
    assert (await country.lps.disconnect(session)).status_code == 200
    assert (await psc_sessions.find_one({"_id": f"default:{session.session_state}"}) or {})["active"] is False
    again = await country.lps.disconnect(session)
    assert (again.status_code, again.json()) == (401, {"code": "401", "message": "Session ID not found."})


async def test_connect_gives_the_cookie_of_the_contract(country: ProxyCountry) -> None:
    answer = await country.lps.ask(RADIOLOGIST)
    assert set(answer.json()) == {"proxy_session_id", "session_state"}
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"proxy_session_id={answer.json()['proxy_session_id']};")
    assert "Path=/;" in cookie


async def test_connecting_again_is_not_modified_and_a_trace(country: ProxyCountry, session: Connected) -> None:
    before = datetime.now(UTC)
    answer = await country.lps.ask(RADIOLOGIST, session=session)
    assert (answer.status_code, answer.content) == (304, b"")
    rows = await country.lps.traces(before - timedelta(seconds=1))
    assert [row["type"] for row in rows if row["proxy_id_session"] == session.proxy_session_id][-1] == "CONNECT_REPLAY"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"nationalId": None}, "[nationalId is missing]"),
    ({"bindingMessage": None, "channel": None}, "[bindingMessage is missing, channel is missing]"),
    ({"channel": "INVALID"}, "[channel value INVALID is invalid]"),
    ({"clientId": 3}, "[clientId must be a text of 1 to 200 characters]"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG)
async def test_a_wrong_connection_is_described_whole(
    country: ProxyCountry, changes: dict[str, Any], message: str
) -> None:
    body = {"nationalId": RADIOLOGIST, "bindingMessage": "00", "clientId": "editeur-demo-bas", "channel": "CARD"}
    told = {name: value for name, value in {**body, **changes}.items() if value is not None}
    answer = await country.http.post(country.lps.base + "/connect", json=told)
    assert answer.status_code == 400
    metadata = {name: told[name] for name in ("nationalId", "clientId") if isinstance(told.get(name), str)}
    assert answer.json() == {"code": "400", "message": message, "metadata": metadata}
    unread = await country.http.post(country.lps.base + "/connect", content=b"{")
    assert (unread.status_code, unread.json()["code"]) == (400, "400")


@pytest.mark.parametrize(("id_nat", "client_id"), [("899799999999", "editeur-demo-bas"), (RADIOLOGIST, "inconnu")])
async def test_an_unknown_professional_or_software_is_not_found(
    country: ProxyCountry, id_nat: str, client_id: str
) -> None:
    before = datetime.now(UTC)
    answer = await ProxyLps(country.http, country.lps.base, client_id).ask(id_nat)
    assert answer.status_code == 404, answer.text
    assert answer.json() == {
        "code": "404",
        "message": "User National ID or Software Client ID Not Found.",
        "metadata": {"nationalId": id_nat, "clientId": client_id},
    }
    rows = await country.lps.traces(before - timedelta(seconds=1))
    failed = next(row for row in rows if row["type"] == "CONNECT_FAILURE" and row["clientId"] == client_id)
    assert failed["IdRPPS"] == id_nat
    assert failed["proxy_id_session"] is None


async def test_a_professional_who_refuses_is_told_with_pscs_words(country: ProxyCountry) -> None:
    people = country.psc.floor.store._collections["people"]
    await people.update({"_id": f"default:{RADIOLOGIST}"}, {"$set": {"answers": "refuse"}})
    try:
        with pytest.raises(NotConnected) as refused:
            await country.lps.connect(RADIOLOGIST)
    finally:
        await people.update({"_id": f"default:{RADIOLOGIST}"}, {"$set": {"answers": "approve"}})
    assert (refused.value.status, refused.value.message) == (401, "400 - access_denied : not authorized")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_no_call_goes_through_without_a_session(country: ProxyCountry, method: str) -> None:
    for session in (None, Connected("this_is_bogus", "")):
        answer = await country.lps.send(session, method, "/signsessiondata/signsessiondata")
        assert (answer.status_code, answer.json()) == (401, {"code": "401", "message": "No session found."})


async def test_a_call_reaches_its_api_under_the_proxys_certificate(country: ProxyCountry, session: Connected) -> None:
    traced = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    answer = await country.lps.send(
        session, "GET", "/signsessiondata/signsessiondata?x=1", headers={"traceparent": traced}
    )
    assert answer.status_code == 405  # the API's own answer, relayed
    assert "4bf92f3577b34da6a3ce929d0e0e4736" in answer.headers["traceparent"]
    assert len(answer.headers.get_list("traceparent")) == 1
    absent = await country.lps.send(session, "GET", "/dmp/fhir/metadata")
    assert absent.status_code == 502  # nothing listens there: the gateway's word is relayed too
    unknown = await country.lps.send(session, "GET", "/ailleurs/x")
    assert unknown.status_code == 404
    assert "signsessiondata, insi, dmp" in unknown.json()["message"]


async def test_traces_say_who_did_what_from_where_and_under_which_certificate(
    country: ProxyCountry, session: Connected
) -> None:
    before = country.psc.floor.clock.now()
    sent = await country.lps.send(
        session, "GET", "/signsessiondata/signsessiondata?q=1", headers={"x-forwarded-for": "203.0.113.7, 10.0.0.1"}
    )
    assert sent.status_code == 405
    rows = await country.lps.traces(before - timedelta(milliseconds=2))
    (row,) = [row for row in rows if row["type"] == "SEND"]
    assert row == {
        "type": "SEND",
        "clientId": "editeur-demo-bas",
        "IdRPPS": RADIOLOGIST,
        "ipAddress": "203.0.113.7",
        "ports": [],
        "proxy_id_session": session.proxy_session_id,
        "session_state": session.session_state,
        "dn": row["dn"],
        "timestamp": row["timestamp"],
        "apiRequest": {
            "nomApiPsc": "signsessiondata",
            "methode": "GET",
            "path": "/send/signsessiondata/signsessiondata",
        },
    }
    assert "CN=PROXY E-SANTE DE REFERENCE" in row["dn"]
    await country.lps.send(session, "GET", "/signsessiondata/signsessiondata")
    direct = (await country.lps.traces(before))[-1]
    assert direct["ipAddress"] == "127.0.0.1"
    assert len(direct["ports"]) == 1  # of the connection at the edge, not of the edge's own behind it
    assert datetime.fromisoformat(row["timestamp"]).tzinfo is not None
    assert await country.lps.traces(before + AHEAD, before + 2 * AHEAD) == []
    for params in ({}, {"start": "hier"}, {"start": "2026-01-01T00:00:00"}):
        bad = await country.http.get(country.lps.base + "/traces", params=params)
        assert (bad.status_code, bad.json()["code"]) == (400, "400")


async def test_a_session_of_the_proxy_ends_with_its_time(country: ProxyCountry) -> None:
    session = await country.lps.connect(RADIOLOGIST)
    country.psc.floor.clock.set_offset("default", timedelta(seconds=14_401))
    answer = await country.lps.send(session, "GET", "/signsessiondata/x")
    assert (answer.status_code, answer.json()["message"]) == (401, "No session found.")


async def test_a_token_is_renewed_at_half_of_its_time_and_the_session_goes_on(country: ProxyCountry) -> None:
    session = await country.lps.connect(RADIOLOGIST)
    clock = country.psc.floor.clock
    for minutes in (16, 32, 48, 64):
        clock.set_offset("default", timedelta(minutes=minutes))
        assert (await country.lps.sign(session, RADIOLOGIST)).status_code == 200


async def test_the_api_refuses_a_token_shown_with_another_certificate(country: ProxyCountry) -> None:
    session = await country.lps.connect(RADIOLOGIST)
    body = {
        "nationalId": RADIOLOGIST,
        "clientID": "editeur-demo-bas",
        "proxy_session_id": session.proxy_session_id,
        "session_state": session.session_state,
    }
    url = "/psc/mockservice/apipsc/signsessiondata"
    authority = Authority.of_home(country.home)
    own, other = (authority.issue(name, "org-auth", common_name=name) for name in ("vendor-proxy", "another-proxy"))
    subject = await psc_token(country)
    async with country.client(own) as vendor, country.client(other) as thief:
        exchanged = await vendor.post(
            "/realms/signsessiondata/protocol/openid-connect/token",
            data={
                "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
                "client_id": "editeur-demo-bas",
                "subject_token": subject,
                "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
            },
        )
        bearer = {"authorization": f"Bearer {exchanged.json()['access_token']}"}
        assert (await vendor.post(url, json=body, headers=bearer)).status_code == 200
        for client in (thief, country.http):
            stolen = await client.post(url, json=body, headers=bearer)
            assert (stolen.status_code, stolen.json()["error"]) == (401, "invalid_token")
        wrong = await vendor.post(url, json=body | {"nationalId": "8"}, headers=bearer)
        assert (wrong.status_code, wrong.json()["error_description"]) == (
            400,
            "nationalId: not the SubjectNameID of the API token",
        )
        missing = await vendor.post(url, json={}, headers=bearer)
        assert missing.json()["error_description"] == "nationalId: missing, or not a text"


async def psc_token(country: ProxyCountry) -> str:
    """A PSC access token by CIBA, as a vendor's proxy asks for one with a secret."""
    realm = "/auth/realms/esante-wallet/protocol/openid-connect"
    auth = ("editeur-demo-bas", "segur-demo-secret")
    form = {"scope": "openid scope_all", "acr_values": "eidas1", "login_hint": RADIOLOGIST, "binding_message": "11"}
    asked = await country.http.post(f"{realm}/ext/ciba/auth", data=form, auth=auth)
    await asyncio.sleep(1)
    poll = {"grant_type": "urn:openid:params:grant-type:ciba", "auth_req_id": asked.json()["auth_req_id"]}
    return str((await country.http.post(f"{realm}/token", data=poll, auth=auth)).json()["access_token"])


async def test_sandboxes_do_not_see_one_anothers_sessions_nor_tokens_in_clear(
    country: ProxyCountry, session: Connected
) -> None:
    kept = await country.psc.floor.store._collections["proxy_sessions"].find({})
    assert kept
    assert all("sealed" in each and "id_token" not in each and "access" not in each for each in kept)
    async with httpx.AsyncClient(trust_env=False) as client:
        with_header = await client.get(
            f"http://127.0.0.1:{country.psc.floor.settings.port}/psc/proxy/send/insi/lps",
            headers={"cookie": f"proxy_session_id={session.proxy_session_id}", "x-segur-sandbox": "equipe-1"},
        )
    assert with_header.status_code == 401

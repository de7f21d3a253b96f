"""What integrators of the Espace de confiance trip on, each on demand [PSC digest 4.2, rows C9 to C17].

PSC's own doors have their side of C9, C10, C11 and C16 (`psc.mtls.…`, `psc.token.…`), tested with PSC's trips.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from segur_psc import faults

from segur.kernel.faults import FaultRule
from segur.wire.confirmation import RFC8705, confirms, thumbprint
from tests.conftest import Servers
from tests.contract.psc.conftest import CLIENT, RADIOLOGIST, Psc, payload
from tests.contract.psc.edc_desk import CONFORMITY, INSI, Desk, at_the_desk
from tests.contract.psc.proxy_country import ProxyCountry, proxy_country

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def desk(psc: Psc, psc_home: Path) -> AsyncIterator[Desk]:
    """A client with a certificate."""
    async with at_the_desk(psc, psc_home) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def country(servers: Servers, psc_home: Path) -> AsyncIterator[ProxyCountry]:
    """PSC with its proxy, over real sockets."""
    async with proxy_country(servers, psc_home) as found:
        yield found


def arm(psc: Psc, point: str, **more: Any) -> None:
    """One rule in force."""
    psc.service.floor.faults.arm([FaultRule(id="trip", point=point, **more)])


REFUSALS: dict[str, tuple[str, int, str, str]] = {
    faults.EXCHANGE_NO_CERTIFICATE: ("C9", 401, "invalid_client", "Client certificate missing: mutual TLS is required"),
    faults.EXCHANGE_WRONG_AUTHORITY: (
        "C9",
        401,
        "invalid_client",
        "Client certificate is not an ORG AUTH_CLI certificate of a trusted authority",
    ),
    faults.EXCHANGE_CERTIFICATE_EXPIRED: ("C9", 401, "invalid_client", "Client certificate expired"),
    faults.EXCHANGE_DN_UNKNOWN: ("C9", 401, "invalid_client", "Certificate DN is not mapped to client_id"),
    faults.EXCHANGE_SUBJECT_EXPIRED: ("C13", 400, "invalid_token", "Invalid token"),
    faults.EXCHANGE_SCOPE_MISSING: ("C14", 400, "invalid_scope", "Missing business scope, one of: insi.recherche"),
    faults.EXCHANGE_NOT_ENROLLED: (
        "1.15",
        403,
        "access_denied",
        "Client not allowed to exchange: no EDC habilitation",
    ),
    faults.EXCHANGE_UNAVAILABLE: ("1.17", 503, "temporarily_unavailable", "Pro Santé Connect unavailable"),
}
"""Points that refuse an exchange: the row, and what is on the wire."""


async def cnf_in_the_other_encoding(desk: Desk) -> None:
    """C11."""
    value = payload((await desk.exchanged())["access_token"])["cnf"]["x5t#S256"]
    assert value == thumbprint(desk.sha256, RFC8705)


async def cnf_of_another_certificate(desk: Desk) -> None:
    """C12: the API refuses what its authorization server gave."""
    answer = await desk.exchanged()
    assert not confirms(payload(answer["access_token"])["cnf"]["x5t#S256"], desk.sha256)
    used = await desk.http.post(CONFORMITY, json={}, headers={"authorization": f"Bearer {answer['access_token']}"})
    told = {"error": "invalid_token", "error_description": "The API token is bound to another client certificate"}
    assert (used.status_code, used.json()) == (401, told)
    assert used.headers["www-authenticate"].startswith('Bearer realm="esante-wallet", error="invalid_token"')


async def no_refresh_token(desk: Desk) -> None:
    """C15: what RFC 8693 allows and the ANS proxy cannot bear."""
    assert {"refresh_token", "refresh_expires_in"}.isdisjoint(await desk.exchanged())


async def token_revoked_early(desk: Desk) -> None:
    """C17: inactive before its time, at introspection and at the API."""
    answer = await desk.exchanged()
    assert (await desk.introspect(answer["access_token"])) == {"active": False}
    used = await desk.http.post(CONFORMITY, json={}, headers={"authorization": f"Bearer {answer['access_token']}"})
    assert (used.status_code, used.json()["error_description"]) == (401, "The API token is not active")


TWISTS: dict[str, tuple[str, Callable[[Desk], Awaitable[None]]]] = {
    faults.EXCHANGE_CNF_ENCODING: ("C11", cnf_in_the_other_encoding),
    faults.EXCHANGE_CNF_MISMATCH: ("C12", cnf_of_another_certificate),
    faults.EXCHANGE_NO_REFRESH: ("C15", no_refresh_token),
    faults.API_TOKEN_REVOKED: ("C17", token_revoked_early),
}
"""Points whose answer is a good one with a catch."""

RULES = {
    "C10": "test_a_secret_opens_no_authorization_server",
    "C16": "test_the_proxy_bears_answers_of_psc_with_missing_fields",
}
"""Rows that are a rule here, and the test that shows it."""

PROXY: dict[str, tuple[str, int]] = {
    faults.PROXY_CONNECT_BROKEN: ("/connect", 500),
    faults.PROXY_CONNECT_UNAVAILABLE: ("/connect", 503),
    faults.PROXY_DISCONNECT_BROKEN: ("/disconnect", 500),
    faults.PROXY_DISCONNECT_UNAVAILABLE: ("/disconnect", 503),
    faults.PROXY_SEND_BROKEN: ("/send", 500),
    faults.PROXY_SEND_BAD_GATEWAY: ("/send", 502),
    faults.PROXY_SEND_UNAVAILABLE: ("/send", 503),
    faults.PROXY_SEND_TIMEOUT: ("/send", 504),
    faults.PROXY_SESSION_LOST: ("/send", 401),
}
"""Statuses of the proxy's contract that only a fault brings about [Ségur wave 2 digest 3.2, DMP-13]."""


async def test_every_row_and_every_point_has_its_test() -> None:
    rows = {row for row, *_ in (*REFUSALS.values(), *TWISTS.values())} | set(RULES)
    assert {f"C{number}" for number in range(9, 18)} <= rows
    assert {point.name for point in faults.EDC_POINTS} == set(REFUSALS) | set(TWISTS) | set(PROXY)
    assert all(name in globals() for name in RULES.values())


@pytest.mark.parametrize("point", REFUSALS)
async def test_an_exchange_is_refused_on_demand(desk: Desk, point: str) -> None:
    _, status, error, description = REFUSALS[point]
    subject = await desk.subject()
    arm(desk.psc, point, count=1)
    answer = await desk.exchange(INSI, subject, scope="insi.recherche")
    assert (answer.status_code, answer.json()) == (status, {"error": error, "error_description": description})
    if status == 401:
        assert answer.headers["www-authenticate"] == 'Basic realm="esante-wallet"'
    assert (await desk.exchange(INSI, subject, scope="insi.recherche")).status_code == 200


@pytest.mark.parametrize("point", TWISTS)
async def test_an_exchange_has_a_catch_on_demand(desk: Desk, point: str) -> None:
    arm(desk.psc, point)
    await TWISTS[point][1](desk)


@pytest.mark.parametrize("about", [{"actor": CLIENT[0]}, {"actor": RADIOLOGIST}, {"patient": RADIOLOGIST}])
async def test_a_trip_can_be_aimed_at_a_client_or_a_professional(desk: Desk, about: dict[str, str]) -> None:
    arm(desk.psc, faults.EXCHANGE_SUBJECT_EXPIRED, **about)
    assert (await desk.exchange()).status_code == 400
    arm(desk.psc, faults.EXCHANGE_SUBJECT_EXPIRED, **dict.fromkeys(about, "someone else"))
    assert (await desk.exchange()).status_code == 200


@pytest.mark.parametrize("told", [{"psc_edc_subject_error": "invalid_grant"}])
async def test_the_code_for_an_inactive_psc_token_can_be_the_other_one(desk: Desk) -> None:
    answer = await desk.exchange(subject="a.b.c")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert desk.psc.facts[-1].model_dump()["error"] == "invalid_grant"


async def test_a_psc_token_serves_for_two_minutes(desk: Desk) -> None:
    subject = await desk.subject()
    desk.psc.service.floor.clock.set_offset("default", timedelta(seconds=121))
    assert (await desk.exchange(subject=subject)).json()["error"] == "invalid_token"


async def test_a_secret_opens_no_authorization_server(desk: Desk) -> None:
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "client_id": CLIENT[0]}
    by_form = await desk.psc.http.post(
        f"{INSI}/protocol/openid-connect/token", data=form | {"client_secret": CLIENT[1]}
    )
    by_header = await desk.psc.http.post(f"{INSI}/protocol/openid-connect/token", data=form, auth=CLIENT)
    told = {"error": "invalid_client", "error_description": "Client secret not accepted: mutual TLS is required"}
    for answer in (by_form, by_header):
        assert (answer.status_code, answer.json()) == (401, told)


@pytest.mark.parametrize("point", PROXY)
async def test_the_proxy_answers_each_status_of_its_contract_on_demand(country: ProxyCountry, point: str) -> None:
    call, status = PROXY[point]
    country.arm()
    session = await country.lps.connect(RADIOLOGIST) if call != "/connect" else None

    async def ask() -> httpx.Response:
        if session is None:
            return await country.lps.ask(RADIOLOGIST)
        if call == "/disconnect":
            return await country.lps.disconnect(session)
        return await country.lps.sign(session, RADIOLOGIST)

    country.break_(point, count=1, actor=RADIOLOGIST)
    answer = await ask()
    assert answer.status_code == status
    if status == 401:
        assert answer.json() == {"code": "401", "message": "No session found."}
    elif status != 500:
        assert answer.content == b""
    assert (await ask()).status_code == 200


RELAYED = [
    ("psc.token.unavailable", {"count": 1}, 503),
    (faults.EXCHANGE_UNAVAILABLE, {"count": 1}, 503),
    ("psc.ciba.device_down", {"count": 1}, 503),
]


@pytest.mark.parametrize(("point", "more", "status"), RELAYED)
async def test_the_proxy_relays_that_psc_or_a_server_is_away(
    country: ProxyCountry, point: str, more: dict[str, Any], status: int
) -> None:
    country.break_(point, **more)
    assert (await country.lps.ask(RADIOLOGIST)).status_code == status
    assert (await country.lps.ask(RADIOLOGIST)).status_code == 200


async def test_the_proxy_refreshes_at_psc_when_the_token_became_too_old(country: ProxyCountry) -> None:
    country.break_(faults.EXCHANGE_SUBJECT_EXPIRED, count=1)
    session = await country.lps.connect(RADIOLOGIST)
    assert (await country.lps.sign(session, RADIOLOGIST)).status_code == 200


async def test_an_exchange_refused_ends_the_psc_session_it_began_with(country: ProxyCountry) -> None:
    sessions = country.psc.floor.store._collections["sessions"]
    before = await sessions.count({"active": True})
    country.break_(faults.EXCHANGE_NOT_ENROLLED, count=1)
    answer = await country.lps.ask(RADIOLOGIST)
    assert answer.status_code == 401
    assert answer.json()["message"] == "403 - access_denied : Client not allowed to exchange: no EDC habilitation"
    assert answer.json()["metadata"] == {"nationalId": RADIOLOGIST, "clientId": CLIENT[0]}
    assert await sessions.count({"active": True}) == before


@pytest.mark.parametrize("point", [faults.EXCHANGE_NO_REFRESH, faults.API_TOKEN_REVOKED])
async def test_the_proxy_bears_what_breaks_others(country: ProxyCountry, point: str) -> None:
    country.break_(point, count=3)
    session = await country.lps.connect(RADIOLOGIST)
    answer = await country.lps.sign(session, RADIOLOGIST)
    assert answer.status_code == (401 if point == faults.API_TOKEN_REVOKED else 200)


async def test_the_proxy_bears_answers_of_psc_with_missing_fields(country: ProxyCountry) -> None:
    points = ("psc.token.no_refresh_token", "psc.token.no_refresh_expires_in", "psc.token.no_session_state")
    assert set(points) <= set(country.psc.floor.faults.points)
    for point in points:
        country.break_(point)
        session = await country.lps.connect(RADIOLOGIST)
        assert (session.session_state == "") == (point == "psc.token.no_session_state")
        country.arm()
        assert (await country.lps.disconnect(session)).status_code == 200

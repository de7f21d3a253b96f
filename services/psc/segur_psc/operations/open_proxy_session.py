"""`/connect`: a login by CIBA on the professional's device, then a token of each provider [PSC digest 1.17]."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from typing import Any

import httpx

from segur.contracts.psc_edc import ProxyConnected, ProxyRefused
from segur.kernel import request
from segur.kernel.errors import SegurError
from segur.kernel.ids import new_id
from segur_psc import errors, faults
from segur_psc.context import ProxyDesk
from segur_psc.domain import exchange, proxy
from segur_psc.domain.addresses import PROTOCOL
from segur_psc.domain.discovery import CIBA_GRANT
from segur_psc.domain.providers import PROVIDERS, Provider
from segur_psc.domain.proxy import ApiAccess, Connection, Origin, ProxySession
from segur_psc.operations.log_out_proxy import log_out_at_psc

_WAIT = ("authorization_pending", "slow_down")
_STALE = ("invalid_token", "invalid_grant")
"""What an authorization server says of a PSC token past its two minutes."""
_INTERVAL_S = 5


class Unavailable(Exception):
    """PSC, an authorization server or an API is not there: the software is told the status as it is."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


async def open_proxy_session(desk: ProxyDesk, connection: Connection, origin: Origin) -> ProxySession:
    """Wait for the professional, exchange, keep the session; raise `PROXY_…` rows or `Unavailable`."""
    context = desk.psc
    request.note(actor=connection.national_id)
    try:
        if await context.breaks(faults.PROXY_CONNECT_BROKEN, connection.client_id, connection.national_id):
            raise Unavailable(500)
        if await context.breaks(faults.PROXY_CONNECT_UNAVAILABLE, connection.client_id, connection.national_id):
            raise Unavailable(503)
        tokens = await _authenticated(desk, connection)
        try:
            access = await _exchanged(desk, connection, tokens)
        except (SegurError, Unavailable):
            await log_out_at_psc(desk, str(tokens.get("id_token", "")))
            raise
    except (SegurError, Unavailable) as error:
        await _tell_failure(desk, connection, origin, error)
        raise
    lifetime = context.settings.psc_proxy_session_s
    session = ProxySession(
        id=str(uuid.uuid4()),
        client_id=connection.client_id,
        national_id=connection.national_id,
        session_state=str(tokens.get("session_state", "")),
        id_token=str(tokens.get("id_token", "")),
        ends_at=context.now + lifetime,
        access=access,
    )
    row = desk.trace(proxy.CONNECT_SUCCESS, origin, connection.client_id, connection.national_id, session)
    fact = ProxyConnected(
        proxy_session_id=session.id,
        client_id=session.client_id,
        id_nat=session.national_id,
        session_id=session.session_state,
    )
    await context.floor.store.commit([desk.sessions.opening(session, lifetime), desk.sessions.tracing(row)], [fact])
    return session


async def post(desk: ProxyDesk, path: str, form: Mapping[str, str]) -> httpx.Response:
    """POST a form; raise `Unavailable` where the contract has a status relayed, or nobody answers."""
    try:
        answer = await desk.calls.post(path, form)
    except httpx.HTTPError as error:
        raise Unavailable(503) from error
    if answer.status_code in proxy.RELAYED:
        raise Unavailable(answer.status_code)
    return answer


def told_error(answer: httpx.Response) -> tuple[str, str]:
    """The OAuth error of an answer, and its description."""
    try:
        body = answer.json()
    except ValueError:
        return "", ""
    return (str(body.get("error", "")), str(body.get("error_description", ""))) if isinstance(body, dict) else ("", "")


def refusal(answer: httpx.Response) -> SegurError:
    """What the software is told of a refusal of PSC or of an authorization server."""
    error, description = told_error(answer)
    return errors.PROXY_NOT_AUTHENTICATED.error(
        status=answer.status_code, error=error or "none", description=description[:300]
    )


async def _authenticated(desk: ProxyDesk, connection: Connection) -> dict[str, Any]:
    """PSC's tokens once the professional approved. The first poll comes after the interval, as PSC asks."""
    asked = await post(
        desk,
        f"{PROTOCOL}/ext/ciba/auth",
        {
            "client_id": connection.client_id,
            "scope": "openid scope_all",
            "acr_values": "eidas1",
            "login_hint": connection.national_id,
            "binding_message": connection.binding_message,
            "channel": connection.channel,
        },
    )
    if asked.status_code != 200:
        if told_error(asked) == ("invalid_request", errors.CIBA_USER.text) or told_error(asked)[0] == "invalid_client":
            raise errors.PROXY_NOT_FOUND.error()
        raise refusal(asked)
    told = asked.json()
    form = {"grant_type": CIBA_GRANT, "auth_req_id": str(told["auth_req_id"]), "client_id": connection.client_id}
    interval, left = int(told.get("interval", _INTERVAL_S)), int(told["expires_in"])
    while True:
        await asyncio.sleep(interval)
        left -= interval
        answer = await post(desk, f"{PROTOCOL}/token", form)
        if answer.status_code == 200:
            found: dict[str, Any] = answer.json()
            return found
        error, _ = told_error(answer)
        if error not in _WAIT or left < 0:
            raise refusal(answer)
        if error == "slow_down":
            interval += 1


async def _exchanged(desk: ProxyDesk, connection: Connection, tokens: Mapping[str, Any]) -> dict[str, ApiAccess]:
    """A token of every provider. A PSC token that is too old by now is refreshed once, as PSC means it."""
    found: dict[str, ApiAccess] = {}
    subject = str(tokens["access_token"])
    for realm in desk.psc.settings.psc_proxy_backends:
        provider = PROVIDERS[realm]
        answer = await _exchange(desk, provider, connection.client_id, subject)
        if told_error(answer)[0] in _STALE and tokens.get("refresh_token"):
            form = {
                "grant_type": "refresh_token",
                "client_id": connection.client_id,
                "refresh_token": str(tokens["refresh_token"]),
            }
            fresh = await post(desk, f"{PROTOCOL}/token", form)
            if fresh.status_code != 200:
                raise refusal(fresh)
            subject = str(fresh.json()["access_token"])
            answer = await _exchange(desk, provider, connection.client_id, subject)
        if answer.status_code != 200:
            raise refusal(answer)
        found[realm] = ApiAccess.of(answer.json(), desk.psc.now)
    return found


async def _exchange(desk: ProxyDesk, provider: Provider, client_id: str, subject: str) -> httpx.Response:
    form = {
        "grant_type": exchange.GRANT,
        "client_id": client_id,
        "subject_token": subject,
        "subject_token_type": exchange.ACCESS_TOKEN,
        "subject_issuer": exchange.PSC_ISSUER,
        **({"scope": " ".join(provider.scopes)} if provider.scopes else {}),
    }
    return await post(desk, f"/realms/{provider.realm}/protocol/openid-connect/token", form)


async def _tell_failure(
    desk: ProxyDesk, connection: Connection, origin: Origin, error: SegurError | Unavailable
) -> None:
    row = desk.trace(proxy.CONNECT_FAILURE, origin, connection.client_id, connection.national_id)
    status = error.status if isinstance(error, Unavailable) else error.kind.value
    fact = ProxyRefused(
        attempt_id=new_id(),
        client_id=connection.client_id[:100],
        status=status,
        reason=str(error)[:300],
    )
    await desk.psc.floor.store.commit([desk.sessions.tracing(row)], [fact])

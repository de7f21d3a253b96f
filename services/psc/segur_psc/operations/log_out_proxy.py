"""`/disconnect`: the session at the proxy ends, and with it the one at PSC [PSC digest 1.17]."""

from __future__ import annotations

import httpx

from segur.contracts.psc_edc import ProxyDisconnected
from segur.kernel.store import Conflict
from segur_psc import errors
from segur_psc.context import ProxyDesk
from segur_psc.domain import proxy
from segur_psc.domain.addresses import PROTOCOL
from segur_psc.domain.proxy import Origin, ProxySession


async def log_out_at_psc(desk: ProxyDesk, id_token: str) -> int:
    """End the PSC session by its hint, as the proxy of ANS does; give the status, 503 when nobody answers."""
    try:
        answer = await desk.calls.post(f"{PROTOCOL}/logout", {"id_token_hint": id_token})
    except httpx.HTTPError:
        return 503
    return answer.status_code


async def log_out_proxy(desk: ProxyDesk, session: ProxySession, origin: Origin) -> int:
    """End both sessions; give 200, or the status by which PSC said it is unavailable: then nothing has ended.

    A PSC session that was over already is no problem. Raise `PROXY_NO_SESSION_ID` when another call was faster.
    """
    status = await log_out_at_psc(desk, session.id_token)
    if status in proxy.RELAYED:
        return status
    row = desk.trace(proxy.DISCONNECT, origin, session.client_id, session.national_id, session)
    fact = ProxyDisconnected(proxy_session_id=session.id, client_id=session.client_id, id_nat=session.national_id)
    try:
        await desk.psc.floor.store.commit([desk.sessions.ending(session), desk.sessions.tracing(row)], [fact])
    except Conflict as error:
        raise errors.PROXY_NO_SESSION_ID.error() from error
    return 200

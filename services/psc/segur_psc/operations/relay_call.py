"""`/send`: a call of the software, handed on to an API with its token and the proxy's certificate [PSC digest 1.17]."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

from segur.kernel import request
from segur_psc import errors
from segur_psc.context import ProxyDesk
from segur_psc.domain import proxy
from segur_psc.domain.providers import Backend
from segur_psc.domain.proxy import ApiAccess, Origin, ProxySession
from segur_psc.operations.open_proxy_session import Unavailable, post


async def relay_call(
    desk: ProxyDesk,
    session: ProxySession,
    backend: Backend,
    origin: Origin,
    *,
    method: str,
    path: str,
    headers: list[tuple[str, str]],
    body: AsyncIterator[bytes] | None,
) -> httpx.Response:
    """The API's answer, its body still to be read; raise `PROXY_NO_SESSION` or `Unavailable`.

    `path` is what follows the backend's name, with its query; `headers` are the software's, those of its connection
    left out.
    """
    request.note(actor=session.national_id, operation=f"send:{backend.id}")
    access = await _access(desk, session, backend)
    shown = (backend.id, method, f"/send/{backend.id}{path.partition('?')[0]}")
    await desk.sessions.trace(desk.trace(proxy.SEND, origin, session.client_id, session.national_id, session, shown))
    own = [("authorization", f"Bearer {access.access_token}"), ("x-forwarded-for", origin.address)]
    try:
        return await desk.calls.open(method, f"{backend.path}{path}", headers=[*headers, *own], content=body)
    except httpx.TimeoutException as error:
        raise Unavailable(504) from error
    except httpx.HTTPError as error:
        raise Unavailable(502) from error


async def _access(desk: ProxyDesk, session: ProxySession, backend: Backend) -> ApiAccess:
    """The token for a backend, renewed when half its time is over; raise `PROXY_NO_SESSION` when none can be had."""
    realm, now = backend.provider.realm, desk.psc.now
    access = session.access.get(realm)
    if access is None:
        raise errors.PROXY_NO_SESSION.error()
    if now < access.renew_at:
        return access
    form = {"grant_type": "refresh_token", "client_id": session.client_id, "refresh_token": access.refresh_token}
    answer = await post(desk, f"/realms/{realm}/protocol/openid-connect/token", form)
    if answer.status_code == 200:
        access = ApiAccess.of(answer.json(), now)
        await desk.sessions.keep_access(session.with_access(realm, access))
        return access
    if now >= access.expires_at:
        raise errors.PROXY_NO_SESSION.error()
    return access

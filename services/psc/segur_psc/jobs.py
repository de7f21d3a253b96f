"""What PSC does by itself: sessions whose time is over are closed, and services hear of sessions that ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from segur.kernel import request
from segur.kernel.service import Job
from segur_psc.clients import LogoutCalls
from segur_psc.context import Context
from segur_psc.operations.close_session import EXPIRED, close_session
from segur_psc.operations.deliver_logout import deliver_logouts
from segur_psc.operations.tell_misconfigured import tell_repeated


async def close_expired_sessions(context: Context) -> None:
    """Close what is past its idle time, sandbox by sandbox, by each sandbox's clock."""
    await _everywhere(context, _close_expired)


async def _close_expired(context: Context) -> None:
    for session in await context.records.idle_sessions(context.now):
        await close_session(context, session, EXPIRED)


async def _everywhere(context: Context, act: Callable[[Context], Awaitable[None]]) -> None:
    for sandbox in await context.floor.store.sandboxes.find({}):
        token = request.enter(request.Request(sandbox=str(sandbox["_id"])))
        try:
            await act(context)
        finally:
            request.leave(token)


def jobs(context: Context, calls: LogoutCalls) -> tuple[Job, ...]:
    """The jobs of the service."""

    async def deliver() -> None:
        await deliver_logouts(context, calls)

    async def renew_keys() -> None:
        if age := context.settings.psc_key_rotation_s:
            await asyncio.to_thread(context.keys.rotate, age)

    return (
        Job("replace the signing key", timedelta(seconds=60), renew_keys),
        Job("close expired sessions", timedelta(seconds=15), lambda: close_expired_sessions(context)),
        Job("deliver logout tokens", timedelta(seconds=1), deliver),
        Job("tell of errors that went on", timedelta(seconds=15), lambda: _everywhere(context, tell_repeated)),
    )

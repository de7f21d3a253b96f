"""Send the logout tokens that are due, each until its service takes it or PSC gives up [PSC digest 1.13, 4.1 P28]."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

from opentelemetry.trace import SpanKind

from segur.contracts.psc import LogoutDelivered, LogoutFailed
from segur.kernel import request, tracing
from segur.kernel.store import Document
from segur_psc import faults
from segur_psc.clients import LogoutCalls
from segur_psc.context import Context
from segur_psc.domain.logout import logout_claims, next_try_s

_LOGOUT_TYPE = "logout+jwt"


async def deliver_logouts(context: Context, calls: LogoutCalls) -> int:
    """Try all that are due, side by side; give how many were tried."""
    now = datetime.now(UTC)
    rows = [row for row in await context.records.deliveries.due(now) if await context.records.deliveries.take(row, now)]
    await asyncio.gather(*(_deliver(context, calls, row) for row in rows))
    return len(rows)


async def _deliver(context: Context, calls: LogoutCalls, row: Document) -> None:
    inside = request.enter(request.Request(sandbox=str(row["sandbox"]), notes={}))
    try:
        with tracing.span(
            "POST back-channel logout",
            kind=SpanKind.CLIENT,
            parent=tracing.context_of(str(row["traceparent"])),
            attributes={"segur.sandbox": str(row["sandbox"]), "segur.client": str(row["client_id"])},
        ):
            await _note(context, row, await _send(context, calls, row))
    finally:
        request.leave(inside)


async def _send(context: Context, calls: LogoutCalls, row: Document) -> str:
    """What went wrong, or nothing."""
    board, client_id, id_nat = context.floor.faults, str(row["client_id"]), str(row["id_nat"])
    if await board.delayed(faults.BACKCHANNEL_DOWN, actor=client_id, patient=id_nat):
        return "ConnectError: injected fault"
    claims = logout_claims(
        issuer=str(row["issuer"]),
        client_id=client_id,
        subject=context.subject(id_nat),
        sid=str(row["session_id"]),
        jti=str(uuid.uuid4()),
        now=context.now,
    )
    token = context.keys.sign(claims, _LOGOUT_TYPE)
    problem = await calls.send(str(row["uri"]), token)
    if not problem and board.strikes(faults.BACKCHANNEL_TWICE, actor=client_id, patient=id_nat):
        await calls.send(str(row["uri"]), token)  # as after an answer that was lost on the way
    return problem


async def _note(context: Context, row: Document, problem: str) -> None:
    number, attempts = str(row["_id"]), int(row["attempts"]) + 1
    about = {"delivery_id": number, "session_id": str(row["session_id"]), "client_id": str(row["client_id"])}
    now, deliveries = datetime.now(UTC), context.records.deliveries
    if not problem:
        done = deliveries.done(number, attempts, now)
        await context.floor.store.commit([done], [LogoutDelivered(**about, attempts=attempts)])
        return
    tracing.fail(problem)
    given_up = attempts >= context.settings.psc_logout_tries
    wait = timedelta(seconds=next_try_s(attempts, context.settings.psc_logout_retry_s))
    failed = deliveries.failed(number, attempts, problem, None if given_up else now + wait)
    fact = LogoutFailed(**about, attempts=attempts, problem=problem, given_up=given_up)
    await context.floor.store.commit([failed], [fact])

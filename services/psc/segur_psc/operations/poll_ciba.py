"""The service asks whether the professional has answered, and the professional answers [PSC digest 1.16]."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segur.kernel import request
from segur.kernel.store import Conflict, Document, Write
from segur_psc import errors, faults
from segur_psc.context import Context
from segur_psc.domain.session import Client
from segur_psc.operations.ask_ciba import DENIED, PENDING, SILENT
from segur_psc.operations.issue_tokens import enabled_person, issue_tokens
from segur_psc.operations.log_in import new_session, opened_fact
from segur_psc.operations.tell_refusal import refusal_fact

_REPORTABLE_S = 10


async def find_ciba(context: Context, auth_req_id: str) -> Document:
    """The request behind an `auth_req_id`; raise `CIBA_UNKNOWN` when it is not ours, used or long over."""
    claims = context.keys.unseal(auth_req_id, "CIBA")
    return await find_ciba_by_number(context, str(claims["jti"]) if claims is not None else "")


async def find_ciba_by_number(context: Context, number: str) -> Document:
    """The same by the number the professional's pages carry, which is of no use for polling."""
    known = await context.records.ciba.find(number) if number else None
    forgotten = _REPORTABLE_S + context.settings.psc_ciba_interval_s
    if known is None or known["status"] == "used" or context.now > known["expires_at"] + forgotten:
        raise errors.CIBA_UNKNOWN.error()
    return known


async def answer_ciba(context: Context, known: Document, *, approved: bool) -> Document:
    """What the professional says on the phone; raise `CIBA_EXPIRED` when it is said already, or too late."""
    status = "approved" if approved else "denied"
    facts = [] if approved else [refusal_fact(errors.CIBA_DENIED.error(), known["client_id"])]
    try:
        await context.floor.store.commit([context.records.ciba.deciding(known["jti"], status, context.now)], facts)
    except Conflict as error:
        raise errors.CIBA_EXPIRED.error() from error
    request.note(actor=known["id_nat"])
    return known | {"status": status}


async def poll_ciba(context: Context, client: Client, form: Mapping[str, str]) -> dict[str, Any]:
    """Tokens once the professional approved; else the reason, in the order expired, slow_down, denied, pending."""
    if not client.ciba:
        raise errors.CIBA_DISABLED.error()
    auth_req_id = form.get("auth_req_id", "")
    if not auth_req_id:
        raise errors.MISSING.error(name="auth_req_id")
    known = await find_ciba(context, auth_req_id)
    if known["client_id"] != client.id:
        raise errors.CIBA_UNKNOWN.error()
    now, about = context.now, (client.id, str(known["id_nat"]))
    if await context.breaks(faults.CIBA_REUSE, *about):
        raise errors.CIBA_UNKNOWN.error()
    if now >= known["expires_at"] or await context.breaks(faults.CIBA_EXPIRED, *about):
        raise errors.CIBA_EXPIRED.error()
    in_time = await context.records.ciba.may_poll(known["jti"], now, context.settings.psc_ciba_interval_s)
    if not in_time or await context.breaks(faults.CIBA_SLOW_DOWN, *about):
        raise errors.CIBA_SLOW_DOWN.error()
    if known["status"] == DENIED or await context.breaks(faults.CIBA_DENIED, *about):
        raise errors.CIBA_DENIED.error()
    if known["status"] in (PENDING, SILENT) or await context.breaks(faults.CIBA_PENDING, *about):
        raise errors.CIBA_PENDING.error()
    person = await enabled_person(context, known["id_nat"])
    session = new_session(context, person, known["channel"], "ciba", client.id)
    issued = await issue_tokens(context, session, client, person, scope=known["scope"], nonce="")
    writes: list[Write] = [
        context.records.ciba.using(known["jti"]),
        context.records.opening(session, context.settings.psc_session_s),
        issued.write,
    ]
    try:
        await context.floor.store.commit(writes, [opened_fact(session, client.id)])
    except Conflict as error:  # another poll was faster
        raise errors.CIBA_UNKNOWN.error() from error
    return issued.answer

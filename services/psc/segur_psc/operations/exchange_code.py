"""Tokens for a code [PSC digest 1.7]: a code serves once, and using it again ends the session of its first use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segur.kernel.store import Conflict
from segur_psc import errors, faults
from segur_psc.context import Context
from segur_psc.domain.authorization import check_verifier
from segur_psc.domain.session import Client
from segur_psc.operations.close_session import close_session
from segur_psc.operations.issue_tokens import enabled_person, issue_tokens


async def exchange_code(context: Context, client: Client, form: Mapping[str, str]) -> dict[str, Any]:
    """Check in the order of the national table and answer; a code is used up even when a later check fails."""
    code = form.get("code", "")
    if not code:
        raise errors.MISSING.error(name="code")
    known = await context.records.code(code)
    if known is None:
        raise errors.CODE_NOT_VALID.error()
    session = await context.records.session(known["sid"])
    if not await context.records.use_code(code):
        if session is not None:
            await close_session(context, session, "code_reused")
        raise errors.CODE_NOT_VALID.error()
    now = context.now
    late = await context.breaks(faults.CODE_EXPIRED, client.id, session.id_nat if session is not None else "")
    if now >= known["expires_at"] or late:
        raise errors.CODE_EXPIRED.error()
    if form.get("redirect_uri", "") != known["redirect_uri"]:
        raise errors.OTHER_REDIRECT_URI.error()
    if known["client_id"] != client.id:
        raise errors.OTHER_CLIENT.error()
    if session is None or not session.alive(now):
        raise errors.SESSION_NOT_ACTIVE.error()
    person = await enabled_person(context, session.id_nat)
    check_verifier(known["challenge"], known["challenge_method"], form.get("code_verifier", ""))
    issued = await issue_tokens(
        context,
        session,
        client,
        person,
        scope=known["scope"],
        nonce=known["nonce"],
        secret=form.get("client_secret", ""),
    )
    idle_until = min(now + context.settings.psc_idle_s, session.ends_at)
    try:
        await context.floor.store.commit([*context.records.prolonging(session, idle_until), issued.write])
    except Conflict as error:  # closed since we looked
        raise errors.SESSION_NOT_ACTIVE.error() from error
    return issued.answer

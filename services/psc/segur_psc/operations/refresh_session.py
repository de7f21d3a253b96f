"""New tokens for a refresh token: idle time starts anew, the end of the session stays [PSC digest 1.7, 1.8]."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segur.contracts.psc import SessionRefreshed
from segur.kernel import request
from segur.kernel.store import Conflict, Document, Write
from segur_psc import errors, faults
from segur_psc.context import Context
from segur_psc.domain.session import Client, Session
from segur_psc.operations.close_session import EXPIRED, close_session
from segur_psc.operations.issue_tokens import enabled_person, issue_tokens


async def refresh_session(context: Context, client: Client, form: Mapping[str, str]) -> dict[str, Any]:
    """Check the token, then its session; with rotation on, a token serves once and a replay bars the client."""
    token = form.get("refresh_token", "")
    if not token:
        raise errors.NO_REFRESH_TOKEN.error()
    claims = context.keys.unseal(token, "Refresh")
    known = await context.records.refresh(str(claims["jti"])) if claims is not None else None
    if claims is None or known is None or known["client_id"] != client.id:
        raise errors.NOT_A_REFRESH_TOKEN.error()
    now = context.now
    about = client.id, str(claims["sub"]).rpartition(":")[2]
    if now >= claims["exp"] or await context.breaks(faults.REFRESH_EXPIRED, *about):
        raise errors.REFRESH_EXPIRED.error()
    session = await context.records.session(known["sid"])
    if session is None or not session.alive(now):
        raise errors.SESSION_NOT_ACTIVE.error()
    if await context.breaks(faults.SESSION_IDLE, *about) or await context.breaks(faults.SESSION_LONGEST, *about):
        await close_session(context, session, EXPIRED)
        raise errors.SESSION_NOT_ACTIVE.error()
    if await context.breaks(faults.REFRESH_USER_DISABLED, *about):
        raise errors.USER_DISABLED.error()
    if client.id not in session.clients:
        raise errors.CLIENT_NOT_IN_SESSION.error()
    certificate, bound_to = request.current().certificate, claims["cnf_sha256"]
    if bound_to and (certificate is None or certificate.sha256 != bound_to):
        raise errors.OTHER_CERTIFICATE.error()
    person = await enabled_person(context, session.id_nat)
    writes: list[Write] = []
    if known["used"]:
        raise await _replayed(context, session, client, known)
    if context.settings.psc_rotate_refresh or await context.breaks(faults.REFRESH_ROTATION, *about):
        writes.append(context.records.using_refresh(str(claims["jti"])))
    scope, nonce = str(claims["scope"]), str(claims["nonce"])
    secret = form.get("client_secret", "")
    issued = await issue_tokens(
        context, session, client, person, scope=scope, nonce=nonce, thumbprint=bound_to, secret=secret
    )
    idle_until = min(now + context.settings.psc_idle_s, session.ends_at)
    writes += [*context.records.prolonging(session, idle_until), issued.write]
    fact = SessionRefreshed(session_id=session.sid, client_id=client.id)
    try:
        await context.floor.store.commit(writes, [fact])
    except Conflict as error:
        again = await context.records.refresh(str(claims["jti"]))
        if again is not None and again["used"]:
            raise await _replayed(context, session, client, again) from error
        raise errors.SESSION_NOT_ACTIVE.error() from error
    return issued.answer


async def _replayed(context: Context, session: Session, client: Client, known: Document) -> Exception:
    """A used token came back: stale when a newer one was used since, else a replay that bars the client."""
    if await context.records.newer_refresh_used(known):
        return errors.REFRESH_STALE.error()
    await context.records.leave(session.sid, client.id)
    return errors.REFRESH_REUSED.error()

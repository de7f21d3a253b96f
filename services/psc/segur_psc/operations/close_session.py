"""End a session: nothing issued in it is accepted any more [PSC digest 1.13]."""

from __future__ import annotations

from segur.contracts.psc import SessionClosed
from segur.kernel.store import Conflict
from segur_psc.context import Context
from segur_psc.domain.session import Session


async def close_session(context: Context, session: Session, reason: str) -> bool:
    """Close it and tell why (logout, expired, code_reused, revoked); False when it was closed already."""
    fact = SessionClosed(session_id=session.sid, id_nat=session.id_nat, reason=reason)
    try:
        await context.floor.store.commit([context.records.closing(session.sid, reason)], [fact])
    except Conflict:
        return False
    return True

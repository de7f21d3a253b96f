"""End a session: nothing issued in it is accepted any more, and its services are told [PSC digest 1.13]."""

from __future__ import annotations

from datetime import UTC, datetime

from segur.contracts.psc import SessionClosed
from segur.kernel import tracing
from segur.kernel.ids import new_id
from segur.kernel.store import Conflict, Insert
from segur_psc.context import Context
from segur_psc.domain.session import Session

EXPIRED = "expired"


async def close_session(context: Context, session: Session, reason: str) -> bool:
    """Close it and tell why (logout, expired, code_reused, revoked); False when it was closed already.

    The logout tokens of its services are kept in the same commit and sent by a job (`deliver_logout`).
    """
    fact = SessionClosed(session_id=session.sid, id_nat=session.id_nat, reason=reason)
    silent = reason == EXPIRED and not context.settings.psc_logout_on_expiry
    tokens = [] if silent else await _logout_tokens(context, session)
    try:
        await context.floor.store.commit([context.records.closing(session.sid, reason), *tokens], [fact])
    except Conflict:
        return False
    return True


async def _logout_tokens(context: Context, session: Session) -> list[Insert]:
    """One delivery for each service of the session that has a back-channel address."""
    found = [await context.records.client(client_id) for client_id in session.clients]
    return [
        context.records.deliveries.new(
            new_id(),
            datetime.now(UTC),
            session_id=session.sid,
            id_nat=session.id_nat,
            client_id=client.id,
            uri=client.backchannel_logout_uri,
            issuer=session.issuer or context.addresses.issuer,
            traceparent=tracing.current_traceparent(),
        )
        for client in found
        if client is not None and client.backchannel_logout_uri
    ]

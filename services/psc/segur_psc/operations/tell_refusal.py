"""A refused login or token request is a fact too."""

from __future__ import annotations

from segur.contracts.psc import AuthenticationRefused
from segur.kernel.errors import Kind, SegurError
from segur.kernel.ids import new_id
from segur_psc import errors
from segur_psc.context import Context

_NOT_REFUSALS = {errors.CIBA_PENDING.name, errors.CIBA_SLOW_DOWN.name}
_LONGEST_ID = 100


async def tell_refusal(context: Context, error: SegurError, client_id: str) -> None:
    """Publish the refusal, unless it only asks to wait or PSC itself is at fault."""
    if error.refusal.name in _NOT_REFUSALS or error.kind in (Kind.BUSY, Kind.BROKEN):
        return
    fact = AuthenticationRefused(
        attempt_id=new_id(), client_id=client_id[:_LONGEST_ID], error=error.code, description=error.text[:300]
    )
    await context.floor.store.commit([], [fact])

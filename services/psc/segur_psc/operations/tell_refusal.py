"""A refused login or token request is a fact too."""

from __future__ import annotations

from segur.contracts.fact import Fact
from segur.contracts.psc import AuthenticationRefused
from segur.kernel.errors import Kind, SegurError
from segur.kernel.ids import new_id
from segur_psc import errors
from segur_psc.context import Context
from segur_psc.operations.tell_misconfigured import misconfigured

_NOT_REFUSALS = {errors.CIBA_PENDING.name, errors.CIBA_SLOW_DOWN.name, errors.CIBA_DENIED.name}
"""To wait is no refusal, and what the professional refused was told when they did."""
_LONGEST_ID = 100


async def tell_refusal(context: Context, error: SegurError, client_id: str) -> None:
    """Publish the refusal, unless it is none, is told already, or PSC itself is at fault; and what to mend, if so."""
    if error.kind in (Kind.BUSY, Kind.BROKEN):
        return
    facts: list[Fact] = [] if error.refusal.name in _NOT_REFUSALS else [refusal_fact(error, client_id)]
    facts += await misconfigured(context, error, client_id)
    if facts:
        await context.floor.store.commit([], facts)


def refusal_fact(error: SegurError, client_id: str) -> AuthenticationRefused:
    """The fact of one refusal."""
    return AuthenticationRefused(
        attempt_id=new_id(), client_id=client_id[:_LONGEST_ID], error=error.code, description=error.text[:300]
    )

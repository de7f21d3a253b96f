"""Which facts move Pro Santé Connect: the directory says who there is, and PSC's claims and login page follow."""

from __future__ import annotations

from segur.contracts import Envelope
from segur.contracts.annuaire import ProfessionalChanged, ProfessionalRegistered, ProfessionalWithdrawn
from segur.kernel.delivery import Handler
from segur_psc.context import Context
from segur_psc.operations.follow_directory import bar_professional, keep_professional


def handlers(context: Context) -> dict[str, Handler]:
    """Fact type to what it does here."""

    async def known(envelope: Envelope) -> None:
        fact = envelope.fact
        # a fact without record tells of somebody PSC was filled with
        if isinstance(fact, ProfessionalRegistered | ProfessionalChanged) and fact.record is not None:
            await keep_professional(context, fact.record)

    async def withdrawn(envelope: Envelope) -> None:
        await bar_professional(context, envelope.subject)

    return {
        ProfessionalRegistered.type: known,
        ProfessionalChanged.type: known,
        ProfessionalWithdrawn.type: withdrawn,
    }

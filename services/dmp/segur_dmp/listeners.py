"""Which facts move the DMP: who works where, whose login is over, and that a citizen has mail."""

from __future__ import annotations

from datetime import UTC, datetime

from segur.contracts import Envelope
from segur.contracts.annuaire import (
    ProfessionalChanged,
    ProfessionalRegistered,
    ProfessionalWithdrawn,
    StructureChanged,
    StructureRegistered,
)
from segur.contracts.mssante import MessageDelivered
from segur.contracts.psc import SessionClosed
from segur.kernel.delivery import Handler
from segur_dmp.context import Context
from segur_dmp.operations.follow_directory import learn_professional, learn_structure, learn_withdrawal
from segur_dmp.operations.mes.tell_of_mail import tell_of_mail


def handlers(context: Context) -> dict[str, Handler]:
    """Fact type to what it does here."""

    async def professional(envelope: Envelope) -> None:
        fact = envelope.fact
        # a fact without record tells of somebody of the synthetic country, whom the DMP knows
        if isinstance(fact, ProfessionalRegistered | ProfessionalChanged) and fact.record is not None:
            await learn_professional(context, fact.record)

    async def structure(envelope: Envelope) -> None:
        if isinstance(envelope.fact, StructureRegistered | StructureChanged):
            await learn_structure(context, envelope.fact.record)

    async def withdrawn(envelope: Envelope) -> None:
        await learn_withdrawal(context, envelope.subject)

    async def logged_out(envelope: Envelope) -> None:
        closing = context.records.sessions.closing(envelope.subject, datetime.now(UTC))
        await context.floor.store.commit([closing])

    async def delivered(envelope: Envelope) -> None:
        if isinstance(envelope.fact, MessageDelivered):
            await tell_of_mail(context, envelope.fact.mailbox, envelope.fact.message_id)

    return {
        ProfessionalRegistered.type: professional,
        ProfessionalChanged.type: professional,
        ProfessionalWithdrawn.type: withdrawn,
        StructureRegistered.type: structure,
        StructureChanged.type: structure,
        SessionClosed.type: logged_out,
        MessageDelivered.type: delivered,
    }

"""Which facts move the operator."""

from __future__ import annotations

from segur.contracts import Envelope
from segur.contracts.annuaire import MailboxPublished, MailboxWithdrawn
from segur.contracts.mes import MailSent, SpaceClosed, SpaceOpened
from segur.contracts.psc import SessionClosed
from segur.kernel.delivery import Handler
from segur_mssante.context import Context
from segur_mssante.operations.end_psc_session import note_closed
from segur_mssante.operations.follow_directory import close_mailbox, open_mailbox
from segur_mssante.operations.follow_spaces import close_citizen_mailbox, deliver_letter, open_citizen_mailbox


def handlers(context: Context) -> dict[str, Handler]:
    """Fact type to what it does here."""

    async def published(envelope: Envelope) -> None:
        if isinstance(envelope.fact, MailboxPublished):
            await open_mailbox(context, envelope.fact)

    async def withdrawn(envelope: Envelope) -> None:
        await close_mailbox(context, envelope.subject)

    async def logged_out(envelope: Envelope) -> None:
        await note_closed(context, envelope.subject)

    async def wrote(envelope: Envelope) -> None:
        if isinstance(envelope.fact, MailSent) and envelope.fact.channel == "EMAIL":
            await deliver_letter(context, envelope.fact)

    async def space_opened(envelope: Envelope) -> None:
        await open_citizen_mailbox(context, envelope.subject)

    async def space_closed(envelope: Envelope) -> None:
        await close_citizen_mailbox(context, envelope.subject)

    return {
        MailboxPublished.type: published,
        MailboxWithdrawn.type: withdrawn,
        SessionClosed.type: logged_out,
        MailSent.type: wrote,
        SpaceOpened.type: space_opened,
        SpaceClosed.type: space_closed,
    }

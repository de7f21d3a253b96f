"""Take charge of a message: nothing is answered before bytes, state and facts are kept [MSSanté digest 5.4]."""

from __future__ import annotations

import asyncio

from opentelemetry.trace import SpanKind

from segur.contracts.mssante import MessageAccepted, MessageRefused
from segur.kernel import tracing
from segur.kernel.errors import PRODUCTION_IDENTITY, SegurError
from segur.kernel.ids import new_id
from segur.kernel.request import current_sandbox
from segur.wire.xdm import XdmRefused
from segur_mssante import errors, faults
from segur_mssante.context import Context
from segur_mssante.domain.attachments import Carried, read_headers, read_mail, without_ins


async def check_recipient(context: Context, address: str) -> str:
    """The address of an open mailbox; raise `UNKNOWN_RECIPIENT` or `CLOSED_RECIPIENT`."""
    box = await context.store.mailbox(address)
    if box is None:
        raise errors.UNKNOWN_RECIPIENT.error(field="RCPT TO")
    if not box["open"]:
        raise errors.CLOSED_RECIPIENT.error(field="RCPT TO")
    return str(box["address"])


async def submit(context: Context, sender: str, recipients: list[str], content: bytes) -> str:
    """Keep and deliver a message; give its number. Raise `BAD_ARCHIVE` or `UNAVAILABLE`."""
    parent = tracing.context_of(read_headers(content).traceparent)
    with tracing.span("SMTP submit", kind=SpanKind.SERVER, parent=parent):
        if await context.floor.faults.delayed(faults.SUBMIT_UNAVAILABLE, operation="submit"):
            raise errors.UNAVAILABLE.error()
        number = new_id()
        try:
            carried = await _checked(context, content)
        except SegurError as error:
            reason = without_ins(error.detail)
            await context.store.tell(MessageRefused(message_id=number, sender=sender, code=error.code, reason=reason))
            raise
        patient = context.floor.pseudonyms.of(carried.patient) if carried.patient else None
        message = {
            "_id": f"{current_sandbox()}:{number}",
            "sandbox": current_sandbox(),
            "message_id": number,
            "header_id": carried.message_id,
            "blob": await context.floor.blobs.put(content),
            "size": len(content),
            "received": context.floor.clock.now(),
            "sender": sender,
        }
        unique = list(dict.fromkeys(recipients))
        boxes = [await context.store.mailbox(address) for address in unique]
        accepted = MessageAccepted(
            message_id=number,
            sender=sender,
            recipients=[box["shown"] for box in boxes if box],
            size=len(content),
            documents=carried.documents,
            patient=patient,
        )
        await context.store.deliver(message, unique, accepted)
        return number


async def _checked(context: Context, content: bytes) -> Carried:
    try:
        carried = await asyncio.to_thread(read_mail, content)
    except XdmRefused as error:
        raise errors.BAD_ARCHIVE.error(field="IHE_XDM.ZIP", rule=without_ins(str(error))) from error
    patient = carried.patient
    if patient and patient.is_production and not context.settings.allow_production_identities:
        raise errors.BAD_ARCHIVE.error(
            field="patientId", rule=f"{PRODUCTION_IDENTITY.code}: production identity under OID {patient.oid}"
        )
    return carried

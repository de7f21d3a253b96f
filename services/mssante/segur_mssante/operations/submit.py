"""Take charge of a message: nothing is answered before bytes, state and facts are kept [MSSanté digest 5.4]."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import format_datetime

from segur.contracts.fact import Fact
from segur.contracts.mssante import (
    ConversationEnded,
    MessageAccepted,
    MessageAcknowledged,
    MessageBounced,
    MessageDelivered,
    MessageRefused,
)
from segur.kernel import request, tracing
from segur.kernel.errors import PRODUCTION_IDENTITY, SegurError
from segur.kernel.ids import new_id
from segur.kernel.store import Document
from segur.personas.mailboxes import split_sandbox
from segur_mssante import errors, faults
from segur_mssante.context import Context
from segur_mssante.domain import conformity, mime_tree, receipts
from segur_mssante.domain.attachments import (
    BrokenArchive,
    BrokenMime,
    Carried,
    Malicious,
    read_mail,
    without_ins,
)
from segur_mssante.operations.check_recipient import Recipient
from segur_mssante.store import Copy, once


@dataclass(frozen=True, slots=True)
class Submission:
    """A message as a door received it: who sends, in facts and by kind; to whom; the bytes; how it came (`via`)."""

    sender: str
    shown: str
    kind: str
    recipients: Sequence[Recipient]
    content: bytes
    via: str


async def submit(context: Context, submission: Submission) -> str:
    """Keep and deliver a message; give its number, that of the first time when it is a repetition.

    The present span is what a reading of the message will continue. Raise `BAD_MIME`, `BAD_ARCHIVE`, `MALICIOUS` or
    `UNAVAILABLE`; refusals are told and nothing is kept.
    """
    if await context.floor.faults.delayed(faults.SUBMIT_UNAVAILABLE, operation="submit", actor=submission.sender):
        raise errors.UNAVAILABLE.error()
    number = new_id()
    try:
        carried = await _checked(context, submission.content)
    except SegurError as error:
        tracing.fail(error.refusal.name)
        reason = without_ins(error.detail)
        await context.store.tell(
            MessageRefused(message_id=number, sender=submission.shown, code=error.code, reason=reason)
        )
        raise
    return await _keep(context, submission, carried, number)


async def _checked(context: Context, content: bytes) -> Carried:
    tolerant = context.settings.archive_checks == "report"
    try:
        carried = await asyncio.to_thread(read_mail, content, tolerant=tolerant)
    except BrokenMime as error:
        raise errors.BAD_MIME.error(rule=without_ins(str(error))) from error
    except BrokenArchive as error:
        raise errors.BAD_ARCHIVE.error(field="IHE_XDM.ZIP", rule=without_ins(str(error))) from error
    except Malicious as error:
        raise errors.MALICIOUS.error() from error
    patient = carried.patient
    if patient and patient.is_production and not context.settings.allow_production_identities:
        raise errors.BAD_ARCHIVE.error(
            field="patientId", rule=f"{PRODUCTION_IDENTITY.code}: {PRODUCTION_IDENTITY.text.format(oid=patient.oid)}"
        )
    return carried


async def _keep(context: Context, submission: Submission, carried: Carried, number: str) -> str:
    now, envelope = context.floor.clock.now(), carried.envelope
    patient = context.floor.pseudonyms.of(carried.patient) if carried.patient else None
    if patient:
        request.note(patient=patient)
    reached = [recipient for recipient in submission.recipients if not recipient.bounce]
    found = await asyncio.to_thread(conformity.findings, carried, submission.sender, submission.kind)
    if not all(recipient.qualified for recipient in reached):
        found = (*found, "ECO.2.2.6 destinataire : l'identité de ce patient n'est pas qualifiée")
    stored = _traced(context, submission, number) + submission.content
    message = {
        "_id": f"{request.current_sandbox()}:{number}",
        "sandbox": request.current_sandbox(),
        "message_id": number,
        "once": once(
            submission.sender,
            [recipient.address for recipient in submission.recipients],
            envelope.message_id,
            submission.content,
            number,
        ),
        "header_id": envelope.message_id,
        "blob": await context.floor.blobs.put(stored),
        "size": len(stored),
        "received": now,
        "sender": submission.sender,
    }
    facts: list[Fact] = [
        MessageAccepted(
            message_id=number,
            sender=submission.shown,
            recipients=[recipient.shown for recipient in submission.recipients],
            size=len(submission.content),
            documents=len(carried.documents),
            patient=patient,
            mail_id=without_ins(envelope.message_id),
            findings=list(found),
        )
    ]
    copies = [_copy(message, recipient.address) for recipient in reached]
    facts += [MessageDelivered(message_id=number, mailbox=recipient.shown) for recipient in reached]
    if envelope.ends:
        facts += [
            ConversationEnded(message_id=number, sender=submission.shown, patient=r.shown, scope=envelope.ends)
            for r in reached
            if r.kind == "CIT"
        ]
    for recipient in submission.recipients:
        if (receipt := _receipt(context, carried, submission, recipient)) is not None:
            copies.append(await _send_back(context, submission, carried, message, receipt))
            facts.append(_told(number, recipient))
    earlier = await context.store.take(message, copies, facts)
    return earlier or number


def _receipt(
    context: Context, carried: Carried, submission: Submission, recipient: Recipient
) -> receipts.Receipt | None:
    """What the sender gets about a recipient: a bounce, or the DSN asked for by header or by NOTIFY [digest 5.1]."""
    if recipient.bounce:
        if "NEVER" in recipient.notify:
            return None
        return receipts.Receipt(recipient.address, "failed", recipient.status, recipient.bounce)
    _, wanted_by = split_sandbox(carried.envelope.receipt_to)
    if wanted_by == submission.sender or "SUCCESS" in recipient.notify:
        return receipts.Receipt(recipient.address, "delivered", "2.1.5", "déposé dans la boîte du destinataire")
    return None


def _told(number: str, recipient: Recipient) -> Fact:
    if recipient.bounce:
        return MessageBounced(
            message_id=number, mailbox=recipient.shown, code=f"550 {recipient.status}", reason=recipient.bounce
        )
    return MessageAcknowledged(message_id=number, mailbox=recipient.shown, receipt="DSN")


async def _send_back(
    context: Context, submission: Submission, carried: Carried, message: Document, receipt: receipts.Receipt
) -> Copy:
    """A receipt as a copy in the sender's mailbox, with an empty envelope sender (RFC 3464)."""
    head = mime_tree.head(submission.content)
    own, now = new_id(), context.floor.clock.now()
    content = b"Return-Path: <>\r\n" + receipts.write(
        receipt,
        head.raw[: head.body],
        to=submission.sender,
        message_id=own,
        original_id=carried.envelope.message_id,
        at=now,
    )
    blob = await context.floor.blobs.put(content)
    header_id = f"<{own}@{receipt.recipient.rpartition('@')[2]}>"
    return Copy(submission.sender, own, header_id, blob, len(content), now, "", tracing.current_traceparent())


def _copy(message: Document, mailbox: str) -> Copy:
    names = ("message_id", "header_id", "blob", "size", "received", "sender")
    return Copy(mailbox, **{name: message[name] for name in names}, trace=tracing.current_traceparent())


def _traced(context: Context, submission: Submission, number: str) -> bytes:
    """The trace headers every relay adds (RFC 5321, section 4.4)."""
    return (
        f"Return-Path: <{submission.sender}>\r\n"
        f"Received: by {context.settings.mail_host} (SegurStack MSSante) with {submission.via} id {number};\r\n"
        f"\t{format_datetime(context.floor.clock.now())}\r\n"
    ).encode("ascii", "replace")

"""The patient writes: only to professionals who wrote first and did not end the exchange [MSSanté digest 4.2, 4.3]."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP

from segur.contracts.mssante import MessageRefused
from segur.kernel.errors import Refusal, SegurError
from segur.kernel.ids import new_id
from segur.kernel.store import Document
from segur.personas.mailboxes import CITIZEN_DOMAIN, split_sandbox
from segur_mssante import errors
from segur_mssante.context import Context
from segur_mssante.domain.attachments import read_envelope
from segur_mssante.operations.check_recipient import check_recipient
from segur_mssante.operations.submit import Submission, submit

_SUBJECT_MAX = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a message (its number or Message-ID), or a first mail `to` a pharmacy."""

    in_reply_to: str
    to: str
    subject: str
    content: str


async def reply_option(context: Context, box: Document, row: Document) -> str:
    """`REPLY`, `REPLY_BLOCKED` when the professional ended the exchange, `NO_REPLY` for what a machine wrote."""
    try:
        await _target(context, box, row)
    except SegurError as error:
        return "REPLY_BLOCKED" if error.refusal is errors.CONVERSATION_ENDED else "NO_REPLY"
    return "REPLY"


async def answer_as_citizen(context: Context, box: Document, answer: Answer) -> str:
    """Send; give the number of the message. Raise `NO_MESSAGE`, `CONVERSATION_ENDED`, `NO_RIGHT_TO_WRITE` or what
    `submit` raises; refusals are told."""
    mail = EmailMessage(policy=SMTP)
    try:
        if answer.to:
            target = await _pharmacy(context, answer.to)
            subject = answer.subject
        else:
            row = await context.store.message_of_header(box["address"], answer.in_reply_to)
            if row is None:
                raise errors.NO_MESSAGE.error(field="inReplyTo")
            target = await _target(context, box, row)
            envelope = read_envelope(await context.floor.blobs.get(row["blob"]))
            subject = answer.subject or f"Re: {envelope.subject}"
            if envelope.message_id:
                mail["In-Reply-To"] = mail["References"] = envelope.message_id
    except SegurError as error:
        if error.refusal is not errors.NO_MESSAGE:
            await _tell(context, box, error.refusal)
        raise
    mail["Message-ID"] = f"<{new_id()}@{CITIZEN_DOMAIN}>"
    mail["From"] = f'"{box["label"]}" <{box["address"]}>'
    mail["To"] = target
    mail["Subject"] = " ".join(subject.split())[:_SUBJECT_MAX]
    mail["Date"] = context.floor.clock.now()
    mail.set_content(answer.content)
    recipient = await check_recipient(context, box["shown"], target)
    submission = Submission(box["address"], box["shown"], "CIT", (recipient,), mail.as_bytes(), "HTTP")
    return await submit(context, submission)


async def _pharmacy(context: Context, told: str) -> str:
    found = await context.store.mailbox(split_sandbox(told)[1])
    if found is None or not found["pharmacy"]:
        raise errors.NO_RIGHT_TO_WRITE.error()
    return str(found["address"])


async def _target(context: Context, box: Document, row: Document) -> str:
    """Who gets the answer: the Reply-To of the message when it is a mailbox, else its sender."""
    if not row["sender"]:
        raise errors.NO_RIGHT_TO_WRITE.error()
    envelope = read_envelope(await context.floor.blobs.get(row["blob"]))
    if envelope.ends:
        raise errors.CONVERSATION_ENDED.error()
    for later in await context.store.listing(box["address"]):
        if later["uid"] > row["uid"] and later["sender"] == row["sender"]:
            told = read_envelope(await context.floor.blobs.get(later["blob"]))
            if told.ends == "sender":
                raise errors.CONVERSATION_ENDED.error()
    reply_to = await context.store.mailbox(split_sandbox(envelope.reply_to)[1]) if envelope.reply_to else None
    return str(reply_to["address"] if reply_to is not None else row["sender"])


async def _tell(context: Context, box: Document, refusal: Refusal) -> None:
    await context.store.tell(
        MessageRefused(message_id=new_id(), sender=box["shown"], code=refusal.code, reason=refusal.text)
    )

"""The patient writes: only to professionals who wrote first and did not end the exchange [MSSanté digest 4.2, 4.3]."""

from __future__ import annotations

import asyncio
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
from segur_mssante.domain.conversations import BLOCKED, NONE, Exchange, reply_option
from segur_mssante.domain.mime_tree import MAX_HEADER
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


async def exchanges(context: Context, box: Document) -> list[tuple[Document, Exchange]]:
    """The messages of a citizen mailbox with their headers, oldest first."""
    rows = await context.store.listing(box["address"])

    def read() -> list[Exchange]:
        found = []
        for row in rows:
            with context.floor.blobs.path(row["blob"]).open("rb") as file:
                envelope = read_envelope(file.read(MAX_HEADER))
            found.append(Exchange(row["uid"], row["sender"], envelope))
        return found

    return list(zip(rows, await asyncio.to_thread(read), strict=True))


async def answer_as_citizen(context: Context, box: Document, answer: Answer) -> str:
    """Send; give the number of the message. Raise `NO_MESSAGE`, `CONVERSATION_ENDED`, `NO_RIGHT_TO_WRITE` or what
    `submit` raises; refusals are told."""
    mail = EmailMessage(policy=SMTP)
    try:
        if answer.to:
            target = await _pharmacy(context, answer.to)
            subject = answer.subject
        else:
            message = await _answered(context, box, answer.in_reply_to)
            envelope = message.envelope
            target = await _reply_address(context, message)
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


async def _answered(context: Context, box: Document, told: str) -> Exchange:
    """The message that is answered, by number or Message-ID, if the patient may answer it."""
    mails = await exchanges(context, box)
    message = next((mail for row, mail in mails if told in (row["message_id"], row["header_id"])), None)
    if message is None:
        raise errors.NO_MESSAGE.error(field="inReplyTo")
    option = reply_option(message, [mail for _, mail in mails])
    if option == BLOCKED:
        raise errors.CONVERSATION_ENDED.error()
    if option == NONE:
        raise errors.NO_RIGHT_TO_WRITE.error()
    return message


async def _reply_address(context: Context, message: Exchange) -> str:
    """The Reply-To of the message when it is a mailbox, else its sender."""
    told = message.envelope.reply_to
    box = await context.store.mailbox(split_sandbox(told)[1]) if told else None
    return str(box["address"]) if box is not None else message.sender


async def _tell(context: Context, box: Document, refusal: Refusal) -> None:
    await context.store.tell(
        MessageRefused(message_id=new_id(), sender=box["shown"], code=refusal.code, reason=refusal.text)
    )

"""Facts of MSSanté. Addresses of citizens hold an INS and are replaced by a pseudonym."""

from __future__ import annotations

from pydantic import Field

from segur.contracts.fact import Fact, fact


@fact("mssante.message.accepted", subject="message_id")
class MessageAccepted(Fact):
    """The operator took charge of a message: it is stored; `documents` counts the CDA of its IHE_XDM attachment.

    `mail_id` is the Message-ID header; `findings` name the rules of Référentiel 2 the message breaks without being
    refused for it, e.g. `ECO.2.4.3 X-MSS-NIL: ...`.
    """

    message_id: str
    sender: str
    recipients: list[str]
    size: int
    documents: int = 0
    patient: str | None = None
    mail_id: str = ""
    findings: list[str] = Field(default_factory=list)


@fact("mssante.message.delivered", subject="message_id")
class MessageDelivered(Fact):
    """A message lies in a mailbox."""

    message_id: str
    mailbox: str


@fact("mssante.message.refused", subject="message_id")
class MessageRefused(Fact):
    """The operator refused a message; `code` is the SMTP reply code and enhanced status."""

    message_id: str
    sender: str
    code: str
    reason: str


@fact("mssante.message.bounced", subject="message_id")
class MessageBounced(Fact):
    """An accepted message could not be put into a mailbox; its sender got a mail that says why (`code`, `reason`)."""

    message_id: str
    mailbox: str
    code: str
    reason: str


@fact("mssante.message.acknowledged", subject="message_id")
class MessageAcknowledged(Fact):
    """The operator sent the receipt a sender had asked for: `receipt` is DSN (delivered) or MDN (the patient read)."""

    message_id: str
    mailbox: str
    receipt: str


@fact("mssante.message.read", subject="message_id")
class MessageRead(Fact):
    """The holder of a mailbox read a message for the first time: content fetched, or marked as seen."""

    message_id: str
    mailbox: str


@fact("mssante.conversation.ended", subject="message_id")
class ConversationEnded(Fact):
    """A professional wants no (further) answer of a patient: `scope` is `message` (X-MSS-MES) or `sender` ([FIN])."""

    message_id: str
    sender: str
    patient: str
    scope: str


@fact("mssante.authentication.refused", subject="attempt_id")
class MailAuthenticationRefused(Fact):
    """A mail login was refused; `mechanism` is XOAUTH2 or PLAIN."""

    attempt_id: str
    mailbox: str
    mechanism: str
    reason: str

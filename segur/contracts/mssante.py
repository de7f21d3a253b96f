"""Facts of MSSanté. Addresses of citizens hold an INS and are replaced by a pseudonym."""

from __future__ import annotations

from segur.contracts.fact import Fact, fact


@fact("mssante.message.accepted", subject="message_id")
class MessageAccepted(Fact):
    """The operator took charge of a message: it is stored; `documents` counts the CDA of its IHE_XDM attachment."""

    message_id: str
    sender: str
    recipients: list[str]
    size: int
    documents: int = 0
    patient: str | None = None


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


@fact("mssante.message.read", subject="message_id")
class MessageRead(Fact):
    """A message's content was fetched by the holder of a mailbox."""

    message_id: str
    mailbox: str


@fact("mssante.authentication.refused", subject="attempt_id")
class MailAuthenticationRefused(Fact):
    """A mail login was refused; `mechanism` is XOAUTH2 or PLAIN."""

    attempt_id: str
    mailbox: str
    mechanism: str
    reason: str

"""May the patient answer this message? [MSSanté digest 4.2, 4.3]"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segur_mssante.domain.attachments import Envelope

REPLY, BLOCKED, NONE = "REPLY", "REPLY_BLOCKED", "NO_REPLY"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A message of a citizen mailbox: its UID, who sent it (empty: a machine), its headers."""

    uid: int
    sender: str
    envelope: Envelope


def reply_option(message: Exchange, mailbox: Sequence[Exchange]) -> str:
    """`REPLY`; `REPLY_BLOCKED` when the professional ended the exchange, by `X-MSS-MES: FIN` in this message or by a
    later mail `[FIN]`; `NO_REPLY` for what a machine wrote. A new mail of the professional opens the exchange again."""
    if not message.sender:
        return NONE
    ended = message.envelope.ends or any(
        other.uid > message.uid and other.sender == message.sender and other.envelope.ends == "sender"
        for other in mailbox
    )
    return BLOCKED if ended else REPLY

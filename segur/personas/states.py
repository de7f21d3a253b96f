"""States a persona can be in: identity, DMP, citizen mailbox; and kinds of mailboxes."""

from __future__ import annotations

from enum import StrEnum

from segur.vocab.identity_status import IdentityStatus

__all__ = ["DmpState", "IdentityStatus", "MailboxKind", "MesState"]


class DmpState(StrEnum):
    """Whether the patient has a DMP, and whether it is open."""

    ACTIF = "ACTIF"
    NONE = "NONE"
    CLOSED = "CLOSED"


class MesState(StrEnum):
    """State of the citizen mailbox; NOT_ACTIVATED is open and receives, but nobody reads [DMP digest 6.5]."""

    ACTIVE = "ACTIVE"
    NOT_ACTIVATED = "NOT_ACTIVATED"
    CLOSED = "CLOSED"
    UNKNOWN = "UNKNOWN"


class MailboxKind(StrEnum):
    """TRE_R257 type of mailbox; CIT is ours, for the citizen mailboxes the directory never lists."""

    PER = "PER"
    CAB = "CAB"
    ORG = "ORG"
    APP = "APP"
    CIT = "CIT"

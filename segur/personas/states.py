"""States a persona can be in: identity, DMP, citizen mailbox; and kinds of mailboxes."""

from __future__ import annotations

from enum import StrEnum


class IdentityStatus(StrEnum):
    """How far the identity of a patient has been checked; the value is the FHIR code [INS digest 2.3]."""

    PROVISOIRE = "PROV"
    RECUPEREE = "RECUP"
    VALIDEE = "VALI"
    QUALIFIEE = "QUAL"

    @property
    def pid32(self) -> str:
        """The code in an HL7 v2 PID-32, whose older table has no word for qualified and says VALI."""
        return "VALI" if self is IdentityStatus.QUALIFIEE else self.value


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
    ORG = "ORG"
    APP = "APP"
    CIT = "CIT"

"""An entry of the register: a professional or a structure, with the mailboxes declared for it."""

from __future__ import annotations

from dataclasses import dataclass

from segur.contracts.directory_records import PlaceRecord, ProfessionalRecord
from segur.personas.model import Mailbox
from segur.personas.states import MailboxKind


@dataclass(frozen=True, slots=True)
class Person:
    """A professional; `updated` is a FHIR instant, `active` False for one who left."""

    record: ProfessionalRecord
    boxes: tuple[Mailbox, ...]
    updated: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """A structure; the members of its organisational mailboxes are those who work there."""

    record: PlaceRecord
    boxes: tuple[Mailbox, ...]
    updated: str


def opens(box: Mailbox) -> bool:
    """Whether people open this mailbox of a structure (an application's is opened by its certificate)."""
    return box.kind is MailboxKind.ORG

"""A space and its life: announced, opened, activated, closed, archived, taken back [DMP digest 6.5]."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

OBJECTION_DELAY: Final = timedelta(weeks=6)
"""From the information letter to the opening, and from a suspension to the closing (art. R.1111-36 CSP)."""
ARCHIVE_YEARS: Final = 10
MAJORITY_REMINDER: Final = timedelta(days=30)
"""How long before somebody comes of age the reminders leave; the real delay was not found [inferred]."""


class SpaceState(StrEnum):
    """Where a space stands; the value is the profile status of Mon espace santé where one was seen (`D`, `F`)."""

    ANNOUNCED = "I"
    OPEN = "D"
    ACTIVE = "A"
    SUSPENDED = "S"
    CLOSED = "F"
    OBJECTED = "O"

    @property
    def receives(self) -> bool:
        """Whether documents and messages go in: a space that is open but not activated still receives."""
        return self in (SpaceState.OPEN, SpaceState.ACTIVE)


STATE_LABELS: Final = {
    SpaceState.ANNOUNCED: ("Courrier d'information envoyé", "Information letter sent"),
    SpaceState.OPEN: ("Ouvert, non activé", "Open, not activated"),
    SpaceState.ACTIVE: ("Activé", "Active"),
    SpaceState.SUSPENDED: ("Suspendu", "Suspended"),
    SpaceState.CLOSED: ("Fermé (archivé)", "Closed (archived)"),
    SpaceState.OBJECTED: ("Opposition à l'ouverture", "Opening refused"),
}


class Preference(StrEnum):
    """Families of notifications a patient chooses means for."""

    DOCUMENT = "NOTIF_DOCUMENT"
    MESSAGE = "NOTIF_MESSAGE"
    APPOINTMENT = "NOTIF_APPOINTMENT"
    SERVICE = "NOTIF_SYNCHRONIZED_SERVICE"
    SCREENING = "NOTIF_DEPISTAGE"


class Channel(StrEnum):
    """How a notification also leaves the space."""

    EMAIL = "EMAIL"
    SMS = "SMS"


@dataclass(frozen=True, slots=True)
class Space:
    """What Mon espace santé keeps of one person beside the account of the DMP.

    `patient` is the pseudonym; `opens_at` the end of the six weeks of an announced space, `closes_at` that of a
    suspended one, `erased_at` the end of an archive; `channels` the chosen means by preference; `pinned` the uniqueIds
    of documents kept at hand; `code` a one-time code on its way, with its end and the wrong tries so far.
    """

    patient: str
    state: SpaceState
    since: datetime
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    erased_at: datetime | None = None
    proof: str = ""
    channels: dict[str, list[str]] = field(default_factory=dict)
    pinned: tuple[str, ...] = ()
    code: str = ""
    code_until: datetime | None = None
    code_tries: int = 0

    def wants(self, preference: Preference) -> tuple[Channel, ...]:
        """The means chosen for a family of notifications; by default everything is told by e-mail."""
        chosen = self.channels.get(preference.value)
        return (Channel.EMAIL,) if chosen is None else tuple(Channel(name) for name in chosen)


def years_later(moment: datetime, years: int) -> datetime:
    """The same day some years later; 29 February becomes 1 March."""
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, month=3, day=1)


def majority_at(birth_date: str, age: int) -> datetime:
    """When somebody born on `YYYYMMDD` comes of age; a lunar date counts from its first known day."""
    month, day = int(birth_date[4:6] or 1) or 1, int(birth_date[6:8] or 1) or 1
    return years_later(datetime(int(birth_date[:4]), month, day, tzinfo=UTC), age)

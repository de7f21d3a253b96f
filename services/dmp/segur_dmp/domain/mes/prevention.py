"""Examinations, screenings and vaccinations recommended by age: what the reminders RAPPEL_RDV_PREV* are about [6.5].

Codes of types and statuses are the application's [confirmed: S9]; its list comes from a server nobody published. This
one (`prevention.tsv`) is a selection of ours from public recommendations, with codes of ours: no vaccination calendar,
which would have to know every dose given.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from importlib.resources import files
from typing import Final

from segur_dmp.domain.mes.spaces import majority_at

REMINDER: Final = timedelta(days=30)
"""How long before its time something recommended is told; the real delay was not found [inferred]."""
_AHEAD_YEARS: Final = 1
_OLDEST: Final = 130


class Family(StrEnum):
    """What a thing recommended is; the value is the type the application knows."""

    CHILD = "EXAMEN_CARNET_SANTE"
    CHECKUP = "BILAN_AQ"
    DENTAL = "MT_DENTS"
    SCREENING = "EXAMEN_DEPISTAGE"
    VACCINATION = "CAR_VAC"


FAMILIES: Final = {
    Family.CHILD: ("Examen médical", "Medical examination"),
    Family.CHECKUP: ("Bilan de prévention", "Prevention check-up"),
    Family.DENTAL: ("Examen de prévention dentaire", "Dental examination"),
    Family.SCREENING: ("Dépistage", "Screening"),
    Family.VACCINATION: ("Vaccination", "Vaccination"),
}


class Status(StrEnum):
    """Where something recommended stands (`PreventionTypeEnum`)."""

    TO_PLAN = "TO_PLAN"
    NOT_SPECIFIED = "NOT_SPECIFIED"
    DONE = "DONE"
    NOT_DONE = "NOT_DONE"


STATUSES: Final = {
    Status.TO_PLAN: ("À planifier", "To plan"),
    Status.NOT_SPECIFIED: ("Non renseigné", "Not told"),
    Status.DONE: ("Réalisé", "Done"),
    Status.NOT_DONE: ("Non réalisé", "Not done"),
}


@dataclass(frozen=True, slots=True)
class Recommended:
    """One thing recommended from a birthday on: `first` to `last` are ages in years, `every` how often within them.

    `sex` empty is for everybody; `level` is OBLIGATOIRE or RECOMMANDE.
    """

    code: str
    family: Family
    title: str
    title_en: str
    first: int
    last: int
    every: int = 0
    sex: str = ""
    level: str = "RECOMMANDE"


def _read(table: str) -> tuple[Recommended, ...]:
    rows = (line.split("\t") for line in table.splitlines()[1:])
    return tuple(
        Recommended(code, Family(family), title, title_en, int(first), int(last), int(every), sex, level)
        for code, family, title, title_en, first, last, every, sex, level in rows
    )


CALENDAR: Final = _read(files("segur_dmp.domain.mes").joinpath("prevention.tsv").read_text("utf-8"))
"""Everything recommended: `prevention.tsv` beside this module."""


@dataclass(frozen=True, slots=True)
class Window:
    """The time in which something recommended is to be done (`dateDebutPrevention`, `dateFinPrevention`)."""

    what: Recommended
    start: datetime
    end: datetime


def windows_of(birth_date: str, sex: str) -> Iterator[Window]:
    """Every window of a life; `birth_date` is YYYYMMDD, `sex` M or F. Nothing for a date that is unknown."""
    if not birth_date[:4].isdigit():
        return
    for what in CALENDAR:
        if what.sex and what.sex != sex:
            continue
        step = what.every or what.last - what.first
        for age in range(what.first, min(what.last, _OLDEST), step):
            yield Window(what, majority_at(birth_date, age), majority_at(birth_date, min(age + step, what.last)))


def current_windows(birth_date: str, sex: str, now: datetime) -> list[Window]:
    """What is to be done now or begins within a year, the earliest first."""
    until = now + timedelta(days=365 * _AHEAD_YEARS)
    return sorted((w for w in windows_of(birth_date, sex) if w.end > now and w.start <= until), key=_when)


def next_reminder(birth_date: str, sex: str, after: datetime) -> datetime | None:
    """When the next reminder leaves; None for somebody of whom nothing is left to remind."""
    return min((w.start - REMINDER for w in windows_of(birth_date, sex) if w.start - REMINDER > after), default=None)


def to_remind_of(birth_date: str, sex: str, since: datetime, now: datetime) -> list[Window]:
    """What reminders of from `since` to `now` are about, without what is over: a clock may have jumped."""
    told = (w for w in windows_of(birth_date, sex) if since <= w.start - REMINDER <= now < w.end)
    return sorted(told, key=_when)


def _when(window: Window) -> tuple[datetime, str]:
    return window.start, window.what.code

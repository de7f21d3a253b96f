"""Preloading before the consultation: the agenda's patients, each behind a right check, kept for a limited time.

[wave 2 digest DMP-09, 4.4; DMP/UX.34]: no preload without TD0.2, on behalf of the responsible professional; purge at
the limit; a slow DMP makes the job wait, not insist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from segur.personas.model import Patient
from segur.scenario.actors.consents import Ledger
from segur.scenario.actors.dmp_lps import Lps
from segur.scenario.actors.dmp_opening import Icon, Opening, open_record
from segur.scenario.actors.lps import Refused
from segur.scenario.actors.retries import Backoff, GaveUp, Tries, patiently

DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Preloaded:
    """Contents by uniqueId, and when they came."""

    contents: dict[str, bytes]
    at: datetime


@dataclass(slots=True)
class Preload:
    """The job of one professional; `left` says why a patient was left out, `purged` what went and why."""

    software: Lps
    choices: Ledger
    retention: timedelta = DAY
    most: int = 5
    backoff: Backoff = field(default_factory=Backoff)
    held: dict[str, Preloaded] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    purged: dict[str, str] = field(default_factory=dict)
    tries: Tries = field(default_factory=Tries)

    async def run(self, agenda: Sequence[Patient], now: datetime) -> bool:
        """Take the patients that are not held yet, in order; False when the DMP went away: run again to resume."""
        for patient in agenda:
            if patient.key in self.held or patient.key in self.left:
                continue
            try:
                await self._take(patient, now)
            except GaveUp:
                return False
            except Refused as refused:
                self.left[patient.key] = refused.code
        return True

    def purge(self, now: datetime) -> list[str]:
        """Remove what is older than the retention; give the keys of the patients."""
        old = [key for key, one in self.held.items() if now - one.at >= self.retention]
        for key in old:
            self._drop(key, "durée de conservation atteinte")
        return old

    def review(self, agenda: Sequence[Patient]) -> list[str]:
        """Drop what a patient no longer consents to; give the keys."""
        gone = [one.key for one in agenda if one.key in self.held and not self._consents(one)]
        for key in gone:
            self._drop(key, "opposition du patient")
        return gone

    async def _take(self, patient: Patient, now: datetime) -> None:
        if not self._consents(patient):
            self.left[patient.key] = "opposition du patient"
            return
        opened = await patiently(lambda: self._opened(patient), self.backoff, self.tries)
        if opened.icon is not Icon.OPEN:
            self.left[patient.key] = opened.icon
            return
        entries = await patiently(lambda: self.software.search(patient), self.backoff, self.tries)
        newest = sorted(entries, key=lambda entry: entry.creation_time, reverse=True)[: self.most]
        contents: dict[str, bytes] = {}
        if newest:
            wanted = [entry.unique_id for entry in newest]
            contents = (
                await patiently(lambda: self.software.retrieve_all(patient, wanted), self.backoff, self.tries)
            ).contents
        self.held[patient.key] = Preloaded(contents, now)

    async def _opened(self, patient: Patient) -> Opening:
        """TD0.2; a DMP that is away is for the back-off, not a state to keep."""
        opened = await open_record(self.software, patient)
        if opened.icon is Icon.UNKNOWN:
            raise Refused("DMP", opened.message, 503)
        return opened

    def _consents(self, patient: Patient) -> bool:
        choice = self.choices.of(patient)
        return choice is None or choice.may_consult

    def _drop(self, key: str, why: str) -> None:
        del self.held[key]
        self.purged[key] = why

"""A laboratory system: a report lives from partial to final, corrected or cancelled, and each state reaches the DMP.

A report is CDA N3 with its PDF/A-1 copy; where the DMP does not take N3, an N1 that holds it as PDF/A-1 [wave 2 digest
E-04, DMP/va1.22, .23].
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from segur.cda.make import Request, make
from segur.kernel.ids import new_oid
from segur.personas.model import Patient
from segur.scenario.actors.dmp_lps import Lps
from segur.scenario.actors.lps import submission_of
from segur.scenario.actors.retries import Backoff, Tries, patiently
from segur.wire import xds, xds_uuids

REPORT = "11502-2"


class State(StrEnum):
    """Where a report stands."""

    PARTIAL = "partiel"
    FINAL = "final"
    CORRECTED = "corrigé"
    CANCELLED = "annulé"


class CannotSend(Exception):
    """Nothing was sent; the text says why."""


@dataclass(slots=True)
class Report:
    """One report: the versions sent, oldest first as (state, uniqueId, level); `confidential` ones are not sent."""

    patient: Patient
    confidential: bool = False
    versions: list[tuple[State, str, int]] = field(default_factory=list)
    waiting: list[State] = field(default_factory=list)

    @property
    def latest(self) -> str:
        """The uniqueId of the last version sent, empty before the first."""
        return self.versions[-1][1] if self.versions else ""


@dataclass(slots=True)
class Sil:
    """One installation; `card` is whether someone may sign now, without whom feeding waits."""

    software: Lps
    backoff: Backoff = field(default_factory=lambda: Backoff(tries=3, first_s=0.05))
    card: bool = True
    tries: Tries = field(default_factory=Tries)

    async def publish(self, report: Report, state: State) -> xds.DocumentEntry | None:
        """Send this state of the report; None while no card is there: it waits. Raise `CannotSend` or `Refused`."""
        if report.confidential:
            raise CannotSend("résultat confidentiel : retenu, remis en main propre")
        if not self.card:
            report.waiting.append(state)
            return None
        for level in (3, 1):
            content = self.document(report, state, level)
            entry = submission_of(content, self.software.user).entries[0]
            answer = await patiently(lambda: self._send(report, content), self.backoff, self.tries)  # noqa: B023
            if answer.succeeded:
                report.versions.append((state, entry.unique_id, level))
                return entry
        [error, *_] = answer.errors
        raise CannotSend(f"{error.code} {error.context}")

    async def resume(self, report: Report) -> int:
        """Send what waited for a card; how many."""
        waiting, report.waiting = report.waiting, []
        for state in waiting:
            await self.publish(report, state)
        return len(waiting)

    async def cancel(self, report: Report) -> xds.RegistryResponse:
        """TD3.3c on the last version."""
        entry = xds.DocumentEntry(
            await self.software.reference(report.patient, report.latest),
            report.latest,
            report.patient.ins.cx,
            status=xds_uuids.APPROVED,
        )
        answer = await self.software.delete(report.patient, entry)
        if answer.succeeded:
            report.versions.append((State.CANCELLED, report.latest, 0))
        return answer

    def document(self, report: Report, state: State, level: int) -> bytes:
        """The report in this state, as the next version."""
        user = self.software.user
        return make(
            Request(
                REPORT,
                report.patient,
                user,
                datetime.now(UTC),
                level=3 if level == 3 else 1,
                document_id=new_oid(1),
                replaces=report.latest or None,
                version=len(report.versions) + 1,
                paragraphs=() if level == 3 else (f"Compte rendu {state}.",),
            )
        )

    async def _send(self, report: Report, content: bytes) -> xds.RegistryResponse:
        if not report.latest:
            _, answer = await self.software.submit(content)
            return answer
        target = await self.software.reference(report.patient, report.latest)
        return await self.software.replace(content, target)

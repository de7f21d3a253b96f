"""Historical catch-up: documents of years past reach the DMP, chosen by rule, slowly, and never twice.

Default filters, the ceiling of four transactions per second, the legal person as author of what someone no longer
registered wrote (RG_2230), the monthly share [wave 2 digest E-15, DMP/HISTO.01 to .09].
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from lxml import etree

from segur.personas.model import Patient, Professional, Structure
from segur.scenario.actors.consents import Ledger
from segur.scenario.actors.dmp_lps import Lps
from segur.vocab import oids
from segur.wire import xml

CEILING = 4
"""Most transactions per second of one software in one structure [DMP/HISTO.06]."""
_WRITTEN = f"{{{xml.HL7}}}author"


@dataclass(frozen=True, slots=True)
class Archived:
    """A document of the archive: `at` is its business date, `content` its CDA, `fed` whether the DMP has it already."""

    unique_id: str
    patient: Patient
    author: Professional
    at: datetime
    content: bytes
    fed: bool = False


@dataclass(frozen=True, slots=True)
class Filters:
    """Who is known to be dead, in the system or in the death file, and what each patient chose."""

    dead_here: Callable[[Patient], bool]
    in_death_file: Callable[[Patient], bool]
    choices: Ledger

    def reason(self, one: Archived) -> str:
        """Why a document stays out, empty when it is taken."""
        patient = one.patient
        choice = self.choices.of(patient)
        if one.fed:
            return "déjà alimenté"
        if not patient.carries_ins:
            return "INS non qualifiée"
        if self.dead_here(patient):
            return "décès connu de l'établissement"
        if self.in_death_file(patient):
            return "décès au fichier national"
        if choice is not None and not choice.may_feed:
            return "opposition du patient"
        return ""

    def select(self, archive: Iterable[Archived]) -> tuple[list[Archived], Counter[str]]:
        """The documents taken, oldest first, and how many stay out by reason."""
        taken, left = [], Counter[str]()
        for one in archive:
            reason = self.reason(one)
            if reason:
                left[reason] += 1
            else:
                taken.append(one)
        return sorted(taken, key=lambda one: one.at), left


@dataclass(slots=True)
class Pace:
    """Spaces starts so that no second holds more than `per_second`; `starts` are monotonic seconds."""

    per_second: int = CEILING
    starts: list[float] = field(default_factory=list)

    async def wait(self) -> None:
        """Wait for one's turn."""
        if self.starts:
            due = self.starts[-1] + 1 / self.per_second
            while (left := due - time.monotonic()) > 0:
                await asyncio.sleep(left)
        self.starts.append(time.monotonic())


@dataclass(slots=True)
class Journal:
    """What survives a crash: the uniqueIds fed. A feed is noted after the DMP has said so."""

    fed: list[str] = field(default_factory=list)


@dataclass(slots=True)
class CatchUp:
    """The job: `active` are the national identifiers the directory knows; `refused` says why the DMP took one not."""

    software: Lps
    journal: Journal
    active: frozenset[str]
    pace: Pace = field(default_factory=Pace)
    refused: dict[str, str] = field(default_factory=dict)
    rewritten: list[str] = field(default_factory=list)

    async def run(self, documents: Sequence[Archived], *, crash_after: int | None = None) -> int:
        """Feed what the journal does not have; how many. `crash_after` loses the note of that feed, as a crash does."""
        sent = 0
        for one in documents:
            if one.unique_id in self.journal.fed:
                continue
            await self.pace.wait()
            content = one.content
            if str(one.author.id_nat) not in self.active:
                content = with_legal_person(content, self.software.user.structure)
                self.rewritten.append(one.unique_id)
            _, answer = await self.software.submit(content)
            sent += 1
            if sent == crash_after:
                return sent
            codes = {error.code for error in answer.errors}
            if answer.succeeded or codes == {"XDSDuplicateUniqueIdInRegistry"}:
                self.journal.fed.append(one.unique_id)
            else:
                self.refused[one.unique_id] = " ; ".join(f"{one.code} {one.context}" for one in answer.errors)
        return sent


def with_legal_person(content: bytes, structure: Structure) -> bytes:
    """The document with the structure as a further author [RG_2230]; everything else as it was.

    NOTE: that the legal person stands as a system of the structure is our reading: the DMP takes no other author
    without a name [DMP digest 3.6].
    """
    root = etree.fromstring(content)
    first = root.find(_WRITTEN)
    if first is None:
        raise ValueError("author: a CDA names one")
    at = first.find(f"{{{xml.HL7}}}time")
    author = etree.fromstring(
        f'<author xmlns="{xml.HL7}"><time/><assignedAuthor><id/>'
        "<assignedAuthoringDevice><manufacturerModelName/><softwareName/></assignedAuthoringDevice>"
        "<representedOrganization><id/><name/></representedOrganization></assignedAuthor></author>"
    )
    identifier = str(structure.struct_id)
    author[0].set("value", "" if at is None else at.get("value", ""))
    for one, authority in zip(author.iter(f"{{{xml.HL7}}}id"), (oids.PROFESSIONAL, oids.STRUCTURE), strict=True):
        one.set("root", authority)
        one.set("extension", identifier)
    for name in ("manufacturerModelName", "softwareName", "name"):
        for one in author.iter(f"{{{xml.HL7}}}{name}"):
            one.text = structure.name
    first.addnext(author)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def share(closed_stays: Iterable[str], fed_patients: Iterable[str]) -> float:
    """HISTO.07 to .09: of the closed stays (a patient's key each), the share whose patient has an older document in
    the DMP; 0 without stays."""
    stays, fed = list(closed_stays), set(fed_patients)
    return sum(key in fed for key in stays) / len(stays) if stays else 0.0


def most_per_second(starts: Sequence[float]) -> int:
    """The most starts any second held."""
    return max((sum(begun <= other < begun + 1 for other in starts) for begun in starts), default=0)

"""From stored images and a report to what a KOS will say, and the checks before [DRIM digest 1.3 steps 6 to 8]."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from segur.wire.xds import DocumentEntry
from segur_drim.domain.instance import Series, Study
from segur_drim.domain.report import Report


@dataclass(frozen=True, slots=True)
class Reference:
    """One object a KOS points at."""

    uid: str
    sop_class: str
    number: int | None = None
    frames: int | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A series with its objects, in the order of their numbers."""

    series: Series
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of a KOS: an exam and all its objects."""

    study: Study
    listed: tuple[Listed, ...]

    @property
    def instances(self) -> int:
        """How many objects it points at."""
        return sum(len(one.references) for one in self.listed)

    def fingerprint(self, entry: DocumentEntry) -> str:
        """Equal for two reports after which the KOS (with metadata `entry`) would say the same [DB/SO.13, DB/SO.97]."""
        parts: list[str] = [self.study.uid, entry.patient_id]
        parts += sorted(reference.uid for one in self.listed for reference in one.references)
        parts += sorted(entry.reference_ids)
        parts += sorted(code.code for code in entry.confidentiality)
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def is_same_person(study: Study, report: Report) -> bool:
    """False when the images and the message name two patients: by IPP, and by INS where the images carry one (SO.16).

    Images whose main identifier is the INS itself have no IPP to compare.
    """
    if study.ins and study.ins != report.ins.cx:
        return False
    if study.patient_id == report.ins.matricule or not report.local_id:
        return True
    return study.patient_id == report.local_id


def is_ordered(study: Study, report: Report) -> bool:
    """True when the accession number of the images is one of the report's (SO.17)."""
    return bool(report.orders_of(study))


def in_order(references: Sequence[Reference]) -> tuple[Reference, ...]:
    """By instance number, those without one last."""
    return tuple(sorted(references, key=lambda one: (one.number is None, one.number or 0, one.uid)))

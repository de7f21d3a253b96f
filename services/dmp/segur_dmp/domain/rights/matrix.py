"""The official matrix of functional rights, read from `mode_matrix.tsv` [DMP digest 6.1]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import Final

from segur.wire.saml import BREAK_GLASS, NORMAL, REGULATION
from segur_dmp.domain.rights.callers import Kind, Standing


class Act(StrEnum):
    """What a caller wants to do: a row of the matrix, by its name there."""

    TEST = "TD0.2"
    AUTHORIZE = "TD0.3 ajout"
    WITHDRAW = "TD0.3 suppression"
    LEAVE_TREATING = "TD0.3 retrait MT"
    LIST_RECORDS = "TD0.4"
    FIND_PATIENT = "TD0.5"
    WEB = "TD0.9"
    READ_ACCOUNT = "TD1.3a"
    LIST_AUTHORIZED = "TD1.6"
    FEED = "TD2.1"
    FEED_BY_CPE = "TD2.2"
    SEARCH = "TD3.1"
    REFERENCE = "TD3.1b"
    READ = "TD3.2"
    READ_MASKED = "TD3.2 masqué"
    READ_OTHER = "TD3.2 autre état"
    """What is invisible to the patient or a legal representative, archived or obsolete."""
    MASK = "TD3.3a masquer"
    UNMASK = "TD3.3a démasquer"
    SHOW_PATIENT = "TD3.3b"
    DELETE = "TD3.3c"
    ARCHIVE = "TD3.3d"


class Limit(StrEnum):
    """A footnote of the matrix: what a "yes" is limited to."""

    TO_STRUCTURE = "a"
    SAME_STRUCTURE = "b"
    NEW_BY_DATE = "c"
    IMPUTED_TO_STRUCTURE = "d"
    WROTE_MASKED = "e"
    AGREED_BEFOREHAND = "f"
    REFERENCE_ONLY = "g"
    OWN_DOCUMENTS = "h"
    STRUCTURES_DOCUMENTS = "i"


@dataclass(frozen=True, slots=True)
class Right:
    """A cell of the matrix: may the act be done, and within which limit."""

    allowed: bool
    limit: Limit | None = None


NONE: Final = Right(False)
_MODES: Final = {NORMAL: "n", REGULATION: "15", BREAK_GLASS: "bg"}
_OTHERWISE: Final = {Kind.TREATING_DOCTOR: Kind.DOCTOR, Kind.AIR_TREATING_DOCTOR: Kind.AIR_DOCTOR}
"""In regulation the sheet has no column for the médecin traitant, who is a doctor like another then (our reading)."""

# NOTE: what the reader of a refusal most often needs to know beside the cell.
_HINTS: Final = {
    (Act.FEED, "air"): "utilisez la CPS ou le certificat de la structure",
    (Act.FEED, "cpe"): "une CPE alimente par TD2.2",
    (Act.READ, "etablissement"): "utilisez la CPS ou Pro Santé Connect",
    (Act.SEARCH, "etablissement"): "utilisez la CPS ou Pro Santé Connect, ou cherchez une référence seule (TD3.1b)",
    (Act.AUTHORIZE, "etablissement"): "utilisez la CPS ou Pro Santé Connect",
}
_ACCESS: Final = {NORMAL: "accès normal", REGULATION: "régulation (centre_15)", BREAK_GLASS: "bris de glace"}


def right(act: Act, caller: Standing, *, treating: bool = False) -> Right:
    """The cell for an act of a caller; a column the sheet does not have is a no."""
    kind = caller.kind(treating=treating)
    row, mode = matrix()[act], _MODES.get(caller.purpose, "")
    found = row.get((kind, mode))
    if found is None and kind in _OTHERWISE:
        found = row.get((_OTHERWISE[kind], mode))
    return found or NONE


def why_not(act: Act, caller: Standing, *, treating: bool = False) -> str:
    """Why the matrix forbids the act, in French; empty when it allows it, be it within a limit."""
    if right(act, caller, treating=treating).allowed:
        return ""
    kind = caller.kind(treating=treating)
    family = "air" if kind.startswith("air") else kind.value
    hint = _HINTS.get((act, family), "")
    access = _ACCESS.get(caller.purpose, caller.purpose)
    return f"{act} n'est pas permise à {kind.label} en {access}" + (f" : {hint}" if hint else "")


@lru_cache(maxsize=1)
def matrix() -> Mapping[Act, Mapping[tuple[Kind, str], Right]]:
    """Act → (kind, mode) → right, as the file has it; raise `ValueError` when a row or a column is unknown."""
    text = files(__package__).joinpath("mode_matrix.tsv").read_text(encoding="utf-8")
    lines = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    columns = []
    for name in lines[0][1:]:
        kind, _, mode = name.rpartition(".")
        columns.append((Kind(kind), mode))
    return {Act(row[0]): dict(zip(columns, map(_cell, row[1:]), strict=True)) for row in lines[1:]}


def _cell(text: str) -> Right:
    if text == "-":
        return NONE
    if not text.startswith("y"):
        raise ValueError(f"{text!r} is no cell of the rights matrix")
    return Right(True, Limit(text[1:]) if text[1:] else None)

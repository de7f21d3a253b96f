"""The medical profile a patient writes, and its summary, the document DOCPAT08 [DMP digest 3.3, 6.5].

Sections and title of the summary are the application's (`SectionToDownload`) [confirmed: S9]; its layout is ours. Left
out: entourage, wishes, professionals and administrative documents, of which nothing is kept here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from segur_dmp.domain.mes.measures import ABOUT, Measure

MAX_LINE: Final = 200
MOST: Final = 200
"""Lines of one profile; ours, against what never ends."""
BLOOD_GROUPS: Final = ("A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-")


class Section(StrEnum):
    """A section that people write; measures and vaccinations come by themselves."""

    DISEASES = "DISEASES"
    TREATMENTS = "TREATMENTS"
    HOSPITALIZATIONS = "HOSPITALIZATIONS"
    ALLERGIES = "ALLERGIES"
    FAMILY_HISTORY = "FAMILY_HISTORY"
    DISABILITIES = "DISABILITIES"
    LIFESTYLES = "LIFESTYLES"
    BLOOD_GROUP = "BLOOD_GROUP"


LABELS: Final = MappingProxyType(
    {
        Section.DISEASES: ("Maladies et sujets de santé", "Illnesses and health matters"),
        Section.TREATMENTS: ("Traitements", "Treatments"),
        Section.HOSPITALIZATIONS: ("Hospitalisations et chirurgies", "Hospital stays and surgery"),
        Section.ALLERGIES: ("Allergies", "Allergies"),
        Section.FAMILY_HISTORY: ("Antécédents familiaux", "Family history"),
        Section.DISABILITIES: ("Handicaps", "Disabilities"),
        Section.LIFESTYLES: ("Habitudes de vie", "Lifestyle"),
        Section.BLOOD_GROUP: ("Groupe sanguin", "Blood group"),
    }
)


@dataclass(frozen=True, slots=True)
class ProfileLine:
    """One thing the patient says of their health."""

    id: str
    patient: str
    section: Section
    text: str


class NotALine(ValueError):
    """A line that cannot be; the message is French."""


def check_line(section: Section, text: str, known: Sequence[ProfileLine]) -> str:
    """The text as it is kept; raise `NotALine`."""
    text = " ".join(text.split())
    if not text or len(text) > MAX_LINE:
        raise NotALine(f"un texte de {MAX_LINE} caractères au plus est attendu")
    if len(known) >= MOST:
        raise NotALine(f"{MOST} lignes au plus")
    if section is Section.BLOOD_GROUP:
        if text not in BLOOD_GROUPS:
            raise NotALine(f"un de {', '.join(BLOOD_GROUPS)} est attendu")
        if any(one.section is section for one in known):
            raise NotALine("le groupe sanguin est déjà renseigné")
    if any(one.section is section and one.text.casefold() == text.casefold() for one in known):
        raise NotALine("cette ligne existe déjà")
    return text


def summary_title(given: str, family: str, at: datetime) -> str:
    """The title the application gives the document, `Profilmedical_Prénom_NOM_20261124_0930`; `at` is local time."""
    parts = (given.title(), family.upper())
    clean = ["".join(c for c in part if c not in " -'’") for part in parts]
    return f"Profilmedical_{clean[0]}_{clean[1]}_{at:%Y%m%d_%H%M}"


def summary_lines(
    who: str, lines: Sequence[ProfileLine], measures: Sequence[Measure], vaccinations: Sequence[str]
) -> list[str]:
    """The text of the summary: every section with something in it, and what the patient left empty in one line."""
    told = [who, "Informations saisies par le patient dans Mon espace santé (personne fictive).", ""]
    for section, (label, _) in LABELS.items():
        found = [one.text for one in lines if one.section is section]
        if found:
            told += [label, *(f"- {text}" for text in found), ""]
    if measures:
        latest: dict[str, Measure] = {}
        for one in measures:
            latest.setdefault(one.kind, one)
        told.append("Mesures")
        told += [
            f"- {ABOUT[one.kind].label} : {one.shown} {ABOUT[one.kind].metrics[0].unit} ({one.at:%d/%m/%Y})"
            for one in latest.values()
        ]
        told.append("")
    if vaccinations:
        told += ["Vaccinations", *(f"- {text}" for text in vaccinations), ""]
    empty = [label for section, (label, _) in LABELS.items() if not any(one.section is section for one in lines)]
    if empty:
        told.append(f"Non renseigné : {', '.join(empty)}.")
    return told

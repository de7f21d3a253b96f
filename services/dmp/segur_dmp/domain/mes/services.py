"""The catalogue of referenced services (SNR), fictional, with the purposes they ask consent for [DMP digest 6.5].

The shape (`codeFinalite`, `consenti`) is confirmed; services and codes are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a service wants to do: `code` is its `codeFinalite`."""

    code: str
    label: str
    label_en: str


@dataclass(frozen=True, slots=True)
class ReferencedService:
    """A service of the catalogue."""

    code: str
    name: str
    about: str
    about_en: str
    purposes: tuple[Purpose, ...]


_READ: Final = Purpose("LECTURE_DOC", "Lire mes documents", "Read my documents")
_WRITE: Final = Purpose("ECRITURE_DOC", "Ajouter des documents", "Add documents")
_AGENDA: Final = Purpose("AGENDA", "Écrire dans mon agenda", "Write into my agenda")
CATALOGUE: Final = (
    ReferencedService(
        "SNR-GLYCO", "Carnet Glyco", "Suivi de glycémie (service fictif)", "Glucose diary (fictional)", (_READ, _WRITE)
    ),
    ReferencedService(
        "SNR-RDV", "Rendez-vous Facile", "Prise de rendez-vous (service fictif)", "Appointments (fictional)", (_AGENDA,)
    ),
    ReferencedService(
        "SNR-TELE", "TéléSuivi", "Suivi à domicile (service fictif)", "Remote follow-up (fictional)", (_READ, _AGENDA)
    ),
)


def purpose_of(service: str, purpose: str) -> tuple[ReferencedService, Purpose] | None:
    """A service and one of its purposes, None when there is no such thing."""
    return next(((one, p) for one in CATALOGUE if one.code == service for p in one.purposes if p.code == purpose), None)

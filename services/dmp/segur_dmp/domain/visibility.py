"""Who sees a document, by its confidentiality codes [DMP digest 6.3]."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from segur.vocab import oids
from segur.wire.xds import Code, DocumentEntry

MASKED = Code("MASQUE_PS", oids.CONFIDENTIALITY_FR, "Document masqué aux professionnels de santé")
HIDDEN_FROM_PATIENT = "INVISIBLE_PATIENT"
HIDDEN_FROM_REPRESENTATIVES = "INVISIBLE_REPRESENTANTS_LEGAUX"


class Viewer(StrEnum):
    """In which part somebody looks at a document: the columns of the table."""

    PROFESSIONAL = "autre PS"
    AUTHOR = "PS auteur"
    TREATING = "médecin traitant"
    PATIENT = "patient"
    REPRESENTATIVE = "représentant légal"


_HIDES: Final[Mapping[str, frozenset[Viewer]]] = MappingProxyType(
    {
        MASKED.code: frozenset({Viewer.PROFESSIONAL}),
        HIDDEN_FROM_PATIENT: frozenset({Viewer.PATIENT, Viewer.REPRESENTATIVE}),
        HIDDEN_FROM_REPRESENTATIVES: frozenset({Viewer.REPRESENTATIVE}),
    }
)
"""Whom each code hides a document from; any other code hides it from nobody."""


def visible(codes: Collection[str], viewer: Viewer, *, agreed: bool = False) -> bool:
    """Whether a document with these confidentiality codes is seen.

    `agreed` tells that this is break-glass or regulation and that the patient agreed beforehand to masked documents
    being read in an emergency.
    """
    hiding = {code for code in codes if viewer in _HIDES.get(code, ())}
    return not hiding - ({MASKED.code} if agreed else set())


def codes_of(entry: DocumentEntry) -> frozenset[str]:
    """The confidentiality codes of an entry."""
    return frozenset(given.code for given in entry.confidentiality)


def has(entry: DocumentEntry, code: str) -> bool:
    """True when the entry carries that confidentiality code."""
    return code in codes_of(entry)


def is_masked(entry: DocumentEntry) -> bool:
    """True when the document is masked to professionals."""
    return has(entry, MASKED.code)


def is_author(entry: DocumentEntry, id_nat: str) -> bool:
    """True when the professional is among the authors."""
    return bool(id_nat) and any(author.person.partition("^")[0] == id_nat for author in entry.authors)


def seen_by_professional(entry: DocumentEntry, id_nat: str, *, treating: bool = False, agreed: bool = False) -> bool:
    """A masked document is seen by its authors and the médecin traitant, by others only when the patient `agreed`."""
    viewer = Viewer.TREATING if treating else Viewer.PROFESSIONAL
    return visible(codes_of(entry), Viewer.AUTHOR if is_author(entry, id_nat) else viewer, agreed=agreed)


def seen_by_patient(entry: DocumentEntry) -> bool:
    """The patient sees all but what awaits an announcement consultation."""
    return visible(codes_of(entry), Viewer.PATIENT)


def seen_by_representative(entry: DocumentEntry) -> bool:
    """A legal representative sees what the patient sees, but for what a minor wants kept from them."""
    return visible(codes_of(entry), Viewer.REPRESENTATIVE)


def with_masking(entry: DocumentEntry, masked: bool) -> DocumentEntry:
    """The entry masked or shown to professionals; other codes stay."""
    others = tuple(code for code in entry.confidentiality if code.code != MASKED.code)
    return replace(entry, confidentiality=(*others, MASKED) if masked else others)

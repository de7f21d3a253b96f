"""Who sees a document, by its confidentiality codes [DMP digest 6.3]."""

from __future__ import annotations

from dataclasses import replace

from segur.vocab import oids
from segur.wire.xds import Code, DocumentEntry

MASKED = Code("MASQUE_PS", oids.CONFIDENTIALITY_FR, "Document masqué aux professionnels de santé")
HIDDEN_FROM_PATIENT = "INVISIBLE_PATIENT"


def has(entry: DocumentEntry, code: str) -> bool:
    """True when the entry carries that confidentiality code."""
    return any(given.code == code for given in entry.confidentiality)


def is_masked(entry: DocumentEntry) -> bool:
    """True when the document is masked to professionals."""
    return has(entry, MASKED.code)


def is_author(entry: DocumentEntry, id_nat: str) -> bool:
    """True when the professional is among the authors."""
    return bool(id_nat) and any(author.person.partition("^")[0] == id_nat for author in entry.authors)


def seen_by_professional(entry: DocumentEntry, id_nat: str, *, treating: bool = False) -> bool:
    """A masked document is seen by its authors and the médecin traitant only."""
    return not is_masked(entry) or treating or is_author(entry, id_nat)


def seen_by_patient(entry: DocumentEntry) -> bool:
    """The patient sees all but what awaits an announcement consultation."""
    return not has(entry, HIDDEN_FROM_PATIENT)


def with_masking(entry: DocumentEntry, masked: bool) -> DocumentEntry:
    """The entry masked or shown to professionals; other codes stay."""
    others = tuple(code for code in entry.confidentiality if code.code != MASKED.code)
    return replace(entry, confidentiality=(*others, MASKED) if masked else others)

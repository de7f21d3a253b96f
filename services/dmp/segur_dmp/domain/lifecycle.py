"""What may change in a document that is in a DMP: its confidentiality (TD3.3a, b) and its status (c, d).

Everything else is changed by a replacement. [DMP digest 1.8, 6.1]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Final

from segur.wire import xds_uuids
from segur.wire.xds import Code, DocumentEntry, MetadataRefused, cx_key
from segur_dmp.domain.rights import Act, Limit
from segur_dmp.domain.visibility import HIDDEN_FROM_PATIENT, HIDDEN_FROM_REPRESENTATIVES, MASKED, is_author

UPDATE_ERROR: Final = "XDSMetadataUpdateError"
VERSION_ERROR: Final = "XDSMetadataVersionError"
PATIENT_ERROR: Final = "XDSPatientIDReconciliationError"

_TRANSITIONS: Final = {
    (xds_uuids.APPROVED, xds_uuids.ARCHIVED): Act.ARCHIVE,
    (xds_uuids.ARCHIVED, xds_uuids.APPROVED): Act.ARCHIVE,
    (xds_uuids.APPROVED, xds_uuids.DELETED): Act.DELETE,
    (xds_uuids.ARCHIVED, xds_uuids.DELETED): Act.DELETE,
}
IsOurs = Callable[[str], bool]


class AlreadyDeleted(MetadataRefused):
    """What is asked for is a document that was deleted (TD3.3c): nothing of it can be read or changed any more.

    Told to those only who would see the document, or whose structure made it. NOTE: the wording is ours.
    """

    def __init__(self, named: str, *, field: str = "targetObject", code: str = UPDATE_ERROR) -> None:
        super().__init__(field, f"{named[:80]!r} : document déjà supprimé (Deleted), nothing is left to do", code=code)


@dataclass(frozen=True, slots=True)
class Source:
    """Who submitted a document: PS_IdNat and Struct_idNat; empty for what the patient or the DMP put."""

    id_nat: str = ""
    structure: str = ""


NOBODY: Final = Source()

_LIVING: Final = (xds_uuids.APPROVED, xds_uuids.ARCHIVED)
_MASKS: Final = frozenset({MASKED.code, HIDDEN_FROM_PATIENT, HIDDEN_FROM_REPRESENTATIVES})
_PATIENT_CLASS: Final = "90"
_PATIENT_TYPES: Final = ("DOCPAT", "EXPPAT")
_GIVEN_ANEW: Final = frozenset({"entry_uuid", "confidentiality", "status", "version", "logical_id"})
"""Attributes that a new version has of its own, or that are judged apart."""
_COMPUTED: Final = frozenset({"hash", "size", "repository_unique_id", "uri", "home_community_id", "other_slots"})
"""Attributes the registry knows: a client may leave them out, but not change them."""


def act_of_status(before: str, after: str) -> Act:
    """The act a change of status is; raise `MetadataRefused` (XDSMetadataUpdateError) for one that does not exist."""
    act = _TRANSITIONS.get((before, after))
    if act is None:
        allowed = ", ".join(f"{_short(old)} → {_short(new)}" for old, new in _TRANSITIONS)
        context = f"{_short(before)} → {_short(after)} is no transition; {allowed} are"
        raise MetadataRefused("NewStatus", context, code=UPDATE_ERROR)
    return act


def acts_of_confidentiality(entry: DocumentEntry, after: tuple[Code, ...]) -> tuple[Act, ...]:
    """What a change of confidentiality does, in the words of the rights matrix; several acts may be done at once.

    Hiding from the legal representatives has no act: the national services have none, only the patient does it. Raise
    `MetadataRefused` (XDSMetadataUpdateError) when nothing changes, when the level (N, R, V) does, or when a document
    would be hidden from the patient afterwards.
    """
    if entry.status not in _LIVING:
        context = f"{_short(entry.status)}: the metadata of an Approved or Archived document can be changed"
        raise MetadataRefused("availabilityStatus", context, code=UPDATE_ERROR)
    old, new = {code.code for code in entry.confidentiality}, {code.code for code in after}
    if old - _MASKS != new - _MASKS:
        context = f"{sorted(old - _MASKS)} comes from the document, only the codes of TRE_A07 may change"
        raise MetadataRefused("confidentialityCode", context, code=UPDATE_ERROR)
    if old == new:
        context = "nothing changes: do not send a document again without any change (EX_GEN-1060)"
        raise MetadataRefused("confidentialityCode", context, code=UPDATE_ERROR)
    if HIDDEN_FROM_PATIENT in new - old:
        context = "INVISIBLE_PATIENT can be set at submission only, and lifted afterwards (TD3.3b)"
        raise MetadataRefused("confidentialityCode", context, code=UPDATE_ERROR)
    acts = []
    if MASKED.code in new - old:
        acts.append(Act.MASK)
    if MASKED.code in old - new:
        acts.append(Act.UNMASK)
    if {HIDDEN_FROM_PATIENT, HIDDEN_FROM_REPRESENTATIVES} & (old - new):
        acts.append(Act.SHOW_PATIENT)
    return tuple(acts)


def hides_from_representatives(entry: DocumentEntry, after: tuple[Code, ...]) -> bool:
    """True when a change hides the document from the legal representatives, who saw it."""
    return _has(after, HIDDEN_FROM_REPRESENTATIVES) and not _has(entry.confidentiality, HIDDEN_FROM_REPRESENTATIVES)


def check_same(old: DocumentEntry, new: DocumentEntry) -> None:
    """Raise `MetadataRefused` unless the new version differs from the old one in its confidentiality only.

    XDSPatientIDReconciliationError for another patient, XDSMetadataUpdateError otherwise, naming the attributes.
    """
    if cx_key(old.patient_id) != cx_key(new.patient_id):
        raise MetadataRefused("patientId", "differs from that of the document", code=PATIENT_ERROR)
    changed = [
        name
        for name in (field.name for field in fields(DocumentEntry))
        if name not in _GIVEN_ANEW
        and name != "patient_id"
        and not _same(getattr(old, name), given := getattr(new, name))
        and not (name in _COMPUTED and not given and given != 0)
    ]
    if changed:
        context = f"{', '.join(changed)} differ from the current version: send it as read, or replace the document"
        raise MetadataRefused(changed[0], context, code=UPDATE_ERROR)


def check_version(old: DocumentEntry, new: DocumentEntry, previous: int | None, *, strict: bool) -> None:
    """Raise `MetadataRefused` when the new version is not one of this document's.

    The official sample has a PreviousVersion that is not the current version, hence `strict` for who wants it checked.
    """
    if new.logical_id and new.logical_id != old.logical_id:
        context = f"{new.logical_id[:60]!r} is not the logicalId of the document, {old.logical_id} is"
        raise MetadataRefused("lid", context, code=UPDATE_ERROR)
    if strict and previous != old.version:
        context = f"PreviousVersion {previous} given, {old.version} is the current version"
        raise MetadataRefused("PreviousVersion", context, code=VERSION_ERROR)


def is_patients_own(entry: DocumentEntry) -> bool:
    """True for a document the patient put, on which professionals may act only as médecin traitant [6.1, note *]."""
    return (
        entry.class_code.code == _PATIENT_CLASS
        or entry.type_code.code.startswith(_PATIENT_TYPES)
        or any(author.who.id_type == "NH" for author in entry.authors)
    )


def outside(limit: Limit | None, entry: DocumentEntry, fed_by: Source, id_nat: str, is_ours: IsOurs) -> str:
    """Why a document lies outside a limit of the rights matrix, in French; empty when it does not.

    `is_ours` tells whether a Struct_idNat is the caller's or of its legal entity.
    """
    match limit:
        case Limit.OWN_DOCUMENTS if fed_by.id_nat != id_nat and not is_author(entry, id_nat):
            return "seul l'auteur du document (ou le médecin traitant) en a le droit"
        case Limit.STRUCTURES_DOCUMENTS if not is_made_by(entry, fed_by, is_ours):
            return "le document n'est pas de la structure de l'appelant"
        case _:
            return ""


def is_made_by(entry: DocumentEntry, fed_by: Source, is_ours: IsOurs) -> bool:
    """True when the structure submitted the document, or an author belongs to it."""
    structures = (structure.id for author in entry.authors for structure in author.structures)
    return any(is_ours(structure) for structure in (fed_by.structure, *structures) if structure)


def _has(codes: Iterable[Code], wanted: str) -> bool:
    return any(code.code == wanted for code in codes)


def _same(old: object, new: object) -> bool:
    """Equal, labels of codes and repeated blanks apart."""
    match old, new:
        case Code(), Code():
            return old.same(new)
        case tuple(), tuple():
            return len(old) == len(new) and all(map(_same, old, new))
        case str(), str():
            return old.split() == new.split()
        case _:
            return old == new


def _short(status: str) -> str:
    return status.rpartition(":")[2] or "no status"

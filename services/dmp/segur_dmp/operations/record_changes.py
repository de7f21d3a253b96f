"""How a change of documents is written, whoever made it: new versions, statuses, the set that tells of them, facts.

Every change leaves a submission set, so that reading software which asks for what is new since its last call hears of
it, a patient's change in Mon espace santé too [DMP digest 1.8, 6.5, 8.1].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from segur.contracts.dmp import (
    DocumentArchived,
    DocumentDeleted,
    DocumentHidden,
    DocumentMasked,
    DocumentShown,
    DocumentUnarchived,
    DocumentUnmasked,
)
from segur.contracts.fact import Fact
from segur.kernel.ids import new_oid, new_urn_uuid
from segur.kernel.store import Conflict, Duplicate, Write
from segur.vocab import oids
from segur.wire import xds_uuids
from segur.wire.xds import Association, Author, Code, DocumentEntry, MetadataRefused, SubmissionSet, dtm
from segur_dmp.context import Context
from segur_dmp.domain.lifecycle import VERSION_ERROR, hides_from_representatives
from segur_dmp.domain.visibility import HIDDEN_FROM_PATIENT, HIDDEN_FROM_REPRESENTATIVES, MASKED, has, seen_by_patient
from segur_dmp.store import StoredDocument, StoredSet

DUPLICATE: Final = "XDSDuplicateUniqueIdInRegistry"
NOT_PROFESSIONALS: Final = ("patient", "representative", "carer", "dmp")
"""Who else may change documents; `dmp` is the platform itself, when a delay is over."""
_BY_PATIENT: Final = Code("EXP_PATIENT", "1.2.250.1.213.1.1.4.6", "Expression personnelle du patient")
_BY_PROFESSIONAL: Final = Code("60", "1.2.250.1.213.2.2", "Consultations et actes")
_STATUS_FACTS: Final = {
    xds_uuids.ARCHIVED: DocumentArchived,
    xds_uuids.APPROVED: DocumentUnarchived,
    xds_uuids.DELETED: DocumentDeleted,
}


@dataclass(frozen=True, slots=True)
class Change:
    """One wanted change of a stored document: the confidentiality it gets, or the status.

    `entry_uuid` is the symbolic name of the new version in the request, `link` the request's association.
    """

    stored: StoredDocument
    confidentiality: tuple[Code, ...] = ()
    status: str = ""
    link: Association | None = None


async def record_changes(
    context: Context, changes: Sequence[Change], *, by: str, lot: SubmissionSet | None = None
) -> tuple[DocumentEntry, ...]:
    """Write the changes, all or none, and give the entries after them; rights and rules are the caller's to judge.

    `by` is a PS_IdNat or one of `NOT_PROFESSIONALS`. `lot` is the request's submission set; without one, the DMP makes
    its own. Raise `MetadataRefused`: XDSMetadataVersionError when somebody else was faster,
    XDSDuplicateUniqueIdInRegistry for a set sent twice.
    """
    stored_lot = _lot(context, changes, by, lot)
    writes: list[Write] = []
    facts: list[Fact] = []
    links: list[Association] = []
    entries = []
    for change in changes:
        old = change.stored.entry
        if change.status:
            entry = replace(old, status=change.status)
            writes.append(context.records.documents.change(old, entry, lot=stored_lot.entry_uuid))
            links.append(_status_link(stored_lot, old, entry))
            facts.append(_status_fact(change.stored, entry, by))
        else:
            version = (old.version or 1) + 1
            entry = replace(old, confidentiality=change.confidentiality, entry_uuid=new_urn_uuid(), version=version)
            writes += context.records.documents.new_version(change.stored, entry, lot=stored_lot.entry_uuid)
            links.append(_version_link(stored_lot, old, entry, change.link))
            facts += _confidentiality_facts(change.stored, entry, by)
        entries.append(entry)
    patient = changes[0].stored.patient
    documents = tuple((entry.entry_uuid, entry.unique_id) for entry in entries)
    writes.append(context.records.sets.insertion(StoredSet(stored_lot, patient, tuple(links), documents)))
    try:
        await context.floor.store.commit(writes, facts)
    except Duplicate as error:
        if error.collection == context.records.sets.table.name:
            raise MetadataRefused(
                "XDSSubmissionSet.uniqueId", "already registered, give each set a new one", code=DUPLICATE
            ) from error
        raise _overtaken() from error
    except Conflict as error:
        raise _overtaken() from error
    return tuple(entries)


def _overtaken() -> MetadataRefused:
    context = "the document has changed meanwhile: read its current version, then ask again"
    return MetadataRefused("version", context, code=VERSION_ERROR)


def _lot(context: Context, changes: Sequence[Change], by: str, lot: SubmissionSet | None) -> SubmissionSet:
    if lot is not None:
        return replace(lot, entry_uuid=new_urn_uuid(), status=xds_uuids.APPROVED)
    entry = changes[0].stored.entry
    is_professional = by not in NOT_PROFESSIONALS
    author = next((one for one in entry.authors if is_professional and one.who.id == by), Author(person=by))
    return SubmissionSet(
        entry_uuid=new_urn_uuid(),
        unique_id=new_oid(1),
        patient_id=entry.patient_id,
        source_id=oids.DMP,
        submission_time=dtm(context.floor.clock.now()),
        content_type=_BY_PROFESSIONAL if is_professional else _BY_PATIENT,
        authors=(author,) if is_professional else (Author(person=entry.patient_id),),
        title=entry.title,
        status=xds_uuids.APPROVED,
    )


def _status_link(lot: SubmissionSet, old: DocumentEntry, new: DocumentEntry) -> Association:
    return Association(
        new_urn_uuid(),
        xds_uuids.UPDATE_STATUS,
        lot.entry_uuid,
        old.entry_uuid,
        original_status=old.status,
        new_status=new.status,
    )


def _version_link(lot: SubmissionSet, old: DocumentEntry, new: DocumentEntry, asked: Association | None) -> Association:
    others = asked.other_slots if asked is not None else ()
    return Association(
        new_urn_uuid(),
        xds_uuids.HAS_MEMBER,
        lot.entry_uuid,
        new.entry_uuid,
        submission_set_status="Original",
        previous_version=old.version,
        other_slots=others,
    )


def _status_fact(stored: StoredDocument, entry: DocumentEntry, by: str) -> Fact:
    kind = _STATUS_FACTS[entry.status]
    return kind(**_about(stored, entry), by=by)


def _confidentiality_facts(stored: StoredDocument, entry: DocumentEntry, by: str) -> list[Fact]:
    about = _about(stored, entry)
    before = {code.code for code in stored.entry.confidentiality}
    after = {code.code for code in entry.confidentiality}
    facts: list[Fact] = []
    if MASKED.code in after - before:
        facts.append(DocumentMasked(**about, by=by))
    if MASKED.code in before - after:
        facts.append(DocumentUnmasked(**about, by=by))
    if HIDDEN_FROM_PATIENT in before - after:
        facts.append(DocumentShown(**about, by=by, to="patient"))
    if HIDDEN_FROM_REPRESENTATIVES in before - after:
        facts.append(DocumentShown(**about, by=by, to="legal_representatives"))
    if hides_from_representatives(stored.entry, entry.confidentiality):
        facts.append(DocumentHidden(**about, by=by))
    return facts


def _about(stored: StoredDocument, entry: DocumentEntry) -> dict[str, Any]:
    return {
        "document_id": entry.unique_id,
        "patient": stored.patient,
        "type_code": entry.type_code.code,
        "hidden_from_patient": not seen_by_patient(entry),
        "hidden_from_representatives": has(entry, HIDDEN_FROM_REPRESENTATIVES),
    }

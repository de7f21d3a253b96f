"""The patient governs the own documents: masks, hides, deletes, archives them [DMP digest 6.1 note *, 6.3, 6.5]."""

from __future__ import annotations

from segur.wire import xds_uuids
from segur.wire.xds import Code, DocumentEntry, MetadataRefused
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.lifecycle import act_of_status, is_patients_own
from segur_dmp.domain.rights import Act
from segur_dmp.domain.visibility import is_masked, with_masking
from segur_dmp.operations.record_changes import Change, record_changes
from segur_dmp.store import StoredDocument


async def change_visibility(context: Context, stored: StoredDocument, *, masked: bool, by: str) -> DocumentEntry:
    """Mask a document to professionals, or show it again; the entry after it.

    Nothing is written when it is so already. Raise `CHANGED_MEANWHILE` when somebody else was faster.
    """
    if is_masked(stored.entry) is masked:
        return stored.entry
    return await change_confidentiality(context, stored, with_masking(stored.entry, masked).confidentiality, by=by)


async def change_confidentiality(
    context: Context, stored: StoredDocument, confidentiality: tuple[Code, ...], *, by: str
) -> DocumentEntry:
    """Give a document other confidentiality codes, for the patient or a representative (`by`); the entry after it.

    Nothing is written when the codes are those it has. Raise `CHANGED_MEANWHILE`.
    """
    if {code.code for code in confidentiality} == {code.code for code in stored.entry.confidentiality}:
        return stored.entry
    return await _record(context, Change(stored, confidentiality=confidentiality), by)


async def change_status(context: Context, stored: StoredDocument, status: str, *, by: str) -> DocumentEntry:
    """Archive, unarchive or delete a document for the patient (`by`); the entry after it.

    The patient archives any document and deletes the own ones. Raise `PATIENT_CANNOT`, `NO_SUCH_CHANGE`,
    `CHANGED_MEANWHILE`.
    """
    if stored.entry.status == status:
        return stored.entry
    try:
        act = act_of_status(stored.entry.status, status)
    except MetadataRefused as refusal:
        raise errors.NO_SUCH_CHANGE.error(field="status", rule=refusal.context) from refusal
    if act is Act.DELETE and not is_patients_own(stored.entry):
        raise errors.PATIENT_CANNOT.error(field="status", fix="Masquez le document, ou demandez à son auteur.")
    return await _record(context, Change(stored, status=status), by)


def can_delete(entry: DocumentEntry) -> bool:
    """Mon espace santé's `canOwnerDelete`."""
    return is_patients_own(entry) and entry.status in (xds_uuids.APPROVED, xds_uuids.ARCHIVED)


async def _record(context: Context, change: Change, by: str) -> DocumentEntry:
    try:
        [entry] = await record_changes(context, [change], by=by)
    except MetadataRefused as refusal:
        raise errors.CHANGED_MEANWHILE.error() from refusal
    return entry

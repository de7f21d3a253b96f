"""Masking: the patient hides a document from professionals, or shows it again [DMP digest 6.3, 6.5]."""

from __future__ import annotations

from dataclasses import replace

from segur.contracts.dmp import DocumentMasked, DocumentUnmasked
from segur.kernel.ids import new_urn_uuid
from segur.kernel.store import Conflict, Duplicate
from segur.wire.xds import DocumentEntry
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.visibility import is_masked, with_masking
from segur_dmp.store import StoredDocument


async def change_visibility(context: Context, stored: StoredDocument, *, masked: bool, by: str) -> DocumentEntry:
    """The entry after the change; nothing is written when it is so already.

    A change of metadata is a new version: new entryUUID, same logical id and uniqueId, the old one deprecated.
    Raise `CHANGED_MEANWHILE` when somebody else was faster.
    """
    entry = stored.entry
    if is_masked(entry) is masked:
        return entry
    changed = replace(with_masking(entry, masked), entry_uuid=new_urn_uuid(), version=(entry.version or 1) + 1)
    kind = DocumentMasked if masked else DocumentUnmasked
    fact = kind(document_id=entry.unique_id, patient=stored.patient, type_code=entry.type_code.code, by=by)
    try:
        await context.floor.store.commit([*context.records.documents.new_version(stored, changed)], [fact])
    except (Conflict, Duplicate) as error:
        raise errors.CHANGED_MEANWHILE.error() from error
    return changed

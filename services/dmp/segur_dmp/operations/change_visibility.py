"""Masking: the patient hides a document from professionals, or shows it again [DMP digest 6.3]."""

from __future__ import annotations

from segur.contracts.dmp import DocumentMasked, DocumentUnmasked
from segur.wire.xds import DocumentEntry
from segur_dmp.context import Context
from segur_dmp.domain.visibility import is_masked, with_masking


async def change_visibility(
    context: Context, patient: str, entry: DocumentEntry, *, masked: bool, by: str
) -> DocumentEntry:
    """The entry after the change; nothing is written when it is so already."""
    if is_masked(entry) is masked:
        return entry
    changed = with_masking(entry, masked)
    kind = DocumentMasked if masked else DocumentUnmasked
    fact = kind(document_id=entry.unique_id, patient=patient, type_code=entry.type_code.code, by=by)
    await context.floor.store.commit([context.records.change(changed, entry.status)], [fact])
    return changed

"""The patient looks at the documents of a space and reads them [DMP digest 6.3, 6.5]."""

from __future__ import annotations

from collections.abc import Mapping

from segur.contracts.dmp import DocumentConsulted
from segur.vocab import document_types
from segur.wire import xds_uuids
from segur.wire.xds import DocumentEntry
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.mes.categories import Category, category_of
from segur_dmp.domain.mes.visitors import Visitor, sees
from segur_dmp.store import StoredDocument


async def documents_of(context: Context, visitor: Visitor) -> list[DocumentEntry]:
    """The documents the visitor may see, the newest act first; signatures are no documents to them."""
    found = await context.records.documents.current_of(visitor.patient)
    seen = [entry for entry in found if sees(entry, visitor.role) and not _is_signature(entry)]
    return sorted(seen, key=moment_of, reverse=True)


def by_category(entries: list[DocumentEntry]) -> Mapping[Category, list[DocumentEntry]]:
    """The documents under the categories that hold any, in the order of the page; replaced ones are left out."""
    living = [entry for entry in entries if entry.status != xds_uuids.DEPRECATED]
    grouped = {category: [e for e in living if category_of(e.type_code.code) is category] for category in Category}
    return {category: found for category, found in grouped.items() if found}


async def document_of(context: Context, visitor: Visitor, unique_id: str) -> StoredDocument:
    """One document; raise `errors.NOT_FOUND` for one the visitor may not see, or of somebody else."""
    stored = await context.records.documents.of_unique_id(unique_id)
    if stored is None or stored.patient != visitor.patient or not sees(stored.entry, visitor.role):
        raise errors.NOT_FOUND.error(field="uniqueId")
    return stored


async def read_document(context: Context, visitor: Visitor, unique_id: str) -> StoredDocument:
    """The same, being read: the history has it as an own action."""
    stored = await document_of(context, visitor, unique_id)
    fact = DocumentConsulted(
        document_id=unique_id,
        patient=stored.patient,
        type_code=stored.entry.type_code.code,
        reader=visitor.by,
        door="mes",
    )
    await context.floor.store.commit([], [fact])
    return stored


def moment_of(entry: DocumentEntry) -> str:
    """The moment a document is about, as DTM: the act's, else that of its making."""
    return entry.service_start or entry.creation_time


def _is_signature(entry: DocumentEntry) -> bool:
    return entry.type_code.code == document_types.SIGNATURE_TYPE[0]

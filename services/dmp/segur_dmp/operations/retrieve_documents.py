"""TD3.2: fetch documents by uniqueId [DMP digest 1.8]."""

from __future__ import annotations

from collections.abc import Sequence

from segur.contracts.dmp import DocumentConsulted
from segur.wire.xds import DocumentEntry, DocumentRequest, MetadataRefused
from segur_dmp.context import Context
from segur_dmp.domain.rights import Act
from segur_dmp.domain.visibility import seen_by_professional
from segur_dmp.pipeline import Caller, authorize, open_account
from segur_dmp.store import read_entry


async def retrieve_documents(
    context: Context, caller: Caller, wanted: Sequence[DocumentRequest], door: str
) -> list[tuple[DocumentEntry, bytes]]:
    """The entries with their bytes, in the order asked; `MetadataRefused` when one is unknown or not to be seen."""
    authorize(caller, Act.READ)
    await open_account(context, caller)
    found: list[tuple[DocumentEntry, bytes]] = []
    for item in wanted:
        if item.repository_unique_id != context.settings.dmp_repository_id:
            raise MetadataRefused("RepositoryUniqueId", "not this repository", code="XDSUnknownRepositoryId")
        document = await context.records.document(item.document_unique_id)
        entry = read_entry(document) if document and document["patient"] == caller.patient else None
        if document is None or entry is None or not seen_by_professional(entry, caller.id_nat):
            raise MetadataRefused("DocumentUniqueId", "unknown for this patient", code="XDSDocumentUniqueIdError")
        found.append((entry, await context.floor.blobs.get(document["digest"])))
    facts = [
        DocumentConsulted(
            document_id=entry.unique_id,
            patient=caller.patient,
            type_code=entry.type_code.code,
            reader=caller.id_nat,
            door=door,
        )
        for entry, _ in found
    ]
    await context.floor.store.commit([], facts)
    return found

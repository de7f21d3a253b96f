"""TD3.2: fetch documents by uniqueId [DMP digest 1.8]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segur.contracts.dmp import DocumentConsulted
from segur.wire import xds_uuids
from segur.wire.xds import DocumentRequest, MetadataRefused
from segur_dmp.context import Context
from segur_dmp.domain.rights import Act
from segur_dmp.domain.visibility import HIDDEN_FROM_REPRESENTATIVES, has, seen_by_patient
from segur_dmp.pipeline import Access, Caller, enter
from segur_dmp.store import StoredDocument

MOST_DOCUMENTS = 100
"""Most documents of one request, ours: an answer is one MIME package."""


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What could be given, in the order asked, and why the rest could not."""

    documents: tuple[StoredDocument, ...]
    refusals: tuple[MetadataRefused, ...] = ()


async def retrieve_documents(context: Context, caller: Caller, wanted: Sequence[DocumentRequest]) -> Retrieved:
    """The documents asked for; each consultation is a fact.

    Raise `SegurError` (rights), or the `MetadataRefused` of the first document when none can be given.
    """
    access = await enter(context, caller, Act.READ)
    if not wanted or len(wanted) > MOST_DOCUMENTS:
        context_text = f"{len(wanted)} asked for, between 1 and {MOST_DOCUMENTS} expected"
        raise MetadataRefused("DocumentRequest", context_text, code="XDSRepositoryError")
    found: list[StoredDocument] = []
    refusals: list[MetadataRefused] = []
    for item in dict.fromkeys(wanted):
        try:
            found.append(await _one(context, access, item))
        except MetadataRefused as refusal:
            refusals.append(refusal)
    if not found:
        raise refusals[0]
    facts = [
        DocumentConsulted(
            document_id=stored.entry.unique_id,
            patient=caller.patient,
            type_code=stored.entry.type_code.code,
            reader=caller.id_nat,
            door=caller.door,
            secret=caller.secret,
            hidden_from_patient=not seen_by_patient(stored.entry),
            hidden_from_representatives=has(stored.entry, HIDDEN_FROM_REPRESENTATIVES),
        )
        for stored in found
    ]
    await context.floor.store.commit([], facts)
    return Retrieved(tuple(found), tuple(refusals))


async def _one(context: Context, access: Access, item: DocumentRequest) -> StoredDocument:
    if item.repository_unique_id != context.settings.dmp_repository_id:
        context_text = (
            f"{item.repository_unique_id[:80]!r} is not this repository ({context.settings.dmp_repository_id})"
        )
        raise MetadataRefused("RepositoryUniqueId", context_text, code="XDSUnknownRepositoryId")
    stored = await context.records.documents.of_unique_id(item.document_unique_id)
    seen = (
        stored is not None
        and stored.patient == access.caller.patient
        and stored.entry.status != xds_uuids.DELETED
        and access.sees(stored.entry)
    )
    if stored is None or not seen:
        context_text = f"uniqueId={item.document_unique_id[:80]} is unknown for this patient"
        raise MetadataRefused("DocumentUniqueId", context_text, code="XDSDocumentUniqueIdError")
    return stored

"""TD3.2: fetch documents by uniqueId [DMP digest 1.8]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segur.contracts.dmp import DocumentConsulted
from segur.wire.xds import DocumentRequest, MetadataRefused
from segur_dmp import faults
from segur_dmp.context import Context
from segur_dmp.domain.lifecycle import AlreadyDeleted
from segur_dmp.domain.rights import Act
from segur_dmp.domain.visibility import HIDDEN_FROM_REPRESENTATIVES, has, seen_by_patient
from segur_dmp.operations.searching import is_given
from segur_dmp.operations.striking import strike
from segur_dmp.pipeline import Access, Caller, enter
from segur_dmp.store import StoredDocument

MOST_DOCUMENTS = 100
"""Most documents of one request, ours: an answer is one MIME package."""
_UNKNOWN = "XDSDocumentUniqueIdError"


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
    strike(context, caller, "retrieve")
    known = await context.records.documents.of_unique_ids(item.document_unique_id for item in wanted)
    found: list[StoredDocument] = []
    refusals: list[MetadataRefused] = []
    for item in dict.fromkeys(wanted):
        try:
            found.append(_one(context, access, item, known.get(item.document_unique_id)))
        except MetadataRefused as refusal:
            refusals.append(refusal)
    if len(found) > 1 and context.floor.faults.strikes(
        faults.RETRIEVE_PARTIAL, patient=caller.patient, actor=caller.id_nat
    ):
        refusals.append(_unknown(found.pop().entry.unique_id))
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


def _one(context: Context, access: Access, item: DocumentRequest, stored: StoredDocument | None) -> StoredDocument:
    if item.repository_unique_id != context.settings.dmp_repository_id:
        context_text = (
            f"{item.repository_unique_id[:80]!r} is not this repository ({context.settings.dmp_repository_id})"
        )
        raise MetadataRefused("RepositoryUniqueId", context_text, code="XDSUnknownRepositoryId")
    if stored is None or stored.patient != access.caller.patient or not access.sees(stored.entry):
        raise _unknown(item.document_unique_id)
    if not is_given(context, stored.entry):
        raise AlreadyDeleted(item.document_unique_id, field="DocumentUniqueId", code=_UNKNOWN)
    return stored


def _unknown(unique_id: str) -> MetadataRefused:
    hint = ": an entryUUID is no uniqueId, look for it with TD3.1" if unique_id.startswith("urn:uuid:") else ""
    context = f"uniqueId={unique_id[:80]} is unknown for this patient{hint}"
    return MetadataRefused("DocumentUniqueId", context, code=_UNKNOWN)

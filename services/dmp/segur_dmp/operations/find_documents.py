"""TD3.1: search the documents of a DMP, FindDocuments and GetDocuments [DMP digest 1.7]."""

from __future__ import annotations

from segur.contracts.dmp import RecordSearched
from segur.wire.xds import DocumentEntry, MetadataRefused
from segur.wire.xds_query import StoredQuery
from segur_dmp import errors, faults
from segur_dmp.context import Context
from segur_dmp.domain.rights import Act
from segur_dmp.domain.visibility import seen_by_professional
from segur_dmp.pipeline import Caller, authorize, check_patient, open_account

SUPPORTED = ("FindDocuments", "GetDocuments")


async def find_documents(context: Context, caller: Caller, query: StoredQuery, door: str) -> tuple[DocumentEntry, ...]:
    """The entries the query asks for and the caller may see."""
    authorize(caller, Act.READ)
    if query.name not in SUPPORTED:
        raise MetadataRefused("AdhocQuery", f"supported: {', '.join(SUPPORTED)}", code="XDSUnknownStoredQuery")
    if context.floor.faults.strikes(faults.SEARCH_UNAVAILABLE, patient=caller.patient, actor=caller.id_nat):
        raise errors.UNAVAILABLE.error()
    wanted = query.document_filter()
    if wanted.patient_id:
        check_patient(context, caller, wanted.patient_id)
    await open_account(context, caller)
    found = tuple(
        entry
        for entry in await context.records.entries_of(caller.patient)
        if wanted.matches(entry) and seen_by_professional(entry, caller.id_nat)
    )
    fact = RecordSearched(patient=caller.patient, reader=caller.id_nat, returned=len(found), door=door)
    await context.floor.store.commit([], [fact])
    return found

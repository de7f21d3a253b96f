"""TD3.1: search the documents of a DMP [DMP digest 1.7, 4.3]."""

from __future__ import annotations

from segur.contracts.dmp import RecordSearched
from segur.wire import xds_uuids
from segur.wire.xds import DocumentEntry, MetadataRefused
from segur.wire.xds_query import DocumentFilter
from segur_dmp import errors, faults
from segur_dmp.context import Context
from segur_dmp.domain.rights import Act
from segur_dmp.domain.visibility import seen_by_professional
from segur_dmp.pipeline import Caller, authorize, check_patient, may_read, open_account


async def find_documents(
    context: Context, caller: Caller, wanted: DocumentFilter, *, references_only: bool = False
) -> tuple[DocumentEntry, ...]:
    """The entries that meet the criteria and that the caller may see.

    `references_only` is TD3.1b, the search of an id, open to a structure's certificate too, which finds what it made
    itself even when masked. Deleted documents are never given. Raise `SegurError` (rights) or `MetadataRefused` (XDS
    errors).
    """
    authorize(caller, Act.REFERENCE if references_only else Act.SEARCH)
    if context.floor.faults.strikes(faults.SEARCH_UNAVAILABLE, patient=caller.patient, actor=caller.id_nat):
        raise errors.UNAVAILABLE.error()
    if wanted.patient_id:
        check_patient(context, caller, wanted.patient_id)
    await open_account(context, caller)
    treating = False if references_only else await may_read(context, caller)
    current = await context.records.documents.current_of(caller.patient)
    # NOTE: who sees a document is said by its current version; a former one must not show what is masked now.
    hidden = {
        entry.logical_id
        for entry in current
        if not seen_by_professional(entry, caller.id_nat, treating=treating)
        and not (references_only and _made_by(context, caller, entry))
    }
    with_former = not wanted.statuses or xds_uuids.DEPRECATED in wanted.statuses
    former = await context.records.documents.former_of(caller.patient) if with_former else []
    found = tuple(
        entry
        for entry in (*current, *former)
        if wanted.matches(entry) and entry.logical_id not in hidden and entry.status != xds_uuids.DELETED
    )
    if len(found) > context.settings.dmp_max_results:
        limit = f"{len(found)} documents, at most {context.settings.dmp_max_results} are given; narrow the search"
        raise MetadataRefused("AdhocQuery", limit, code="XDSTooManyResults")
    fact = RecordSearched(patient=caller.patient, reader=caller.id_nat, returned=len(found), door=caller.door)
    await context.floor.store.commit([], [fact])
    return found


def _made_by(context: Context, caller: Caller, entry: DocumentEntry) -> bool:
    """True when an author of the document belongs to the caller's structure."""
    structures = (structure.id for author in entry.authors for structure in author.structures)
    return any(context.directory.same_entity(caller.structure, one) for one in structures if one)

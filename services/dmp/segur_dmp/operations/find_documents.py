"""TD3.1: search the documents of a DMP [DMP digest 1.7, 4.3]."""

from __future__ import annotations

from segur.wire import xds_uuids
from segur.wire.xds import DocumentEntry
from segur.wire.xds_query import DocumentFilter
from segur_dmp.context import Context
from segur_dmp.domain.lifecycle import is_made_by
from segur_dmp.domain.rights import Act
from segur_dmp.operations.searching import check_limit, is_given, search_in, seen_of, tell_search
from segur_dmp.pipeline import Access, Caller, check_patient
from segur_dmp.store import StoredDocument


async def find_documents(
    context: Context, caller: Caller, wanted: DocumentFilter, *, references_only: bool = False
) -> tuple[DocumentEntry, ...]:
    """The entries that meet the criteria and that the caller may see, former versions where the criteria allow them.

    `references_only` is TD3.1b, the search of an id, open to a structure's certificate too, which finds what it made
    itself even when masked. Deleted documents are not given. Raise `SegurError` (rights) or `MetadataRefused` (XDS
    errors).
    """
    access = await search_in(context, caller, Act.REFERENCE if references_only else Act.SEARCH)
    return await find_inside(context, access, wanted, references_only=references_only)


async def find_inside(
    context: Context, access: Access, wanted: DocumentFilter, *, references_only: bool = False
) -> tuple[DocumentEntry, ...]:
    """`find_documents` for a caller who is inside the DMP already."""
    caller = access.caller
    if wanted.patient_id:
        check_patient(context, caller, wanted.patient_id)
    documents = context.records.documents
    found: list[DocumentEntry] = []
    async for stored in documents.find(caller.patient, wanted, most=context.settings.dmp_max_results + 1):
        if is_given(context, stored.entry) and _is_seen(context, access, stored, references_only):
            found.append(stored.entry)
            check_limit(context, len(found))
    if not wanted.statuses or xds_uuids.DEPRECATED in wanted.statuses:
        former = [stored.entry async for stored in documents.find(caller.patient, wanted, former=True)]
        seen = await seen_of(context, access, (entry.unique_id for entry in former))
        found += [one for one in former if one.unique_id in seen and is_given(context, seen[one.unique_id])]
        check_limit(context, len(found))
    await tell_search(context, caller, len(found))
    return tuple(found)


def _is_seen(context: Context, access: Access, stored: StoredDocument, references_only: bool) -> bool:
    if access.sees(stored.entry):
        return True
    structure = access.caller.structure
    return references_only and is_made_by(
        stored.entry, stored.fed_by, lambda other: context.directory.same_entity(structure, other)
    )

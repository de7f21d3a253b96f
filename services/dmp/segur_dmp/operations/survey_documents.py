"""A search of documents with what links them, as the FHIR door shows both at once [DMP digest 4.2, 4.3].

It is the search of `find_documents`; of the page that is shown it adds which documents they replace and which sets
brought them, as the Get queries of ITI-18 do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from segur.wire import xds_uuids
from segur.wire.xds import DocumentEntry
from segur.wire.xds_query import DocumentFilter
from segur_dmp.context import Context
from segur_dmp.domain.lifecycle import AlreadyDeleted
from segur_dmp.operations.find_documents import find_inside
from segur_dmp.operations.searching import is_given, search_in, seen_of, seen_sets
from segur_dmp.pipeline import Access, Caller
from segur_dmp.store import StoredDocument, StoredSet

Choice = Callable[[Sequence[DocumentEntry]], Sequence[DocumentEntry]]
"""Which of the documents found are shown, in which order."""
_REPLACING = (xds_uuids.REPLACES, xds_uuids.TRANSFORMS_AND_REPLACES)


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found: how many, those shown, the entryUUIDs each replaces, and the sets that brought them.

    `replaced` are the documents they replace, where asked for.
    """

    total: int
    documents: tuple[StoredDocument, ...] = ()
    replaces: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sets: tuple[StoredSet, ...] = ()
    replaced: tuple[StoredDocument, ...] = ()


async def survey_documents(
    context: Context,
    caller: Caller,
    wanted: DocumentFilter,
    choose: Choice,
    *,
    replacing: Collection[str] = (),
    with_replaced: bool = False,
) -> Survey:
    """The documents that meet the criteria; `replacing` keeps those that replace one of these entryUUIDs.

    Raise as `find_documents` does.
    """
    access = await search_in(context, caller)
    entries = await find_inside(context, access, wanted)
    if replacing:
        _, replaces, _ = await _linked(context, access, entries)
        entries = tuple(one for one in entries if set(replacing) & set(replaces.get(one.entry_uuid, ())))
    shown = choose(entries)
    documents, replaces, sets = await _linked(context, access, shown)
    replaced: list[StoredDocument] = []
    if with_replaced:
        known = await context.records.documents.of_entries(uuid for old in replaces.values() for uuid in old)
        seen = await seen_of(context, access, (one.entry.unique_id for one in known.values()))
        replaced = [
            one
            for one in known.values()
            if one.entry.unique_id in seen and is_given(context, seen[one.entry.unique_id])
        ]
    return Survey(len(entries), documents, replaces, sets, tuple(replaced))


async def survey_one(context: Context, caller: Caller, stored: StoredDocument) -> Survey:
    """One version of a document, with what links it; nothing where the caller does not see it.

    Raise `AlreadyDeleted` for who would see the document if it were not, and as `find_documents` does.
    """
    access = await search_in(context, caller)
    wanted = DocumentFilter(entry_uuids=(stored.entry.entry_uuid,))
    entries = await find_inside(context, access, wanted)
    if not entries:
        unique_id = stored.entry.unique_id
        seen = (await seen_of(context, access, (unique_id,))).get(unique_id)
        if seen is not None and not is_given(context, seen):
            raise AlreadyDeleted(stored.entry.entry_uuid)
    documents, replaces, sets = await _linked(context, access, entries)
    return Survey(len(entries), documents, replaces, sets)


async def replaced_by(context: Context, stored: StoredDocument) -> tuple[str, ...]:
    """The entryUUIDs of the documents that this one replaces, for who changes it: the same in any version."""
    versions = {stored.entry.entry_uuid: stored}
    wanted = DocumentFilter(unique_ids=(stored.entry.unique_id,))
    async for former in context.records.documents.find(stored.patient, wanted, former=True):
        versions[former.entry.entry_uuid] = former
    lots = dict.fromkeys(lot for version in versions.values() for lot in version.sets)
    sets = (await context.records.sets.of_entries(lots)).values()
    links = (link for one in sets for link in one.links if link.type in _REPLACING and link.source in versions)
    return tuple(dict.fromkeys(link.target for link in links))


async def _linked(
    context: Context, access: Access, entries: Sequence[DocumentEntry]
) -> tuple[tuple[StoredDocument, ...], dict[str, tuple[str, ...]], tuple[StoredSet, ...]]:
    """The documents as stored, what each replaces, and the sets with an association that names them."""
    table = context.records.documents
    known = await table.of_entries(entry.entry_uuid for entry in entries)
    documents = tuple(known[entry.entry_uuid] for entry in entries if entry.entry_uuid in known)
    names = {stored.entry.entry_uuid: stored.entry.entry_uuid for stored in documents}
    lots = [lot for stored in documents for lot in stored.sets]
    changed = {one.entry.unique_id: one.entry.entry_uuid for one in documents if (one.entry.version or 1) > 1}
    if changed:  # what a document replaces is said of its first version
        wanted = DocumentFilter(unique_ids=tuple(changed))
        async for former in table.find(access.caller.patient, wanted, former=True):
            names.setdefault(former.entry.entry_uuid, changed[former.entry.unique_id])
            lots += former.sets
    sets = await seen_sets(context, access, (await context.records.sets.of_entries(lots)).values())
    replaces: dict[str, tuple[str, ...]] = {}
    for stored_set in sets:
        for link in stored_set.links:
            if link.type in _REPLACING and link.source in names:
                own = names[link.source]
                replaces[own] = (*replaces.get(own, ()), link.target)
    return documents, replaces, sets

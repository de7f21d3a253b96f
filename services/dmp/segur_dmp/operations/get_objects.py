"""TD3.1: the Get queries of ITI-18, which follow associations from objects that are known [DMP digest 1.7, 8.1].

Identifiers of another patient, or of documents the caller may not see, find nothing: no query tells that they exist.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from segur.wire import xds_uuids
from segur.wire.xds import Association, DocumentEntry
from segur.wire.xds_query import DocumentFilter, SubmissionSetFilter
from segur_dmp.context import Context
from segur_dmp.operations.searching import check_limit, is_given, search_in, seen_of, seen_sets, tell_search
from segur_dmp.pipeline import Access, Caller, check_patient
from segur_dmp.store import StoredDocument, StoredSet


@dataclass(frozen=True, slots=True)
class Found:
    """Registry objects of an answer, each once."""

    sets: tuple[StoredSet, ...] = ()
    entries: tuple[DocumentEntry, ...] = ()
    links: tuple[Association, ...] = ()

    def __len__(self) -> int:
        return len(self.sets) + len(self.entries) + len(self.links)


async def get_associations(context: Context, caller: Caller, uuids: Collection[str]) -> Found:
    """GetAssociations: what links these documents or submission sets to others."""
    access = await search_in(context, caller)
    return await _told(context, caller, Found(links=await _links_of(context, access, uuids)))


async def get_documents_and_associations(context: Context, caller: Caller, wanted: DocumentFilter) -> Found:
    """GetDocumentsAndAssociations: entries by entryUUID or uniqueId, Deprecated ones too, with what links them."""
    access = await search_in(context, caller)
    entries = await _entries(context, access, wanted)
    uuids = [*wanted.entry_uuids, *(entry.entry_uuid for entry in entries)]
    return await _told(context, caller, Found(entries=entries, links=await _links_of(context, access, uuids)))


async def get_submission_sets(context: Context, caller: Caller, uuids: Collection[str]) -> Found:
    """GetSubmissionSets: the sets that brought these documents, with their HasMember associations."""
    access = await search_in(context, caller)
    sets = await _sets_about(context, access, uuids)
    links = _matching(sets, lambda link: link.type == xds_uuids.HAS_MEMBER and link.target in uuids)
    sources = {link.source for link in links}
    kept = tuple(stored for stored in sets if stored.submission_set.entry_uuid in sources)
    return await _told(context, caller, Found(kept, links=links))


async def get_submission_set_and_contents(
    context: Context, caller: Caller, wanted: SubmissionSetFilter, members: DocumentFilter
) -> Found:
    """GetSubmissionSetAndContents: a set, the documents in it that meet `members`, the associations between them."""
    access = await search_in(context, caller)
    uuid, unique_id = next(iter(wanted.entry_uuids), ""), next(iter(wanted.unique_ids), "")
    stored = await context.records.sets.one(entry_uuid=uuid, unique_id=unique_id)
    sets = await seen_sets(context, access, [stored] if stored is not None else [])
    targets = tuple(target for one in sets for target in one.members)
    entries = await _entries(context, access, replace(members, entry_uuids=targets)) if targets else ()
    inside = {entry.entry_uuid for entry in entries} | {one.submission_set.entry_uuid for one in sets}
    links = _matching(sets, lambda link: {link.source, link.target} <= inside)
    return await _told(context, caller, Found(sets, entries, links))


async def get_related_documents(
    context: Context, caller: Caller, wanted: DocumentFilter, types: Collection[str]
) -> Found:
    """GetRelatedDocuments: a document, those an association of these types links with it, and these associations."""
    access = await search_in(context, caller)
    origin = await _entries(context, access, wanted)
    uuids = {entry.entry_uuid for entry in origin}
    sets = await _sets_about(context, access, uuids)
    links = _matching(sets, lambda link: link.type in types and bool({link.source, link.target} & uuids))
    others = {end for link in links for end in (link.source, link.target)} - uuids
    related = await _entries(context, access, replace(wanted, entry_uuids=tuple(others), unique_ids=()))
    known = uuids | {entry.entry_uuid for entry in related}
    links = tuple(link for link in links if {link.source, link.target} <= known)
    return await _told(context, caller, Found(entries=(*origin, *related) if links else (), links=links))


async def get_all(context: Context, caller: Caller, documents: DocumentFilter, sets: SubmissionSetFilter) -> Found:
    """GetAll: every entry and submission set of the patient that meet the criteria, and what links them."""
    check_patient(context, caller, documents.patient_id)
    access = await search_in(context, caller)
    found = [stored async for stored in context.records.sets.find(caller.patient, sets)]
    check_limit(context, len(found))
    shown = await seen_sets(context, access, found)
    entries = await _entries(context, access, documents)
    inside = {entry.entry_uuid for entry in entries} | {one.submission_set.entry_uuid for one in shown}
    links = _matching(shown, lambda link: {link.source, link.target} <= inside)
    return await _told(context, caller, Found(shown, entries, links))


async def get_folders(context: Context, caller: Caller, patient_id: str) -> Found:
    """FindFolders: none, for the DMP takes no folder; the right to search is asked for all the same."""
    check_patient(context, caller, patient_id)
    await search_in(context, caller)
    return await _told(context, caller, Found())


async def _told(context: Context, caller: Caller, found: Found) -> Found:
    check_limit(context, len(found))
    await tell_search(context, caller, len(found.entries))
    return found


async def _entries(context: Context, access: Access, wanted: DocumentFilter) -> tuple[DocumentEntry, ...]:
    """Current and former versions that meet the criteria, of documents the caller sees."""
    found: list[StoredDocument] = []
    for former in (False, True):
        async for stored in context.records.documents.find(access.caller.patient, wanted, former=former):
            found.append(stored)
            check_limit(context, len(found))
    seen = await seen_of(context, access, (stored.entry.unique_id for stored in found))
    given = {unique_id for unique_id, entry in seen.items() if is_given(context, entry)}
    return tuple(stored.entry for stored in found if stored.entry.unique_id in given)


async def _links_of(context: Context, access: Access, uuids: Collection[str]) -> tuple[Association, ...]:
    sets = await _sets_about(context, access, uuids)
    return _matching(sets, lambda link: link.source in uuids or link.target in uuids)


async def _sets_about(context: Context, access: Access, uuids: Collection[str]) -> tuple[StoredSet, ...]:
    """The sets with an association that names one of these objects, be it a document, a version of one or a set."""
    documents = await context.records.documents.of_entries(uuids)
    named = [lot for stored in documents.values() for lot in stored.sets]
    return await seen_sets(context, access, (await context.records.sets.of_entries([*uuids, *named])).values())


def _matching(sets: Iterable[StoredSet], keep: Callable[[Association], bool]) -> tuple[Association, ...]:
    return tuple(dict.fromkeys(link for stored in sets for link in stored.links if keep(link)))

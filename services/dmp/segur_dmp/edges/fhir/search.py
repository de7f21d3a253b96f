"""Searches of documents (ITI-67) and of submission sets (ITI-66), by GET or POST [DMP digest 4.3]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from segur.wire import fhir_pdsm
from segur.wire.xds import DocumentEntry
from segur.wire.xds_query import DocumentFilter
from segur_dmp.domain.rights import Act
from segur_dmp.edges.fhir import negotiate, requests, results
from segur_dmp.edges.fhir.desk import Desk, list_of, reference_of, url
from segur_dmp.operations.find_documents import find_documents
from segur_dmp.operations.find_submission_sets import find_submission_sets
from segur_dmp.operations.get_objects import get_folders
from segur_dmp.operations.survey_documents import survey_documents
from segur_dmp.store import StoredDocument, StoredSet

_MOST_NAMED: Final = 200
"""Most identifiers of one search that are looked up as logicalIds."""


async def documents(desk: Desk, request: Request) -> Response:
    """ITI-67."""
    async with desk.attempt("TD3.1") as trial:
        negotiate.check_media_types(request, with_body=False)
        visitor = await desk.visitor(request, Act.READ)
        asked = await requests.read_search(request)
        search = fhir_pdsm.document_search(await desk.by_ins(asked.pairs))
        negotiate.check_handled(request, search.ignored)
        caller = desk.caller(trial, visitor, search.criteria.patient_id)
        found = await survey_documents(
            desk.context,
            caller,
            await _of_now(desk, search),
            partial(_page, asked=asked, sort=search.sort),
            replacing=search.replacing,
            with_replaced="DocumentReference:relatesto" in search.includes,
        )
    matches = [_document(one, found.replaces.get(one.entry.entry_uuid, ())) for one in found.documents]
    included = [_document(one) for one in found.replaced]
    if "List:item" in search.includes:
        included += [_set(one) for one in found.sets]
    return results.searchset("DocumentReference", matches, asked, found.total, search.ignored, included)


async def sets(desk: Desk, request: Request) -> Response:
    """ITI-66; folders are never found, for the DMP takes none."""
    async with desk.attempt("TD3.1") as trial:
        negotiate.check_media_types(request, with_body=False)
        visitor = await desk.visitor(request, Act.READ)
        asked = await requests.read_search(request)
        search = fhir_pdsm.submission_set_search(await desk.by_ins(asked.pairs))
        negotiate.check_handled(request, search.ignored)
        caller = desk.caller(trial, visitor, search.criteria.patient_id)
        if search.folders:
            await get_folders(desk.context, caller, search.criteria.patient_id)
            return results.searchset("List", [], asked, 0, search.ignored)
        found = await find_submission_sets(desk.context, caller, search.criteria)
        page = asked.page(sorted(found, key=_set_key(search.sort), reverse=_descending(search.sort)))
        included = []
        members = tuple(member for one in page for member in one.members)
        if "List:item" in search.includes and members:
            entries = await find_documents(desk.context, caller, DocumentFilter(entry_uuids=members))
            known = await desk.context.records.documents.of_entries(entry.entry_uuid for entry in entries)
            included = [_document(one) for one in known.values()]
    matches = [_set(one) for one in page]
    return results.searchset("List", matches, asked, len(found), search.ignored, included)


async def _of_now(desk: Desk, search: fhir_pdsm.DocumentSearch) -> DocumentFilter:
    """The criteria, with the current version of each document that is named by its logicalId."""
    criteria = search.criteria
    if not search.named or set(search.named) != set(criteria.entry_uuids):
        return criteria
    known = [await desk.named(DocumentFilter(entry_uuids=(uuid,))) for uuid in search.named[:_MOST_NAMED]]
    now = (stored.entry.entry_uuid for stored in known if stored is not None)
    return replace(criteria, entry_uuids=tuple(dict.fromkeys((*criteria.entry_uuids, *now))))


def _document(stored: StoredDocument, replaces: tuple[str, ...] = ()) -> results.Entry:
    return url("DocumentReference", stored.entry.entry_uuid), reference_of(stored, replaces)


def _set(stored: StoredSet) -> results.Entry:
    return url("List", stored.submission_set.entry_uuid), list_of(stored)


def _page(entries: Sequence[DocumentEntry], *, asked: requests.Search, sort: Sequence[str]) -> Sequence[DocumentEntry]:
    """The page asked for; without `_sort` the latest first. The entryUUID makes the order of equals stand still."""
    ordered = sorted(entries, key=lambda entry: entry.entry_uuid)
    for key in reversed(sort or ("-date",)):
        name = key.removeprefix("-")
        ordered = sorted(ordered, key=partial(_document_key, name), reverse=key.startswith("-"))
    return asked.page(ordered)


def _document_key(name: str, entry: DocumentEntry) -> str:
    match name:
        case "period" | "period-start":
            return entry.service_start
        case "type":
            return entry.type_code.code
        case "category":
            return entry.class_code.code
        case "title":
            return entry.title.casefold()
        case "status":
            return entry.status
        case _:
            return entry.creation_time


def _set_key(sort: Sequence[str]) -> results.Key[StoredSet]:
    by_title = bool(sort) and sort[0].removeprefix("-") == "title"

    def key(stored: StoredSet) -> tuple[str, str]:
        lot = stored.submission_set
        return (lot.title.casefold() if by_title else lot.submission_time), lot.entry_uuid

    return key


def _descending(sort: Sequence[str]) -> bool:
    return not sort or sort[0].startswith("-")

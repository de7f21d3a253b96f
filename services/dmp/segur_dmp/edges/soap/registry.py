"""The `registry` service: stored queries (ITI-18) and updates (ITI-57) [DMP digest 1.7, 1.8]."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from lxml import etree

from segur.wire import xds, xds_query, xml
from segur.wire.xds import Association, DocumentEntry, QueryResponse, RegistryResponse, SubmissionSet
from segur.wire.xds_query import OBJECT_REF, StoredQuery
from segur_dmp.context import Context
from segur_dmp.edges.soap.transaction import Answer, Call, Transaction
from segur_dmp.operations import get_objects
from segur_dmp.operations.find_documents import find_documents
from segur_dmp.operations.find_submission_sets import find_submission_sets
from segur_dmp.operations.get_objects import Found
from segur_dmp.operations.update_documents import update_documents
from segur_dmp.pipeline import Caller

_Asked = Callable[[Context, Caller, StoredQuery], Awaitable[Found]]


async def _search(context: Context, call: Call) -> Answer:
    """TD3.1."""
    query = xds_query.read_query(call.envelope.body)
    found = await _QUERIES[query.name](context, call.caller, query)
    sets = tuple(stored.submission_set for stored in found.sets)
    if query.returns == OBJECT_REF:
        objects = (*map(_id, sets), *map(_id, found.entries), *map(_id, found.links))
        return Answer(xds.query_response_text(QueryResponse(references=objects)))
    return Answer(
        xds.query_response_text(QueryResponse(entries=found.entries, submission_sets=sets, associations=found.links))
    )


async def _update(context: Context, call: Call) -> Answer:
    """TD3.3."""
    await update_documents(context, call.caller, xds.read_submission(call.envelope.body))
    return Answer(xds.write_registry_response(RegistryResponse()))


async def _documents(context: Context, caller: Caller, query: StoredQuery) -> Found:
    only_id = query.returns == OBJECT_REF and query.name == "GetDocuments"
    return Found(entries=await find_documents(context, caller, query.document_filter(), references_only=only_id))


async def _sets(context: Context, caller: Caller, query: StoredQuery) -> Found:
    return Found(sets=await find_submission_sets(context, caller, query.submission_set_filter()))


async def _associations(context: Context, caller: Caller, query: StoredQuery) -> Found:
    return await get_objects.get_associations(context, caller, query.values("$uuid"))


async def _sets_of(context: Context, caller: Caller, query: StoredQuery) -> Found:
    return await get_objects.get_submission_sets(context, caller, query.values("$uuid"))


async def _documents_and_links(context: Context, caller: Caller, query: StoredQuery) -> Found:
    return await get_objects.get_documents_and_associations(context, caller, query.document_filter())


async def _set_and_contents(context: Context, caller: Caller, query: StoredQuery) -> Found:
    wanted, members = query.submission_set_filter(), query.document_filter()
    return await get_objects.get_submission_set_and_contents(context, caller, wanted, members)


async def _related(context: Context, caller: Caller, query: StoredQuery) -> Found:
    types = query.association_types()
    return await get_objects.get_related_documents(context, caller, query.document_filter(), types)


async def _all(context: Context, caller: Caller, query: StoredQuery) -> Found:
    documents, sets = query.document_filter(), query.submission_set_filter()
    return await get_objects.get_all(context, caller, documents, sets)


async def _folders(context: Context, caller: Caller, query: StoredQuery) -> Found:
    """The DMP holds no folder: whoever may search finds none [DMP digest 1.6]."""
    return await get_objects.get_folders(context, caller, query.value("$XDSFolderPatientId"))


_QUERIES: Final[Mapping[str, _Asked]] = {
    "FindDocuments": _documents,
    "FindDocumentsByReferenceId": _documents,
    "GetDocuments": _documents,
    "FindSubmissionSets": _sets,
    "GetAssociations": _associations,
    "GetSubmissionSets": _sets_of,
    "GetDocumentsAndAssociations": _documents_and_links,
    "GetSubmissionSetAndContents": _set_and_contents,
    "GetRelatedDocuments": _related,
    "GetAll": _all,
    "FindFolders": _folders,
}
"""Every stored query of `xds_query.QUERIES`."""


def _id(thing: SubmissionSet | DocumentEntry | Association) -> str:
    return thing.id if isinstance(thing, Association) else thing.entry_uuid


def _refused(failure: RegistryResponse) -> etree._Element:
    return xds.write_query_response(QueryResponse(failure))


TRANSACTIONS: Final = {
    xml.qname(xml.QUERY, "AdhocQueryRequest"): Transaction(
        "TD3.1", "urn:ihe:iti:2007:RegistryStoredQueryResponse", _search, refused=_refused
    ),
    xml.qname(xml.LCM, "SubmitObjectsRequest"): Transaction(
        "TD3.3", "urn:ihe:iti:2010:UpdateDocumentSet-Response", _update, refused=xds.write_registry_response
    ),
}

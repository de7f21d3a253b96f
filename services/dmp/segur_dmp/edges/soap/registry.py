"""The `registry` service: stored queries (ITI-18) [DMP digest 1.7]."""

from __future__ import annotations

from typing import Final

from lxml import etree

from segur.wire import xds, xds_query, xml
from segur.wire.xds import MetadataRefused, QueryResponse, RegistryResponse
from segur.wire.xds_query import OBJECT_REF
from segur_dmp.context import Context
from segur_dmp.edges.soap.transaction import Answer, Call, Transaction
from segur_dmp.operations.find_documents import find_documents
from segur_dmp.operations.find_submission_sets import find_submission_sets

DOCUMENT_QUERIES: Final = ("FindDocuments", "FindDocumentsByReferenceId", "GetDocuments")
SET_QUERIES: Final = ("FindSubmissionSets",)


async def _search(context: Context, call: Call) -> Answer:
    """TD3.1."""
    return Answer(xds.write_query_response(await _found(context, call)))


async def _found(context: Context, call: Call) -> QueryResponse:
    query = xds_query.read_query(call.envelope.body)
    by_id = query.returns == OBJECT_REF
    if query.name in DOCUMENT_QUERIES:
        only_id = by_id and query.name == "GetDocuments"
        entries = await find_documents(context, call.caller, query.document_filter(), references_only=only_id)
        if by_id:
            return QueryResponse(references=tuple(entry.entry_uuid for entry in entries))
        return QueryResponse(entries=entries)
    if query.name in SET_QUERIES:
        found = await find_submission_sets(context, call.caller, query.submission_set_filter())
        if by_id:
            return QueryResponse(references=tuple(stored.submission_set.entry_uuid for stored in found))
        return QueryResponse(submission_sets=tuple(stored.submission_set for stored in found))
    offered = ", ".join((*DOCUMENT_QUERIES, *SET_QUERIES))
    raise MetadataRefused("AdhocQuery", f"{query.name} is not served; {offered} are", code="XDSUnknownStoredQuery")


def _refused(failure: RegistryResponse) -> etree._Element:
    return xds.write_query_response(QueryResponse(failure))


TRANSACTIONS: Final = {
    xml.qname(xml.QUERY, "AdhocQueryRequest"): Transaction(
        "TD3.1", "urn:ihe:iti:2007:RegistryStoredQueryResponse", _search, refused=_refused
    ),
}

"""The `repository` service: submissions (ITI-41) and retrievals (ITI-43) [DMP digest 1.6, 1.8]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lxml import etree

from segur.wire import mtom, xds, xds_uuids, xml
from segur.wire.multipart import Buffer
from segur.wire.xds import MetadataRefused, RegistryError, RegistryResponse, RetrievedDocument, RetrieveResponse
from segur_dmp import faults
from segur_dmp.context import Context
from segur_dmp.edges.soap.transaction import Answer, AnswerLost, Call, Kept, Transaction
from segur_dmp.operations.retrieve_documents import retrieve_documents
from segur_dmp.operations.submit_document import submit_document
from segur_dmp.pipeline import Named


async def _submit(context: Context, call: Call) -> Answer:
    """TD2.1."""
    received = xds.read_provide_and_register(call.envelope.body)
    contents: dict[str, Buffer] = {}
    for part in received.documents:
        data = part.content if part.content is not None else call.message.attachments.get(part.content_id)
        if data is None:
            raise MetadataRefused("Document", f"no MIME part {part.content_id!r}", code="XDSMissingDocument")
        contents[part.id] = data
    caller = call.caller
    await submit_document(context, caller, received.submission, contents)
    if context.floor.faults.strikes(faults.SUBMIT_LOST_ANSWER, patient=caller.patient, actor=caller.id_nat):
        raise AnswerLost
    return Answer(xds.write_registry_response(RegistryResponse()))


async def _retrieve(context: Context, call: Call) -> Answer:
    """TD3.2."""
    wanted = xds.read_retrieve_request(call.envelope.body)
    retrieved = await retrieve_documents(context, call.caller, wanted)
    documents, attachments = [], []
    cut = context.floor.faults.strikes(faults.RETRIEVE_TRUNCATED, patient=call.caller.patient, actor=call.caller.id_nat)
    for number, stored in enumerate(retrieved.documents):
        cid, entry = f"document{number}@segurstack", stored.entry
        attachments.append(mtom.Attachment(cid, Kept(context.floor.blobs, stored.digest), entry.mime_type))
        documents.append(
            RetrievedDocument(entry.repository_unique_id, entry.unique_id, entry.mime_type, content_id=cid)
        )
    status = xds_uuids.PARTIAL_SUCCESS_EBXML if retrieved.refusals else xds_uuids.SUCCESS
    failures = tuple(RegistryError(refusal.code, refusal.context) for refusal in retrieved.refusals)
    response = RetrieveResponse(RegistryResponse(status, failures), tuple(documents))
    return Answer(xds.write_retrieve_response(response), attachments, cut=cut is not None)


def _documents(body: etree._Element) -> Named:
    def named() -> Sequence[tuple[str, str]]:
        return documents_named(body)

    return named


def documents_named(body: etree._Element) -> Sequence[tuple[str, str]]:
    """(uniqueId, typeCode) of the entries of a submission, however broken the rest is."""
    found = []
    for element in body.iter(xml.qname(xml.RIM, "ExtrinsicObject")):
        identifiers = element.iterfind("rim:ExternalIdentifier", xml.NS)
        unique = (i.get("value", "") for i in identifiers if i.get("identificationScheme") == xds_uuids.ENTRY_UNIQUE_ID)
        classifications = element.iterfind("rim:Classification", xml.NS)
        kind = (
            c.get("nodeRepresentation", "")
            for c in classifications
            if c.get("classificationScheme") == xds_uuids.ENTRY_TYPE
        )
        found.append((next(unique, ""), next(kind, "")))
    return found


def _retrieval_refused(failure: RegistryResponse) -> etree._Element:
    return xds.write_retrieve_response(RetrieveResponse(failure))


TRANSACTIONS: Final = {
    xml.qname(xml.XDSB, "ProvideAndRegisterDocumentSetRequest"): Transaction(
        "TD2.1",
        "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-bResponse",
        _submit,
        refused=xds.write_registry_response,
        documents=_documents,
    ),
    xml.qname(xml.XDSB, "RetrieveDocumentSetRequest"): Transaction(
        "TD3.2",
        "urn:ihe:iti:2007:RetrieveDocumentSetResponse",
        _retrieve,
        refused=_retrieval_refused,
        packaged=True,
    ),
}

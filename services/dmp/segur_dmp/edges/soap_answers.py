"""Answers and faults of the SOAP services [DMP digest 1.2, 9]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree
from starlette.responses import Response, StreamingResponse

from segur.kernel.errors import Kind, SegurError
from segur.kernel.ids import new_urn_uuid
from segur.wire import habilitations, mtom, soap, xds, xml
from segur.wire.soap import AddressingMissing, Envelope
from segur.wire.xds import MetadataRefused, QueryResponse, RegistryError, RegistryResponse, RetrieveResponse
from segur_dmp.domain.submission import SubmissionRefused

SUBMIT = xml.qname(xml.XDSB, "ProvideAndRegisterDocumentSetRequest")
SEARCH = xml.qname(xml.QUERY, "AdhocQueryRequest")
RETRIEVE = xml.qname(xml.XDSB, "RetrieveDocumentSetRequest")
EXISTENCE = xml.qname(xml.HL7, "PRPA_IN201307UV02")
AUTHORIZE = habilitations.REQUEST


@dataclass(frozen=True, slots=True)
class Operation:
    """A transaction by its name in the digest, and the WS-Addressing Action of its answer."""

    name: str
    answer: str


OPERATIONS = {
    SUBMIT: Operation("TD2.1", "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-bResponse"),
    SEARCH: Operation("TD3.1", "urn:ihe:iti:2007:RegistryStoredQueryResponse"),
    RETRIEVE: Operation("TD3.2", "urn:ihe:iti:2007:RetrieveDocumentSetResponse"),
    EXISTENCE: Operation("TD0.2", "urn:hl7-org:v3:PRPA_IN201308UV02"),
    AUTHORIZE: Operation("TD0.3", habilitations.RESPONSE_ACTION),
}
"""Body element of the request → operation [DMP digest 1.1, 1.2]."""


def answer(request: Envelope, body: etree._Element) -> Response:
    """A plain SOAP 1.2 answer."""
    return Response(xml.serialize(_enveloped(request, body)), media_type=mtom.SOAP_TYPE)


def package(request: Envelope, body: etree._Element, attachments: Sequence[mtom.Attachment] = ()) -> Response:
    """An MTOM answer: the only form of TD3.2."""
    return _packaged(_enveloped(request, body), attachments, 200)


def errors_of(refusal: MetadataRefused) -> RegistryResponse:
    """A refusal as a failed registry answer, every broken rule in it."""
    refusals = refusal.refusals if isinstance(refusal, SubmissionRefused) else (refusal,)
    return RegistryResponse.failure(*(RegistryError(one.code, one.context) for one in refusals))


def metadata_refused(refusal: MetadataRefused, request: Envelope) -> Response:
    """An XDS error as the operation shows it (HTTP 200); where it has no XDS answer, a fault."""
    failure = errors_of(refusal)
    if request.operation == SEARCH:
        return answer(request, xds.write_query_response(QueryResponse(failure)))
    if request.operation == RETRIEVE:
        return package(request, xds.write_retrieve_response(RetrieveResponse(failure)))
    if request.operation == SUBMIT:
        return answer(request, xds.write_registry_response(failure))
    return _fault_answer(soap.fault("Sender", refusal.context, subcode=refusal.code), request)


def refused(refusal: SegurError, request: Envelope | None = None) -> Response:
    """A refusal of protocol or rights as a SOAP fault (HTTP 500)."""
    code: soap.FaultCode = "Receiver" if refusal.kind in (Kind.BUSY, Kind.BROKEN) else "Sender"
    return _fault_answer(soap.fault(code, refusal.detail, subcode=refusal.code), request)


def addressing_refused(missing: AddressingMissing) -> Response:
    """The fault for an absent WS-Addressing header."""
    return _fault_answer(soap.addressing_fault(missing), None)


def _enveloped(request: Envelope, body: etree._Element) -> etree._Element:
    action = OPERATIONS[request.operation].answer
    return soap.answer(request, body, action=action, message_id=new_urn_uuid())


def _packaged(root: etree._Element, attachments: Sequence[mtom.Attachment], status: int) -> Response:
    content_type, chunks = mtom.build(root, attachments)
    return StreamingResponse((bytes(chunk) for chunk in chunks), status, headers={"content-type": content_type})


def _fault_answer(fault: etree._Element, request: Envelope | None) -> Response:
    root = soap.write_envelope(
        fault,
        action=soap.SOAP_FAULT_ACTION,
        message_id=new_urn_uuid(),
        to=soap.ANONYMOUS,
        reply_to=None,
        relates_to=(request.message_id or None) if request else None,
    )
    if request is not None and request.operation == RETRIEVE:
        return _packaged(root, (), 500)  # the repository answers TD3.2 in MTOM, faults included
    return Response(xml.serialize(root), status_code=500, media_type=mtom.SOAP_TYPE)

"""The SOAP services of the DMP on one path, routed on the element in the body [DMP digest 0, 1.2]."""

from __future__ import annotations

from lxml import etree
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from segur.kernel.errors import Kind, SegurError
from segur.kernel.ids import new_urn_uuid
from segur.wire import habilitations, hl7v3, mtom, soap, xds, xds_query, xml
from segur.wire.hl7v3_values import Hl7Refused
from segur.wire.multipart import MultipartRefused
from segur.wire.soap import AddressingMissing, Envelope, SoapRefused
from segur.wire.xds import MetadataRefused, QueryResponse, RegistryResponse, RetrievedDocument, RetrieveResponse
from segur.wire.xds_query import OBJECT_REF
from segur_dmp import errors, faults
from segur_dmp.context import Context
from segur_dmp.operations.find_documents import find_documents
from segur_dmp.operations.retrieve_documents import retrieve_documents
from segur_dmp.operations.set_authorization import set_authorization
from segur_dmp.operations.submit_document import submit_document
from segur_dmp.operations.test_existence import test_existence
from segur_dmp.pipeline import Caller, identify, told

DOOR = "soap"
SUBMIT = xml.qname(xml.XDSB, "ProvideAndRegisterDocumentSetRequest")
SEARCH = xml.qname(xml.QUERY, "AdhocQueryRequest")
RETRIEVE = xml.qname(xml.XDSB, "RetrieveDocumentSetRequest")
EXISTENCE = "{urn:hl7-org:v3}PRPA_IN201307UV02"
OPERATIONS = {
    SUBMIT: "TD2.1",
    SEARCH: "TD3.1",
    RETRIEVE: "TD3.2",
    EXISTENCE: "TD0.2",
    habilitations.REQUEST: "TD0.3",
}


class SoapDoor:
    """Reads envelopes, calls the acts, writes answers and faults."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, request: Request) -> Response:
        """One call; refusals of protocol and rights are faults (HTTP 500), those of metadata XDS answers (200)."""
        try:
            message = mtom.read(request.headers.get("content-type", ""), await request.body())
            envelope = soap.read_envelope(message.root)
        except AddressingMissing as missing:
            return _fault_answer(soap.addressing_fault(missing))
        except (SoapRefused, MultipartRefused, xml.XmlRefused) as refusal:
            return _refused(errors.MALFORMED.error(reason=str(refusal)))
        try:
            return await self._act(envelope, message)
        except SegurError as refusal:
            return _refused(refusal, envelope)
        except MetadataRefused as refusal:
            return _metadata_refused(refusal, envelope)

    async def _act(self, envelope: Envelope, message: mtom.Message) -> Response:
        operation = OPERATIONS.get(envelope.operation, "")

        async def enter() -> Caller:
            if not operation:
                raise errors.UNKNOWN_OPERATION.error(name=envelope.operation)
            try:
                return identify(self._context, envelope.assertion)
            except SoapRefused as refusal:
                raise errors.MALFORMED.error(reason=str(refusal)) from refusal

        caller = await told(self._context, operation or "unknown", None, enter)

        async def act() -> Response:
            try:
                return await self._route(envelope, message, caller)
            except (Hl7Refused, MultipartRefused) as refusal:
                raise errors.MALFORMED.error(reason=str(refusal)) from refusal

        return await told(self._context, operation, caller, act)

    async def _route(self, envelope: Envelope, message: mtom.Message, caller: Caller) -> Response:
        context, body = self._context, envelope.body
        if envelope.operation == SUBMIT:
            return await self._submit(envelope, message, caller)
        if envelope.operation == SEARCH:
            query = xds_query.read_query(body)
            found = await find_documents(context, caller, query, DOOR)
            if query.returns == OBJECT_REF:
                answer = QueryResponse(references=tuple(entry.entry_uuid for entry in found))
            else:
                answer = QueryResponse(entries=found)
            return _answer(envelope, xds.write_query_response(answer))
        if envelope.operation == RETRIEVE:
            return await self._retrieve(envelope, caller)
        if envelope.operation == EXISTENCE:
            tested = await test_existence(context, caller, hl7v3.read_query(body))
            return _answer(envelope, hl7v3.write_answer(tested))
        outcome = await set_authorization(context, caller, habilitations.read_set_authorization(body))
        return _answer(envelope, habilitations.write_set_authorization_answer(outcome))

    async def _submit(self, envelope: Envelope, message: mtom.Message, caller: Caller) -> Response:
        received = xds.read_provide_and_register(envelope.body)
        contents: dict[str, bytes] = {}
        for part in received.documents:
            data = part.content if part.content is not None else message.attachments.get(part.content_id)
            if data is None:
                raise MetadataRefused("Document", f"no MIME part {part.content_id!r}", code="XDSMissingDocument")
            contents[part.id] = bytes(data)
        await submit_document(self._context, caller, received.submission, contents, DOOR)
        if self._context.floor.faults.strikes(faults.SUBMIT_LOST_ANSWER, patient=caller.patient, actor=caller.id_nat):
            return Response(status_code=504)
        return _answer(envelope, xds.write_registry_response(RegistryResponse()))

    async def _retrieve(self, envelope: Envelope, caller: Caller) -> Response:
        wanted = xds.read_retrieve_request(envelope.body)
        documents, attachments = [], []
        for number, (entry, data) in enumerate(await retrieve_documents(self._context, caller, wanted, DOOR)):
            cid = f"document{number}@segurstack"
            attachments.append(mtom.Attachment(cid, data, entry.mime_type))
            documents.append(
                RetrievedDocument(entry.repository_unique_id, entry.unique_id, entry.mime_type, content_id=cid)
            )
        body = xds.write_retrieve_response(RetrieveResponse(RegistryResponse(), tuple(documents)))
        content_type, chunks = mtom.build(_envelope(envelope, body), attachments)
        return StreamingResponse((bytes(chunk) for chunk in chunks), headers={"content-type": content_type})


def _envelope(request: Envelope, body: etree._Element) -> etree._Element:
    action = request.action + "Response"
    return soap.answer(request, body, action=action, message_id=new_urn_uuid())


def _answer(request: Envelope, body: etree._Element) -> Response:
    return Response(xml.serialize(_envelope(request, body)), media_type=mtom.SOAP_TYPE)


def _metadata_refused(refusal: MetadataRefused, envelope: Envelope) -> Response:
    failure = RegistryResponse.refused(refusal)
    if envelope.operation == SEARCH:
        return _answer(envelope, xds.write_query_response(QueryResponse(failure)))
    if envelope.operation == RETRIEVE:
        return _answer(envelope, xds.write_retrieve_response(RetrieveResponse(failure)))
    if envelope.operation == SUBMIT:
        return _answer(envelope, xds.write_registry_response(failure))
    return _fault_answer(soap.fault("Sender", refusal.context, subcode=refusal.code), envelope)


def _refused(refusal: SegurError, envelope: Envelope | None = None) -> Response:
    code: soap.FaultCode = "Receiver" if refusal.kind in (Kind.BUSY, Kind.BROKEN) else "Sender"
    return _fault_answer(soap.fault(code, refusal.detail, subcode=refusal.code), envelope)


def _fault_answer(fault: etree._Element, request: Envelope | None = None) -> Response:
    root = soap.write_envelope(
        fault,
        action=soap.SOAP_FAULT_ACTION,
        message_id=new_urn_uuid(),
        to=soap.ANONYMOUS,
        reply_to=None,
        relates_to=(request.message_id or None) if request else None,
    )
    return Response(xml.serialize(root), status_code=500, media_type=mtom.SOAP_TYPE)

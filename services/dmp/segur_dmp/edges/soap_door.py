"""The SOAP services of the DMP on one path, routed on the element in the body [DMP digest 0, 1.2]."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from lxml import etree
from starlette.requests import Request
from starlette.responses import Response

from segur.kernel.errors import SegurError
from segur.wire import habilitations, hl7v3, mtom, soap, xds, xds_query, xds_uuids, xml
from segur.wire.hl7v3_values import DmpRecord, Hl7Refused, Identifier
from segur.wire.multipart import MultipartRefused
from segur.wire.soap import AddressingMissing, Envelope, SoapRefused
from segur.wire.xds import MetadataRefused, QueryResponse, RegistryError, RegistryResponse, RetrievedDocument
from segur.wire.xds_query import OBJECT_REF
from segur_dmp import errors, faults
from segur_dmp.context import Context
from segur_dmp.edges import soap_answers as answers
from segur_dmp.edges.soap_answers import EXISTENCE, OPERATIONS, RETRIEVE, SEARCH, SUBMIT
from segur_dmp.operations.find_documents import find_documents
from segur_dmp.operations.find_submission_sets import find_submission_sets
from segur_dmp.operations.identify_by_vihf import identify_by_vihf
from segur_dmp.operations.retrieve_documents import retrieve_documents
from segur_dmp.operations.set_authorization import set_authorization
from segur_dmp.operations.submit_document import submit_document
from segur_dmp.operations.test_existence import Existence, test_existence
from segur_dmp.pipeline import Caller, attempt

DOOR = "soap"
DOCUMENT_QUERIES = ("FindDocuments", "FindDocumentsByReferenceId", "GetDocuments")
SET_QUERIES = ("FindSubmissionSets",)


class SoapDoor:
    """Reads envelopes, calls the acts, writes answers and faults."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, request: Request) -> Response:
        """One call; refusals of protocol and rights are faults (HTTP 500), those of metadata XDS answers (200)."""
        body = await request.body()
        try:
            async with attempt(self._context, "unknown", DOOR):
                message, envelope = _opened(request.headers.get("content-type", ""), body)
        except SegurError as refusal:
            missing = refusal.__cause__
            return (
                answers.addressing_refused(missing)
                if isinstance(missing, AddressingMissing)
                else answers.refused(refusal)
            )
        try:
            return await self._act(envelope, message, request.headers.get("authorization", ""))
        except SegurError as refusal:
            return answers.refused(refusal, envelope)
        except MetadataRefused as refusal:
            return answers.metadata_refused(refusal, envelope)

    async def _act(self, envelope: Envelope, message: mtom.Message, authorization: str) -> Response:
        known = OPERATIONS.get(envelope.operation)
        named = (lambda: documents_named(envelope.body)) if envelope.operation == SUBMIT else None
        async with attempt(self._context, known.name if known else "unknown", DOOR, named) as trial:
            if known is None:
                offered = ", ".join(operation.name for operation in OPERATIONS.values())
                raise errors.UNKNOWN_OPERATION.error(name=envelope.operation[:200], rule=f"Offertes : {offered}.")
            try:
                caller = await identify_by_vihf(self._context, trial, envelope.assertion, authorization)
                return await self._route(envelope, message, caller)
            except (Hl7Refused, MultipartRefused, SoapRefused) as refusal:
                raise errors.MALFORMED.error(reason=str(refusal)) from refusal

    async def _route(self, envelope: Envelope, message: mtom.Message, caller: Caller) -> Response:
        if envelope.operation == SUBMIT:
            return await self._submit(envelope, message, caller)
        if envelope.operation == SEARCH:
            return answers.answer(envelope, xds.write_query_response(await self._search(envelope, caller)))
        if envelope.operation == RETRIEVE:
            return await self._retrieve(envelope, caller)
        if envelope.operation == EXISTENCE:
            return await self._test(envelope, caller)
        outcome = await set_authorization(self._context, caller, habilitations.read_set_authorization(envelope.body))
        return answers.answer(envelope, habilitations.write_set_authorization_answer(outcome))

    async def _submit(self, envelope: Envelope, message: mtom.Message, caller: Caller) -> Response:
        received = xds.read_provide_and_register(envelope.body)
        contents: dict[str, bytes] = {}
        for part in received.documents:
            data = part.content if part.content is not None else message.attachments.get(part.content_id)
            if data is None:
                raise MetadataRefused("Document", f"no MIME part {part.content_id!r}", code="XDSMissingDocument")
            contents[part.id] = bytes(data)
        await submit_document(self._context, caller, received.submission, contents)
        if self._context.floor.faults.strikes(faults.SUBMIT_LOST_ANSWER, patient=caller.patient, actor=caller.id_nat):
            return Response(status_code=504)
        return answers.answer(envelope, xds.write_registry_response(RegistryResponse()))

    async def _search(self, envelope: Envelope, caller: Caller) -> QueryResponse:
        query = xds_query.read_query(envelope.body)
        by_id = query.returns == OBJECT_REF
        if query.name in DOCUMENT_QUERIES:
            only_id = by_id and query.name == "GetDocuments"
            entries = await find_documents(self._context, caller, query.document_filter(), references_only=only_id)
            if by_id:
                return QueryResponse(references=tuple(entry.entry_uuid for entry in entries))
            return QueryResponse(entries=entries)
        if query.name in SET_QUERIES:
            found = await find_submission_sets(self._context, caller, query.submission_set_filter())
            if by_id:
                return QueryResponse(references=tuple(stored.submission_set.entry_uuid for stored in found))
            return QueryResponse(submission_sets=tuple(stored.submission_set for stored in found))
        offered = ", ".join((*DOCUMENT_QUERIES, *SET_QUERIES))
        raise MetadataRefused("AdhocQuery", f"{query.name} is not served; {offered} are", code="XDSUnknownStoredQuery")

    async def _retrieve(self, envelope: Envelope, caller: Caller) -> Response:
        wanted = xds.read_retrieve_request(envelope.body)
        retrieved = await retrieve_documents(self._context, caller, wanted)
        documents, attachments = [], []
        for number, stored in enumerate(retrieved.documents):
            cid, entry = f"document{number}@segurstack", stored.entry
            data = await self._context.floor.blobs.get(stored.digest)
            attachments.append(mtom.Attachment(cid, data, entry.mime_type))
            documents.append(
                RetrievedDocument(entry.repository_unique_id, entry.unique_id, entry.mime_type, content_id=cid)
            )
        status = xds_uuids.PARTIAL_SUCCESS_EBXML if retrieved.refusals else xds_uuids.SUCCESS
        failures = tuple(RegistryError(refusal.code, refusal.context) for refusal in retrieved.refusals)
        response = xds.RetrieveResponse(RegistryResponse(status, failures), tuple(documents))
        return answers.package(envelope, xds.write_retrieve_response(response), attachments)

    async def _test(self, envelope: Envelope, caller: Caller) -> Response:
        query = hl7v3.read_query(envelope.body)
        asked = query.patient
        found = await test_existence(self._context, caller, f"{asked.extension}^^^&{asked.root}&ISO^NH")
        known = found.account is not None
        tested = hl7v3.answer(
            query,
            id=str(uuid4()),
            created=self._context.floor.clock.now(),
            record=_record(found, caller) if known else None,
            authorization=found.authorization if known else "",
            treating_doctor=found.treating if known else None,
        )
        return answers.answer(envelope, hl7v3.write_answer(tested))


def _opened(content_type: str, body: bytes) -> tuple[mtom.Message, Envelope]:
    """Unpack a request; raise the row `MALFORMED`, whose cause says what cannot be read."""
    try:
        message = mtom.read(content_type, body)
        return message, soap.read_envelope(message.root)
    except (SoapRefused, MultipartRefused, xml.XmlRefused) as refusal:
        raise errors.MALFORMED.error(reason=str(refusal)) from refusal


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


def _record(found: Existence, caller: Caller) -> DmpRecord | None:
    account = found.account
    if account is None:
        return None
    return DmpRecord(
        ids=(Identifier(caller.ins.oid, caller.ins.matricule),),
        status="active" if found.active else "terminated",
        given=tuple(account["given"]),
        birth_name=account["birth_name"],
        gender=account["sex"],
        birth_date=account["birth_date"],
    )

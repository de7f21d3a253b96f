"""Answers and faults of the SOAP services [DMP digest 1.2, 9]."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from lxml import etree
from starlette.responses import Response, StreamingResponse

from segur.kernel.errors import Kind, SegurError
from segur.kernel.ids import new_urn_uuid
from segur.wire import mtom, soap, xml
from segur.wire.multipart import Buffer
from segur.wire.soap import AddressingMissing, Envelope
from segur.wire.xds import MetadataRefused, RegistryError, RegistryResponse
from segur_dmp.domain.submission import SubmissionRefused
from segur_dmp.edges.soap.transaction import Answer, Kept, Transaction


def answered(request: Envelope, done: Transaction, answer: Answer) -> Response:
    """What was done, as a plain SOAP 1.2 answer or, where the transaction has it so, in MTOM."""
    root = soap.answer(request, answer.body, action=done.action, message_id=new_urn_uuid())
    if done.packaged:
        content_type, chunks = mtom.build(root, answer.attachments)
        return StreamingResponse(_sent(chunks, answer), 200, headers={"content-type": content_type})
    return Response(xml.serialize(root), media_type=mtom.SOAP_TYPE)


def metadata_refused(refusal: MetadataRefused, request: Envelope, refused: Transaction) -> Response:
    """An XDS error as the transaction shows it (HTTP 200); where it has no XDS answer, a fault."""
    if refused.refused is None:
        return _fault_answer(soap.fault("Sender", refusal.context, subcode=refusal.code), request, packaged=False)
    return answered(request, refused, Answer(refused.refused(errors_of(refusal))))


def errors_of(refusal: MetadataRefused) -> RegistryResponse:
    """A refusal as a failed registry answer, every broken rule in it."""
    refusals = refusal.refusals if isinstance(refusal, SubmissionRefused) else (refusal,)
    return RegistryResponse.failure(*(RegistryError(one.code, one.context) for one in refusals))


def refused(refusal: SegurError, request: Envelope | None = None, *, packaged: bool = False) -> Response:
    """A refusal of protocol or rights as a SOAP fault (HTTP 500)."""
    code: soap.FaultCode = "Receiver" if refusal.kind in (Kind.BUSY, Kind.BROKEN) else "Sender"
    return _fault_answer(soap.fault(code, refusal.detail, subcode=refusal.code), request, packaged=packaged)


def addressing_refused(missing: AddressingMissing) -> Response:
    """The fault for an absent WS-Addressing header."""
    return _fault_answer(soap.addressing_fault(missing), None, packaged=False)


async def _sent(chunks: Iterator[Buffer], answer: Answer) -> AsyncIterator[bytes]:
    """The package as it leaves: documents read from the disk piece by piece."""
    for chunk in chunks:
        if isinstance(chunk, Kept) and answer.blobs is not None:
            async for piece in answer.blobs.stream(chunk.digest):
                if answer.cut:
                    yield piece[: len(piece) // 2]
                    return
                yield piece
        else:
            yield bytes(chunk)


def _fault_answer(fault: etree._Element, request: Envelope | None, *, packaged: bool) -> Response:
    root = soap.write_envelope(
        fault,
        action=soap.SOAP_FAULT_ACTION,
        message_id=new_urn_uuid(),
        to=soap.ANONYMOUS,
        reply_to=None,
        relates_to=(request.message_id or None) if request else None,
    )
    if packaged:
        content_type, chunks = mtom.build(root)
        return Response(b"".join(map(bytes, chunks)), 500, headers={"content-type": content_type})
    return Response(xml.serialize(root), status_code=500, media_type=mtom.SOAP_TYPE)

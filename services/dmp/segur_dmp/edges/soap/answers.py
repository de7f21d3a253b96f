"""Answers and faults of the SOAP services [DMP digest 1.2, 9]."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from lxml import etree
from starlette.responses import Response, StreamingResponse

from segur.kernel.blobs import PIECE
from segur.kernel.errors import Kind, SegurError
from segur.kernel.ids import new_urn_uuid
from segur.wire import mtom, soap, xml
from segur.wire.multipart import Buffer
from segur.wire.soap import AddressingMissing, Envelope
from segur.wire.xds import MetadataRefused, RegistryError, RegistryResponse
from segur_dmp.domain.submission import SubmissionRefused
from segur_dmp.edges.soap.transaction import Answer, Kept, Transaction

_AT_ONCE = 1024 * 1024
"""Largest package that is put together before it leaves; documents of a larger one are read while they are sent."""
_PLAIN = f"{mtom.SOAP_TYPE}; charset=UTF-8"
"""Java libraries read an answer that does not say its charset as ISO-8859-1, although RFC 3902 leaves it to the XML."""


async def answered(request: Envelope, done: Transaction, answer: Answer) -> Response:
    """What was done, as a plain SOAP 1.2 answer or, where the transaction has it so, in MTOM."""

    def around(body: etree._Element) -> etree._Element:
        return soap.answer(request, body, action=done.action, message_id=new_urn_uuid())

    if isinstance(answer.body, bytes):
        return Response(xml.serialize_around(answer.body, around), media_type=_PLAIN)
    root = around(answer.body)
    if done.packaged:
        return await _packaged(root, answer)
    return Response(xml.serialize(root), media_type=_PLAIN)


async def _packaged(root: etree._Element, answer: Answer) -> Response:
    content_type, made = mtom.build(root, answer.attachments)
    chunks, headers = list(made), {"content-type": content_type}
    if answer.cut:
        return StreamingResponse(_sent(chunks, cut=True), 200, headers=headers)
    # Bytes that are gone are told here, before the answer begins.
    size = sum(chunk.size if isinstance(chunk, Kept) else len(chunk) for chunk in chunks)
    if size > PIECE:  # its documents are read while they are sent
        return StreamingResponse(_sent(chunks), 200, headers=headers | {"content-length": str(size)})
    whole = [await chunk.read() if isinstance(chunk, Kept) else chunk for chunk in chunks]
    return Response(b"".join(whole), 200, headers=headers)


async def metadata_refused(refusal: MetadataRefused, request: Envelope, refused: Transaction) -> Response:
    """An XDS error as the transaction shows it (HTTP 200); where it has no XDS answer, a fault."""
    if refused.refused is None:
        return _fault_answer(soap.fault("Sender", refusal.context, subcode=refusal.code), request, packaged=False)
    return await answered(request, refused, Answer(refused.refused(errors_of(refusal))))


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


async def _sent(chunks: Iterable[Buffer], *, cut: bool = False) -> AsyncIterator[bytes]:
    """The package as it leaves: documents read from the disk piece by piece."""
    for chunk in chunks:
        if isinstance(chunk, Kept):
            async for piece in chunk.stream():
                if cut:
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
    return Response(xml.serialize(root), status_code=500, media_type=_PLAIN)

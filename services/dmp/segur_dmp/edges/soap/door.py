"""From an envelope to its transaction, and back [DMP digest 0, 1.2]."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from segur.kernel.errors import SegurError
from segur.wire import mtom, soap, xml
from segur.wire.hl7v3_values import Hl7Refused
from segur.wire.multipart import MultipartRefused
from segur.wire.soap import AddressingMissing, Envelope, SoapRefused
from segur.wire.xds import MetadataRefused
from segur_dmp import errors, faults
from segur_dmp.context import Context
from segur_dmp.edges.soap import answers, habilitations, patients, registry, repository
from segur_dmp.edges.soap.transaction import AnswerLost, Call, Transaction
from segur_dmp.edges.soap.withdrawn import refusal_of
from segur_dmp.operations.identify_by_vihf import identify_by_vihf
from segur_dmp.pipeline import attempt

DOOR: Final = "soap"
TRANSACTIONS: Final[dict[str, Transaction]] = {
    **patients.TRANSACTIONS,
    **habilitations.TRANSACTIONS,
    **registry.TRANSACTIONS,
    **repository.TRANSACTIONS,
}
"""Body element of the request → transaction [DMP digest 1.1, 1.2]."""


class SoapDoor:
    """Reads envelopes, has the caller identified, calls the transaction, writes answers and faults."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, request: Request) -> Response:
        """One call; refusals of protocol and rights are faults (HTTP 500), those of metadata XDS answers (200)."""
        body = await _received(request)
        envelope: Envelope | None = None
        try:
            async with attempt(self._context, "unknown", DOOR):
                message, envelope = _opened(request.headers.get("content-type", ""), body)
                wanted = _known(envelope)
                if self._context.floor.faults.strikes(faults.NO_ADDRESSING, operation=wanted.name):
                    raise errors.MALFORMED.error(reason="wsa:MessageID") from AddressingMissing("MessageID")
        except SegurError as refusal:
            missing = refusal.__cause__
            if isinstance(missing, AddressingMissing):
                return answers.addressing_refused(missing)
            return answers.refused(refusal, envelope)
        try:
            return await self._act(wanted, envelope, message, request.headers.get("authorization", ""))
        except SegurError as refusal:
            return answers.refused(refusal, envelope, packaged=wanted.packaged)
        except MetadataRefused as refusal:
            return await answers.metadata_refused(refusal, envelope, wanted)
        except AnswerLost:
            return Response(status_code=504)

    async def _act(
        self, wanted: Transaction, envelope: Envelope, message: mtom.Message, authorization: str
    ) -> Response:
        named = wanted.documents(envelope.body) if wanted.documents is not None else None
        async with attempt(self._context, wanted.name, DOOR, named) as trial:
            try:
                caller = await identify_by_vihf(
                    self._context,
                    trial,
                    envelope.assertion,
                    authorization,
                    patient_expected=wanted.names_patient,
                )
                answer = await wanted.perform(self._context, Call(envelope, message, caller))
            except (Hl7Refused, MultipartRefused, SoapRefused) as refusal:
                raise errors.MALFORMED.error(reason=str(refusal)) from refusal
        return await answers.answered(envelope, wanted, answer)


async def _received(request: Request) -> bytearray:
    """The body, held once: its parts are looked at where they lie."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
    return body


def _opened(content_type: str, body: bytearray) -> tuple[mtom.Message, Envelope]:
    """Unpack a request; raise the row `MALFORMED`, whose cause says what cannot be read."""
    try:
        message = mtom.read(content_type, body)
        return message, soap.read_envelope(message.root)
    except (SoapRefused, MultipartRefused, xml.XmlRefused) as refusal:
        raise errors.MALFORMED.error(reason=str(refusal)) from refusal


def _known(envelope: Envelope) -> Transaction:
    found = TRANSACTIONS.get(envelope.operation)
    if found is None:
        withdrawn = refusal_of(xml.local_name(envelope.body))
        if withdrawn is not None:
            raise withdrawn
        offered = ", ".join(one.name for one in TRANSACTIONS.values())
        raise errors.UNKNOWN_OPERATION.error(name=envelope.operation[:200], rule=f"Offertes : {offered}.")
    return found

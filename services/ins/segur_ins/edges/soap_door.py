"""The SOAP door of INSi, routed on the element in the body, and its contract at `?wsdl` [INS digest 2.5, 2.9].

Real software calls `/lps` on the national test hosts; `/insi` and `/insi/lps` are the same door elsewhere.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segur.kernel import request as call_context
from segur.kernel.errors import SegurError
from segur.kernel.ids import new_id
from segur.wire import insi, insi_card, soap, xml
from segur.wire.soap import Envelope, SoapRefused
from segur_ins import errors, faults
from segur_ins.context import Context
from segur_ins.domain.card import Reading
from segur_ins.domain.traits import Traits
from segur_ins.edges import contract
from segur_ins.edges.answers import answer_of, fault_of
from segur_ins.edges.body import read_body
from segur_ins.edges.dress import BY_POINT, USUAL, Dress
from segur_ins.operations.answering import Outcome
from segur_ins.operations.identify_by_token import identify_by_token
from segur_ins.operations.search_by_card import search_by_card
from segur_ins.operations.search_by_traits import search_by_traits
from segur_ins.pipeline import Call, admit, plain, told

PATHS = ("/lps", "/insi/lps", "/insi")
_UNREAD = "illisible"
_BY_ELEMENT = {insi.SEARCH: insi.OPERATION, insi.CARD_SEARCH: insi_card.CARD_OPERATION}
_CHALLENGE = 'Bearer realm="insi", error="invalid_token"'
_AWAY = "<html><head><title>503 Service Unavailable</title></head><body><h1>Service Unavailable</h1></body></html>\n"


class SoapDoor:
    """Reads envelopes, calls the act, writes answers and faults."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            route
            for path in PATHS
            for route in (Route(path, self._contract, methods=["GET"]), Route(path, self._call, methods=["POST"]))
        ]

    async def _contract(self, request: Request) -> Response:
        call_context.note(operation="wsdl")
        if not any(name.lower() == "wsdl" for name in request.query_params):
            return Response(
                "INSi répond en SOAP 1.2 par POST ; son contrat est à ?wsdl.\n",
                405,
                {"allow": "POST"},
                "text/plain; charset=utf-8",
            )
        location = call_context.current().base + request.url.path
        return Response(contract.wsdl(location), media_type="text/xml; charset=utf-8")

    async def _call(self, request: Request) -> Response:
        """One call; every refusal is a fault with HTTP 500, but 401 for an API token's."""
        call = Call(new_id(), _UNREAD)
        message_id = ""
        try:
            envelope = await told(self._context, call, lambda: self._read(request))
            message_id = envelope.message_id
            call = _call_of(envelope)
            if self._strikes(faults.HTTP_503, call):
                return Response(_AWAY, 503, {"retry-after": "30"}, "text/html")
            authorization = request.headers.get("authorization", "")
            outcome = await told(self._context, call, lambda: self._act(envelope, call, authorization))
        except SegurError as refusal:
            text = fault_of(refusal, message_id=message_id[:200], dress=self._dress(call))
            if refusal.refusal is errors.TOKEN:  # what stands before an API Pro Santé Connectée speaks RFC 6750
                return Response(text, 401, {"www-authenticate": _CHALLENGE}, _media(""))
            return Response(text, 500, media_type=_media(""))
        action = f"{contract.ACTIONS[call.operation]}Response"
        text = answer_of(outcome, action=action, relates_to=message_id, dress=self._dress(call))
        return Response(text, media_type=_media(action))

    async def _read(self, request: Request) -> Envelope:
        """The envelope; raise `TOO_LARGE` or `MALFORMED`."""
        try:
            root = xml.parse(await read_body(request, self._context.settings.ins_max_message_bytes))
            envelope = soap.read_envelope(root, required=())
        except (xml.XmlRefused, SoapRefused) as refusal:
            raise errors.MALFORMED.error(reason=str(refusal)) from refusal
        if envelope.version != "1.2":
            raise errors.MALFORMED.error(reason="enveloppe SOAP 1.1, la version 1.2 est attendue")
        return envelope

    async def _act(self, envelope: Envelope, call: Call, authorization: str) -> Outcome:
        for point, refusal in _FORCED.items():
            if self._strikes(point, call):
                raise refusal.error(**({"reason": "XML mal formé"} if point == faults.MALFORMED else {}))
        if call.operation not in contract.ACTIONS:
            raise errors.UNKNOWN_OPERATION.error(name=call.operation)
        if self._context.settings.ins_strict:
            contract.check(envelope, call.operation)
        try:
            assertion = envelope.assertion
        except SoapRefused as refusal:
            raise errors.MALFORMED.error(reason=str(refusal)) from refusal
        call = admit(self._context, call, assertion, await identify_by_token(self._context, authorization))
        if call.operation == insi_card.CARD_OPERATION:
            return await search_by_card(self._context, call, _reading(envelope))
        return await search_by_traits(self._context, call, _traits(envelope))

    def _strikes(self, point: str, call: Call) -> bool:
        board = self._context.floor.faults
        return board.strikes(point, actor=call.issuer, operation=call.operation) is not None

    def _dress(self, call: Call) -> Dress:
        return next((BY_POINT[point] for point in faults.DRESSES if self._strikes(point, call)), USUAL)


_FORCED = {
    faults.MALFORMED: errors.MALFORMED,
    faults.CONTEXT_MISSING: errors.MISSING_CONTEXT,
    faults.CLOSED: errors.CLOSED,
}


def _call_of(envelope: Envelope) -> Call:
    lps, bam = insi.read_lps_context(envelope), insi.read_bam_context(envelope)
    issuer = (lps.issuer if lps else "") or (bam.issuer if bam else "")
    operation = _BY_ELEMENT.get(envelope.operation) or plain(xml.local_name(envelope.body)) or "inconnue"
    software = plain(lps.idam) if lps else ""
    return Call(new_id(), operation, plain(envelope.message_id), software, plain(issuer))


def _traits(envelope: Envelope) -> Traits:
    search = insi.read_search(envelope.body)
    return Traits(search.birth_name, search.first_names, search.sex, search.birth_date, search.birth_place)


def _reading(envelope: Envelope) -> Reading:
    search = insi_card.read_card_search(envelope.body)
    return Reading.of(
        search.individual.number,
        search.individual.key,
        search.holder.number,
        search.holder.key,
        search.birth_date,
        search.birth_rank,
    )


def _media(action: str) -> str:
    return "application/soap+xml; charset=utf-8" + (f'; action="{action}"' if action else "")

"""The SOAP door of INSi, routed on the element in the body, and its contract at `?wsdl` [INS digest 2.5, 2.9].

Real software calls `/lps` on the national test hosts; `/insi` and `/insi/lps` are the same door elsewhere.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segur.kernel import request as call_context
from segur.kernel.errors import SegurError
from segur.kernel.http_server import BodyTooLarge
from segur.kernel.ids import new_id
from segur.wire import insi, soap, xml
from segur.wire.insi import IdentitySearch
from segur.wire.soap import Envelope, SoapRefused
from segur_ins import errors, faults
from segur_ins.context import Context
from segur_ins.domain.traits import Traits
from segur_ins.edges import contract
from segur_ins.edges.answers import answer_of, fault_of
from segur_ins.operations.search_by_traits import Outcome, search_by_traits
from segur_ins.pipeline import Call, admit, plain, told

PATHS = ("/lps", "/insi/lps", "/insi")
_UNREAD = "illisible"
_CARD_OPERATION = "rechercherInsAvecCarteVitale"
_OPERATIONS = {insi.SEARCH: insi.OPERATION, insi.CARD_SEARCH: _CARD_OPERATION}


class SoapDoor:
    """Reads envelopes, calls the act, writes answers and faults."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def app(self) -> Starlette:
        """The routes."""
        return Starlette(
            routes=[
                route
                for path in PATHS
                for route in (Route(path, self._contract, methods=["GET"]), Route(path, self._call, methods=["POST"]))
            ]
        )

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
        """One call; every refusal is a fault with HTTP 500."""
        call = Call(new_id(), _UNREAD)
        message_id = ""
        try:
            envelope = await told(self._context, call, lambda: self._read(request))
            message_id = envelope.message_id
            call = _call_of(envelope)
            outcome = await told(self._context, call, lambda: self._act(envelope, call))
        except SegurError as refusal:
            variant = self._context.floor.faults.strikes(faults.PREFIXES, actor=call.issuer) is not None
            root = fault_of(refusal, message_id=message_id[:200], variant=variant)
            return Response(xml.serialize(root, declaration=True), 500, media_type=_media(""))
        variant = self._context.floor.faults.strikes(faults.PREFIXES, actor=call.issuer) is not None
        root = answer_of(outcome, relates_to=message_id, variant=variant)
        return Response(xml.serialize(root, declaration=True), media_type=_media(insi.RESPONSE_ACTION))

    async def _read(self, request: Request) -> Envelope:
        """The envelope; raise `TOO_LARGE` or `MALFORMED`."""
        try:
            root = xml.parse(await self._body(request))
            envelope = soap.read_envelope(root, required=())
        except (xml.XmlRefused, SoapRefused) as refusal:
            raise errors.MALFORMED.error(reason=str(refusal)) from refusal
        if envelope.version != "1.2":
            raise errors.MALFORMED.error(reason="enveloppe SOAP 1.1, la version 1.2 est attendue")
        return envelope

    async def _body(self, request: Request) -> bytes:
        limit = self._context.settings.ins_max_message_bytes
        body = bytearray()
        try:
            # read to the end even when it is too large: a caller still sending would not see the answer
            async for piece in request.stream():
                if len(body) <= limit:
                    body += piece
        except BodyTooLarge:
            raise errors.TOO_LARGE.error(limit=limit) from None
        if len(body) > limit:
            raise errors.TOO_LARGE.error(limit=limit)
        return bytes(body)

    async def _act(self, envelope: Envelope, call: Call) -> Outcome:
        if envelope.operation != insi.SEARCH:
            raise errors.UNKNOWN_OPERATION.error(name=call.operation)
        if self._context.settings.ins_strict:
            _check_contract(envelope)
        try:
            assertion = envelope.assertion
        except SoapRefused as refusal:
            raise errors.MALFORMED.error(reason=str(refusal)) from refusal
        admit(self._context, call, assertion)
        return await search_by_traits(self._context, call, _traits(insi.read_search(envelope.body)))


def _call_of(envelope: Envelope) -> Call:
    lps, bam = insi.read_lps_context(envelope), insi.read_bam_context(envelope)
    issuer = (lps.issuer if lps else "") or (bam.issuer if bam else "")
    operation = _OPERATIONS.get(envelope.operation) or plain(xml.local_name(envelope.body)) or "inconnue"
    software = plain(lps.idam) if lps else ""
    return Call(new_id(), operation, plain(envelope.message_id), software, plain(issuer))


def _check_contract(envelope: Envelope) -> None:
    blocks = [envelope.body]
    for namespace, name in contract.CHECKED_HEADERS:
        block = envelope.header(namespace, name)
        if block is None:
            raise errors.MALFORMED.error(reason=f"l'en-tête {name} est absent", field=name)
        blocks.append(block)
    for block in blocks:
        rule = contract.broken_rule(block)
        if rule:
            raise errors.MALFORMED.error(reason=f"non conforme au contrat : {rule}", field=xml.local_name(block))


def _traits(search: IdentitySearch) -> Traits:
    return Traits(search.birth_name, search.first_names, search.sex, search.birth_date, search.birth_place)


def _media(action: str) -> str:
    return "application/soap+xml; charset=utf-8" + (f'; action="{action}"' if action else "")

"""The edge as an ASGI application: resolves, hands on, streams back, records.

Raw ASGI over aiohttp: httpx's pool is three times slower as a reverse proxy (docs/measured.md). Bodies are never held,
whatever their size.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import orjson
from opentelemetry.trace import SpanKind
from starlette.types import Receive, Scope, Send

from segur.contracts.gateway import RequestRefused
from segur.kernel import request, tracing
from segur.kernel.certificates import ClientCertificate
from segur.kernel.errors import StoreAway
from segur.kernel.ids import new_id
from segur.kernel.service import Floor
from segur.kernel.tls import PeerCertificateProtocol
from segur_gateway import errors, faults, routes
from segur_gateway.clients import Header, Upstreams, end_to_end
from segur_gateway.errors import CallerGone, Refused
from segur_gateway.record import Recorder
from segur_gateway.sandboxes import Sandboxes
from segur_gateway.settings import Settings

log = logging.getLogger("segur.edge")

_AUTHORITY = re.compile(r"^(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$")
_OURS = frozenset({b"host", b"traceparent", b"tracestate", b"expect"})
"""Request headers the edge writes itself."""
_NOTES = {
    request.FAULT_HEADER: "fault",
    request.PATIENT_HEADER: "patient",
    request.OPERATION_HEADER: "operation",
    request.ACTOR_HEADER: "actor",
}
_CALLER_LEFT = 499
"""Shown in the journal only: there is nobody left to read a status."""
_CONNECTION = "segur.connection"


class EdgeProtocol(PeerCertificateProtocol):
    """Uvicorn's protocol with the peer's certificate, and the connection itself, which a fault may cut."""

    def on_message_begin(self) -> None:
        """Put both into the scope of each request."""
        super().on_message_begin()
        self.scope["extensions"][_CONNECTION] = {"transport": self.transport}


class Edge:
    """The reverse proxy."""

    def __init__(self, floor: Floor, settings: Settings) -> None:
        self.floor, self.settings = floor, settings
        self.sandboxes = Sandboxes(settings.control_url)
        self.recorder = Recorder(floor.pseudonyms, settings.journal_body_bytes)
        self.upstreams = Upstreams(settings.upstreams, settings.upstream_timeout_s, settings.upstream_connections)

    async def close(self) -> None:
        """Let the connections go."""
        await self.upstreams.close()
        await self.sandboxes.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http":
            await _Exchange(self, scope, receive, send).serve()


class _Body:
    """One direction: how much passed, and its beginning for the journal."""

    __slots__ = ("kept", "limit", "size")

    def __init__(self, limit: int) -> None:
        self.kept, self.limit, self.size = bytearray(), limit, 0

    def take(self, piece: bytes) -> None:
        self.size += len(piece)
        if len(self.kept) < self.limit:
            self.kept += piece[: self.limit - len(self.kept)]


class _Exchange:
    """One request and its answer."""

    def __init__(self, edge: Edge, scope: Scope, receive: Receive, send: Send) -> None:
        self._edge, self._scope, self._receive, self._send = edge, scope, receive, send
        self._asked, self._answered = (_Body(edge.settings.journal_body_bytes) for _ in range(2))
        self._status = 0
        self._answer_headers: list[Header] = []
        self._notes: dict[str, str] = {}
        self._caller_left = False
        given = dict(scope["headers"])
        self._authority = given.get(b"host", b"localhost").decode("latin-1").lower()
        match = _AUTHORITY.match(self._authority)
        self._host = match["host"] if match else ""
        self._target = routes.resolve(self._host, scope["path"])
        der = scope.get("extensions", {}).get("tls", {}).get("client_cert_der")
        self._present = request.Request(
            self._target.sandbox,
            f"{scope['scheme']}://{self._authority}{self._target.prefix}",
            ClientCertificate.from_der(der) if der else None,
            {},
            " ".join(str(part) for part in scope["client"]) if scope.get("client") else "",
        )
        self._parent = tracing.context_of(
            given.get(b"traceparent", b"").decode("latin-1"), given.get(b"tracestate", b"").decode("latin-1")
        )

    async def serve(self) -> None:
        """Resolve, hand on, stream back, record."""
        begun = time.perf_counter()
        token = request.enter(self._present)
        trace_id = ""
        name = self._edge.recorder.clean(f"{self._scope['method']} {self._target.path}")
        about = {"segur.sandbox": self._target.sandbox, "segur.service": self._target.service}
        try:
            with tracing.span(name, kind=SpanKind.SERVER, parent=self._parent, attributes=about) as span:
                trace_id = tracing.current_trace_id()
                try:
                    await self._hand_on()
                except Refused as refusal:
                    await self._refuse(refusal)
                except CallerGone:
                    self._status = _CALLER_LEFT
                span.set_attribute("http.response.status_code", self._status)
                if self._status >= 500 or self._status == 0:
                    tracing.fail(str(self._status))
        finally:
            self._record(begun, trace_id)
            request.leave(token)

    async def _hand_on(self) -> None:
        target, scope = self._target, self._scope
        await self._check()
        board = self._edge.floor.faults
        await board.delayed(faults.LATENCY.name, operation=target.service)
        if await board.delayed(faults.UNAVAILABLE.name, operation=target.service):
            raise errors.BROKEN_ON_PURPOSE.error(service=target.service)
        # The raw path: decoding and encoding again would turn %2F into a separator.
        path = scope["raw_path"].decode("latin-1").removeprefix(target.prefix) or "/"
        query = scope["query_string"].decode("latin-1")
        has_body = any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])
        try:
            answer = await self._edge.upstreams.send(
                target.service,
                scope["method"],
                path + (f"?{query}" if query else ""),
                self._headers_on(),
                await self._body() if has_body else None,
            )
        except Refused:
            if self._caller_left:
                raise CallerGone from None
            raise
        try:
            if await board.delayed(faults.CUT.name, operation=target.service):
                await self._cut()
            else:
                await self._stream_back(answer)
        finally:
            answer.close()

    async def _check(self) -> None:
        """Raise `Refused` unless the call is for a sandbox that exists and a service that is there."""
        target = self._target
        if not self._host:
            raise errors.BAD_HOST.error(host=self._authority)
        if routes.PRODUCTION_HOSTS.match(self._host):
            raise errors.PRODUCTION_HOST.error(host=self._host)
        if routes.is_unserved(self._host):
            raise errors.UNSERVED_HOST.error(host=self._host, served=", ".join(routes.CERTIFICATE_NAMES))
        exists = await self._edge.sandboxes.exists(target.sandbox)
        if exists is None:
            raise errors.SANDBOXES_UNREADABLE.error(sandbox=target.sandbox)
        if not exists:
            raise errors.UNKNOWN_SANDBOX.error(sandbox=target.sandbox)
        if not self._edge.upstreams.knows(target.service):
            served = ", ".join(path for path, _ in routes.PATHS)
            raise errors.NO_ROUTE.error(path=self._edge.recorder.clean(target.path), served=served)

    def _headers_on(self) -> list[Header]:
        headers = [
            (name, value)
            for name, value in end_to_end(self._scope["headers"])
            if name not in _OURS and not name.startswith(request.INTERNAL_PREFIX)
        ]
        headers += request.to_headers(self._present)
        headers.append((b"host", self._authority.encode("latin-1")))
        if traceparent := tracing.current_traceparent():
            headers.append((b"traceparent", traceparent.encode()))
        return headers

    async def _body(self) -> bytes | AsyncIterator[bytes]:
        """The caller's body: as bytes where it came in one piece (aiohttp sends those at half the cost), else as a
        stream."""
        first, more = await self._piece()
        return self._pieces(first) if more else first

    async def _pieces(self, piece: bytes) -> AsyncIterator[bytes]:
        more = True
        while True:
            if piece:
                yield piece
            if not more:
                return
            piece, more = await self._piece()

    async def _piece(self) -> tuple[bytes, bool]:
        """The next piece, and whether more follow."""
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._caller_left = True
            raise CallerGone
        piece: bytes = message.get("body", b"")
        self._asked.take(piece)
        return piece, message.get("more_body", False)

    async def _stream_back(self, answer: aiohttp.ClientResponse) -> None:
        for name, value in end_to_end(answer.raw_headers):
            if name in _NOTES:
                self._notes[_NOTES[name]] = value.decode("latin-1")
            elif not name.startswith(request.INTERNAL_PREFIX) and name not in (b"date", b"traceparent"):
                self._answer_headers.append((name, value))
        await self._start(answer.status)
        try:
            async for piece in answer.content.iter_any():
                self._answered.take(piece)
                await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        except aiohttp.ClientError as error:
            # The status has left already: what remains to say is that the answer is not whole.
            log.warning("%s broke off its answer: %s", self._target.service, type(error).__name__)
            tracing.fail("upstream_broke_off")
            self._notes["broken_off"] = self._target.service
            await self._cut()
            return
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _cut(self) -> None:
        """Close the caller's connection as it is, and wait until that is done."""
        transport: asyncio.Transport = self._scope["extensions"][_CONNECTION]["transport"]
        transport.abort()
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _start(self, status: int) -> None:
        self._status = status
        if traceparent := tracing.current_traceparent():
            self._answer_headers.append((b"traceparent", traceparent.encode()))
            self._answer_headers.append((b"x-trace-id", tracing.current_trace_id().encode()))
        await self._send({"type": "http.response.start", "status": status, "headers": self._answer_headers})

    async def _refuse(self, refusal: Refused) -> None:
        row = refusal.row
        body = orjson.dumps({"type": "about:blank", "title": row.code, "status": row.status, "detail": refusal.detail})
        self._answer_headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(body)).encode()),
        ]
        self._answered.take(body)
        await self._start(row.status)
        await self._send({"type": "http.response.body", "body": body})
        if row.told:
            clean = self._edge.recorder.clean
            fact = RequestRefused(
                request_id=new_id(),
                host=self._host,
                path=clean(self._scope["path"]),
                code=row.code,
                reason=clean(refusal.detail),
            )
            try:
                await self._edge.floor.store.commit([], [fact])
            except StoreAway as error:  # the caller has its answer; the journal keeps the refusal
                log.warning("refusal %s not told as a fact: %s", row.code, type(error).__name__)

    def _record(self, begun: float, trace_id: str) -> None:
        scope, recorder = self._scope, self._edge.recorder
        asked, answered = (
            [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
            for headers in (scope["headers"], self._answer_headers)
        )
        certificate = self._present.certificate
        entry: dict[str, Any] = {
            "door": scope["scheme"],
            "sandbox": self._target.sandbox,
            "service": self._target.service or "gateway",
            "method": scope["method"],
            "path": recorder.clean(scope["path"]),
            "query": recorder.clean_encoded(scope["query_string"].decode("latin-1")),
            "status": self._status,
            "ms": round((time.perf_counter() - begun) * 1000, 1),
            "trace_id": trace_id,
            "certificate": certificate.subject if certificate else "",
            "request": recorder.side(asked, bytes(self._asked.kept), self._asked.size),
            "response": recorder.side(answered, bytes(self._answered.kept), self._answered.size),
            **self._notes,
            **self._present.notes,
        }
        self._edge.floor.journal.record(entry)

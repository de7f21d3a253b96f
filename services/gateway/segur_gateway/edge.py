"""The edge as an ASGI application: resolves, hands on, streams back, records.

Raw ASGI over httpx with the aiohttp transport: httpx's own pool is three times slower as a reverse proxy
(docs/measured.md). Bodies are never held, whatever their size.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
from httpx_aiohttp import AiohttpTransport
from opentelemetry.trace import SpanKind
from starlette.types import Message, Receive, Scope, Send

from segur.contracts.gateway import RequestRefused
from segur.kernel import request, tracing
from segur.kernel.certificates import ClientCertificate
from segur.kernel.ids import new_id
from segur.kernel.service import Floor
from segur_gateway import faults, routes
from segur_gateway.record import Recorder
from segur_gateway.sandboxes import Sandboxes
from segur_gateway.settings import Settings

_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"host",
        b"traceparent",
        b"tracestate",
        b"expect",
    }
)
Header = tuple[bytes, bytes]


class Refused(Exception):
    """The edge says no: status, machine-readable code, words."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail


class Edge:
    """The reverse proxy."""

    def __init__(self, floor: Floor, settings: Settings) -> None:
        self._floor, self._settings = floor, settings
        self._sandboxes = Sandboxes(settings.control_url)
        self._recorder = Recorder(floor.pseudonyms, settings.journal_body_bytes)
        self._client: httpx.AsyncClient | None = None

    @property
    def client(self) -> httpx.AsyncClient:
        """The upstream client, made in the running loop."""
        if self._client is None:
            self._client = httpx.AsyncClient(
                transport=AiohttpTransport(), timeout=self._settings.upstream_timeout_s, follow_redirects=False
            )
        return self._client

    async def close(self) -> None:
        """Let the connections go."""
        if self._client is not None:
            await self._client.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            return
        await _Exchange(self, self._floor, self._settings, self._recorder, self._sandboxes).serve(scope, receive, send)


class _Exchange:
    """One request and its answer."""

    def __init__(self, edge: Edge, floor: Floor, settings: Settings, recorder: Recorder, sandboxes: Sandboxes) -> None:
        self._edge, self._floor, self._settings = edge, floor, settings
        self._recorder, self._sandboxes = recorder, sandboxes
        self._limit = settings.journal_body_bytes
        self._sent, self._received = bytearray(), bytearray()
        self._sent_bytes = self._received_bytes = 0
        self._status = 0
        self._answer_headers: list[Header] = []
        self._notes: dict[str, str] = {}

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Resolve, hand on, stream back, record."""
        begun = time.perf_counter()
        headers: list[Header] = scope["headers"]
        given = {name: value for name, value in headers if name in (b"host", b"traceparent", b"tracestate")}
        authority = given.get(b"host", b"localhost").decode("latin-1").lower()
        host = authority.rsplit(":", 1)[0] if not authority.endswith("]") else authority
        target = routes.resolve(host, scope["path"])
        present = self._present(scope, authority, target)
        parent = tracing.context_of(
            given.get(b"traceparent", b"").decode("latin-1"), given.get(b"tracestate", b"").decode("latin-1")
        )
        token = request.enter(present)
        trace_id = ""
        try:
            name = self._recorder.clean(f"{scope['method']} {target.path}")
            with tracing.span(
                name, kind=SpanKind.SERVER, parent=parent, attributes={"segur.sandbox": target.sandbox}
            ) as span:
                trace_id = tracing.current_trace_id()
                try:
                    await self._hand_on(scope, host, target, present, receive, send)
                except Refused as refusal:
                    await self._refuse(scope, host, refusal, send)
                span.set_attribute("http.response.status_code", self._status)
                if self._status >= 500:
                    tracing.fail(str(self._status))
        finally:
            self._record(scope, target, present, begun, trace_id)
            request.leave(token)

    def _present(self, scope: Scope, authority: str, target: routes.Target) -> request.Request:
        der = scope.get("extensions", {}).get("tls", {}).get("client_cert_der")
        certificate = ClientCertificate.from_der(der) if der else None
        return request.Request(target.sandbox, f"{scope['scheme']}://{authority}{target.prefix}", certificate, {})

    async def _hand_on(
        self, scope: Scope, host: str, target: routes.Target, present: request.Request, receive: Receive, send: Send
    ) -> None:
        if routes.PRODUCTION_HOSTS.match(host):
            raise Refused(
                421, "production_host", f"{host} est un nom de production : seuls les noms de test sont servis."
            )
        if not await self._sandboxes.exists(target.sandbox, self._edge.client):
            fix = f"Le créer : segur sandbox create {target.sandbox}"
            raise Refused(404, "unknown_sandbox", f"Bac à sable « {target.sandbox} » inconnu. {fix}")
        upstream = self._settings.upstreams.get(target.service)
        if upstream is None:
            known = ", ".join(path for path, _ in routes.PATHS)
            raise Refused(404, "no_route", f"Aucun service à {target.path}. Chemins servis : {known}")
        await self._break(target)
        query = scope["query_string"].decode("latin-1")
        url = upstream + (scope["raw_path"].decode("latin-1") if not target.prefix else _quoted(target.path))
        sent_headers = [
            (name, value)
            for name, value in scope["headers"]
            if name not in _HOP_BY_HOP and not name.startswith(request.INTERNAL_PREFIX)
        ]
        sent_headers += request.to_headers(present)
        sent_headers.append((b"host", host.encode("latin-1")))
        if traceparent := tracing.current_traceparent():
            sent_headers.append((b"traceparent", traceparent.encode()))
        has_body = any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])
        outgoing = self._edge.client.build_request(
            scope["method"],
            url + (f"?{query}" if query else ""),
            headers=sent_headers,
            content=self._body(receive) if has_body else None,
        )
        try:
            answer = await self._edge.client.send(outgoing, stream=True)
        except (httpx.ConnectTimeout, httpx.ConnectError) as error:
            raise Refused(502, "upstream_absent", f"Le service {target.service} ne répond pas.") from error
        except httpx.TimeoutException as error:
            raise Refused(504, "upstream_timeout", f"Le service {target.service} n'a pas répondu à temps.") from error
        except httpx.HTTPError as error:
            raise Refused(502, "upstream_broken", f"Le service {target.service} a coupé la connexion.") from error
        try:
            await self._stream_back(answer, send)
        finally:
            await answer.aclose()

    async def _break(self, target: routes.Target) -> None:
        board = self._floor.faults
        await board.delayed(faults.LATENCY.name, operation=target.service)
        if await board.delayed(faults.UNAVAILABLE.name, operation=target.service):
            raise Refused(503, "upstream_unavailable", f"Panne provoquée : {target.service} est indisponible.")

    async def _body(self, receive: Receive) -> AsyncIterator[bytes]:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise asyncio.CancelledError
            piece = message.get("body", b"")
            if piece:
                self._received_bytes += len(piece)
                if len(self._received) < self._limit:
                    self._received += piece[: self._limit - len(self._received)]
                yield piece
            if not message.get("more_body"):
                return

    async def _stream_back(self, answer: httpx.Response, send: Send) -> None:
        noted = {
            request.FAULT_HEADER: "fault",
            request.PATIENT_HEADER: "patient",
            request.OPERATION_HEADER: "operation",
            request.ACTOR_HEADER: "actor",
        }
        for name, value in answer.headers.raw:
            lower = name.lower()
            if lower in noted:
                self._notes[noted[lower]] = value.decode("latin-1")
            elif not lower.startswith(request.INTERNAL_PREFIX) and lower not in _HOP_BY_HOP:
                self._answer_headers.append((lower, value))
        await self._start(answer.status_code, send)
        async for piece in answer.aiter_raw():
            self._sent_bytes += len(piece)
            if len(self._sent) < self._limit:
                self._sent += piece[: self._limit - len(self._sent)]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _start(self, status: int, send: Send) -> None:
        self._status = status
        if traceparent := tracing.current_traceparent():
            self._answer_headers.append((b"traceparent", traceparent.encode()))
        message: Message = {"type": "http.response.start", "status": status, "headers": self._answer_headers}
        await send(message)

    async def _refuse(self, scope: Scope, host: str, refusal: Refused, send: Send) -> None:
        body = orjson.dumps(
            {"type": "about:blank", "title": refusal.code, "status": refusal.status, "detail": refusal.detail}
        )
        self._answer_headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(body)).encode()),
        ]
        self._sent, self._sent_bytes = bytearray(body), len(body)
        if refusal.status in (404, 421):
            path = self._recorder.clean(scope["path"])
            fact = RequestRefused(
                request_id=new_id(),
                host=host,
                path=path,
                code=refusal.code,
                reason=self._recorder.clean(refusal.detail),
            )
            await self._floor.store.commit([], [fact])
        await self._start(refusal.status, send)
        await send({"type": "http.response.body", "body": body})

    def _record(
        self, scope: Scope, target: routes.Target, present: request.Request, begun: float, trace_id: str
    ) -> None:
        asked = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        answered = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self._answer_headers]
        entry: dict[str, Any] = {
            "door": scope["scheme"],
            "sandbox": target.sandbox,
            "service": target.service or "gateway",
            "method": scope["method"],
            "path": self._recorder.clean(scope["path"]),
            "status": self._status,
            "ms": round((time.perf_counter() - begun) * 1000, 1),
            "trace_id": trace_id,
            "certificate": present.certificate.subject if present.certificate else "",
            "request": self._recorder.side(asked, bytes(self._received), self._received_bytes),
            "response": self._recorder.side(answered, bytes(self._sent), self._sent_bytes),
            **self._notes,
            **present.notes,
        }
        self._floor.journal.record(entry)


def _quoted(path: str) -> str:
    return str(httpx.URL("http://x").copy_with(path=path).raw_path.decode("ascii"))

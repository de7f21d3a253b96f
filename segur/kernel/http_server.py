"""A service's listeners: uvicorn without signal handling, and the one middleware every national surface wears."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import Iterator, MutableMapping
from typing import Any

import orjson
import uvicorn
from opentelemetry.trace import SpanKind
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from segur.kernel import request, tracing
from segur.kernel.errors import SegurError
from segur.kernel.http_protocol import HttpProtocol

log = logging.getLogger("segur.http")

_MATRICULE = re.compile(r"(?<!\d)[12378]\d{5}[\dAB]\d{8}(?!\d)")
"""An INS in a path: it must not reach span names, attributes or logs."""


class BodyTooLarge(Exception):
    """The request's body passes the service's limit."""


class Surface:
    """Enters the request's context, opens its server span, limits its body and catches what nobody else did.

    A `SegurError` or a bug that reaches this point becomes problem+json (RFC 9457) with the trace id; doors with a
    protocol of their own turn refusals into that protocol before.
    """

    def __init__(self, app: ASGIApp, *, default_base: str, max_body_bytes: int) -> None:
        self._app, self._default_base, self._max_body = app, default_base, max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = scope["headers"]
        incoming = {
            name: value for name, value in headers if name in (b"traceparent", b"tracestate", b"content-length")
        }
        path = _MATRICULE.sub("{ins}", scope["path"])
        present = request.from_headers(headers, self._default_base)
        token = request.enter(present)
        parent = tracing.context_of(
            incoming.get(b"traceparent", b"").decode("latin-1"), incoming.get(b"tracestate", b"").decode("latin-1")
        )
        attributes = {
            "http.request.method": scope["method"],
            "url.path": path,
            "segur.sandbox": present.sandbox,
        }
        started = False
        status = 500

        async def limited() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                limited.seen += len(message.get("body", b""))  # type: ignore[attr-defined]
                if limited.seen > self._max_body:  # type: ignore[attr-defined]
                    raise BodyTooLarge
            return message

        limited.seen = 0  # type: ignore[attr-defined]

        held: list[Message] = []

        async def noting(message: Message) -> None:
            nonlocal started, status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", []), *_notes(present)]}
                if status == 500:  # Starlette answers a bug in its own words and raises after: ours must win
                    held.append(message)
                    return
                started = True
            if held:
                held.append(message)
                return
            await send(message)

        try:
            with tracing.span(
                f"{scope['method']} {path}", kind=SpanKind.SERVER, parent=parent, attributes=attributes
            ) as span:
                try:
                    if int(incoming.get(b"content-length", b"0") or b"0") > self._max_body:
                        raise BodyTooLarge
                    await self._app(scope, limited, noting)
                    for message in held:
                        await send(message)
                except BodyTooLarge:
                    held.clear()
                    status = 413
                    await _problem(send, 413, "Corps trop volumineux", f"Limite : {self._max_body} octets.")
                except SegurError as error:
                    held.clear()
                    status = error.kind.value
                    await _problem(send, status, error.code, error.detail)
                except Exception:
                    log.exception("%s %s failed", scope["method"], path)
                    tracing.fail("unhandled")
                    if started:
                        raise
                    trace = tracing.current_trace_id()
                    await _problem(send, 500, "Erreur interne", f"Défaut de SégurStack, trace {trace}.")
                span.set_attribute("http.response.status_code", status)
                if status >= 500:
                    tracing.fail(str(status))
        finally:
            request.leave(token)


def _notes(present: request.Request) -> Iterator[tuple[bytes, bytes]]:
    known = {
        "fault": request.FAULT_HEADER,
        "patient": request.PATIENT_HEADER,
        "operation": request.OPERATION_HEADER,
        "actor": request.ACTOR_HEADER,
    }
    for name, value in present.notes.items():
        if name in known:
            # A remark may quote what a caller sent: no line break or control character of theirs becomes a header.
            yield known[name], bytes(c if 0x20 <= c < 0x7F else 0x3F for c in value.encode("ascii", "replace"))


async def _problem(send: Send, status: int, title: str, detail: str) -> None:
    body = orjson.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail})
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The runner handles signals for the whole process."""
        yield


class HttpListener:
    """One listening socket. `options` are uvicorn's (TLS, protocol class)."""

    def __init__(self, app: ASGIApp, host: str, port: int, **options: Any) -> None:
        settings: MutableMapping[str, Any] = {
            "loop": "none",
            "http": HttpProtocol,
            "ws": "none",
            "lifespan": "off",
            "access_log": False,
            "log_config": None,
            "server_header": False,
            "timeout_graceful_shutdown": 8,
            "timeout_keep_alive": 30,
            "proxy_headers": False,  # who called is told by the gateway, in headers of its own
            "backlog": 512,
        }
        settings.update(options)
        self.host, self.port = host, port
        self._server = _Server(uvicorn.Config(app, host=host, port=port, **settings))
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen; raise `OSError` naming the port when it is taken."""
        self._task = asyncio.create_task(self._server.serve(), name=f"http {self.port}")
        deadline = time.monotonic() + 15
        while not self._server.started:
            if self._task.done():
                error = self._task.exception()
                raise OSError(f"port {self.port} on {self.host} could not be opened: {error or 'already in use'}")
            if time.monotonic() > deadline:
                raise OSError(f"port {self.port} on {self.host} did not open in 15 s")
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Finish the requests under way, then close."""
        self._server.should_exit = True
        if self._task is not None:
            with contextlib.suppress(SystemExit):
                await self._task

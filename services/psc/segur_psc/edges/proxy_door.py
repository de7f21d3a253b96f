"""The reference Proxy e-Santé as a software sees it: connect, send, traces, disconnect [PSC digest 1.17].

Under the host name of the national example at the root, elsewhere under `/psc/proxy`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import orjson
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from segur.kernel import request as present
from segur.kernel.errors import SegurError
from segur_psc import errors, faults
from segur_psc.context import ProxyDesk
from segur_psc.domain import proxy
from segur_psc.domain.providers import BACKENDS
from segur_psc.domain.proxy import COOKIE, Origin, ProxySession
from segur_psc.edges.forms import read_body
from segur_psc.operations.log_out_proxy import log_out_proxy
from segur_psc.operations.open_proxy_session import Unavailable, open_proxy_session
from segur_psc.operations.relay_call import relay_call

PREFIXES = ("/psc/proxy", "")
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_NO_STORE = {"cache-control": "no-store"}
_TRACES = 5_000
_PATH_CHARACTERS = "/:@!$&'()*+,;=~-._"
_OF_THE_CONNECTION = frozenset(
    {
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding",
        "upgrade", "expect",
    }
)  # fmt: skip
_NOT_HANDED_ON = _OF_THE_CONNECTION | {
    "host",
    "cookie",
    "authorization",
    "traceparent",
    "tracestate",
    "x-forwarded-for",
}
_NOT_GIVEN_BACK = _OF_THE_CONNECTION | {"traceparent", "x-trace-id", "date", "server"}
_SEND_TRIPS = (
    (faults.PROXY_SEND_BROKEN, 500),
    (faults.PROXY_SEND_BAD_GATEWAY, 502),
    (faults.PROXY_SEND_UNAVAILABLE, 503),
    (faults.PROXY_SEND_TIMEOUT, 504),
)


class ProxyDoor:
    """The four calls."""

    def __init__(self, desk: ProxyDesk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Under both prefixes."""
        return [
            route
            for prefix in PREFIXES
            for route in (
                Route(f"{prefix}/connect", self.connect, methods=["POST"]),
                Route(f"{prefix}/disconnect", self.disconnect, methods=["DELETE"]),
                Route(f"{prefix}/send/{{backend}}", self.send, methods=METHODS),
                Route(f"{prefix}/send/{{backend}}/{{rest:path}}", self.send, methods=METHODS),
                Route(f"{prefix}/traces", self.traces, methods=["GET"]),
            )
        ]

    async def connect(self, request: Request) -> Response:
        """Open a session: 200 with it, 304 when the cookie's is active, else why not."""
        present.note(operation="proxy:connect")
        body: Any = None
        try:
            try:
                body = orjson.loads(await read_body(request))
            except orjson.JSONDecodeError as error:
                raise errors.PROXY_BAD_REQUEST.error(problems=f"the body is not JSON: {error}") from error
            connection = proxy.read_connection(body)
            session, origin = await self._session(request), _origin(request)
            if session is not None and (session.client_id, session.national_id) == (
                connection.client_id,
                connection.national_id,
            ):
                row = self._desk.trace(proxy.CONNECT_REPLAY, origin, session.client_id, session.national_id, session)
                await self._desk.sessions.trace(row)
                return Response(status_code=304, headers=_NO_STORE)
            opened = await open_proxy_session(self._desk, connection, origin)
        except SegurError as error:
            return _described(error, proxy.metadata_of(body))
        except Unavailable as error:
            return Response(status_code=error.status, headers=_NO_STORE)
        answer = _json({"proxy_session_id": opened.id, "session_state": opened.session_state})
        self._cookie(answer, opened.id)
        return answer

    async def disconnect(self, request: Request) -> Response:
        """End the session, here and at PSC."""
        present.note(operation="proxy:disconnect")
        try:
            session = await self._session(request)
            if session is None:
                raise errors.PROXY_NO_SESSION_ID.error()
            present.note(actor=session.national_id)
            for point, status in (
                (faults.PROXY_DISCONNECT_BROKEN, 500),
                (faults.PROXY_DISCONNECT_UNAVAILABLE, 503),
            ):
                if await self._desk.psc.breaks(point, session.client_id, session.national_id):
                    return Response(status_code=status, headers=_NO_STORE)
            status = await log_out_proxy(self._desk, session, _origin(request))
        except SegurError as error:
            return _described(error)
        answer = Response(status_code=status, headers=_NO_STORE)
        if status == 200:
            self._cookie(answer, "")
        return answer

    async def send(self, request: Request) -> Response:
        """Hand a call on."""
        present.note(operation="proxy:send")
        name = request.path_params["backend"]
        try:
            session = await self._session(request)
            if session is None:
                raise errors.PROXY_NO_SESSION.error()
            about = (session.client_id, session.national_id)
            if await self._desk.psc.breaks(faults.PROXY_SESSION_LOST, *about):
                raise errors.PROXY_NO_SESSION.error()
            backend = BACKENDS.get(name)
            if backend is None:
                raise errors.PROXY_NO_BACKEND.error(backend=name[:60], known=", ".join(BACKENDS))
            for point, status in _SEND_TRIPS:
                if await self._desk.psc.breaks(point, *about):
                    return Response(status_code=status, headers=_NO_STORE)
            rest = quote(request.path_params.get("rest", ""), safe=_PATH_CHARACTERS)
            path = (f"/{rest}" if "rest" in request.path_params else "") + (
                f"?{request.url.query}" if request.url.query else ""
            )
            answer = await relay_call(
                self._desk,
                session,
                backend,
                _origin(request),
                method=request.method,
                path=path,
                headers=_handed_on(request),
                body=_body(request),
            )
        except SegurError as error:
            return _described(error)
        except Unavailable as error:
            return Response(status_code=error.status, headers=_NO_STORE)
        return _given_back(answer)

    async def traces(self, request: Request) -> Response:
        """What was done between two times, for the conformity check."""
        present.note(operation="proxy:traces")
        try:
            start = proxy.read_date("start", request.query_params.get("start", ""))
            told = request.query_params.get("end")
            # The present instant counts: a trace of this very millisecond must not be missed.
            end = proxy.read_date("end", told) if told else self._desk.psc.floor.clock.now() + timedelta(seconds=1)
        except SegurError as error:
            return _described(error)
        return _json(await self._desk.sessions.traces(_utc(start), _utc(end), _TRACES))

    async def _session(self, request: Request) -> ProxySession | None:
        return await self._desk.sessions.session(request.cookies.get(COOKIE, ""), self._desk.psc.now)

    def _cookie(self, answer: Response, value: str) -> None:
        """The session's cookie, without an end of its own as in the contract; an empty value takes it away."""
        addresses = self._desk.psc.addresses
        answer.set_cookie(
            COOKIE,
            value,
            max_age=None if value else 0,
            path=addresses.prefix or "/",
            secure=addresses.secure,
            httponly=True,
            samesite="lax",
        )


def _json(value: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, _NO_STORE, "application/json")


def _described(error: SegurError, metadata: dict[str, str] | None = None) -> Response:
    """The error descriptor of the contract, its code the status; `metadata` only where the call named somebody."""
    told: dict[str, Any] = {"code": str(error.kind.value), "message": error.text}
    return _json(told | ({"metadata": metadata} if metadata else {}), error.kind.value)


def _origin(request: Request) -> Origin:
    if forwarded := request.headers.get("x-forwarded-for", ""):
        return Origin(forwarded.partition(",")[0].strip()[:100])
    address, _, port = present.current().peer.partition(" ")
    return Origin(address or "unknown", (int(port),) if port.isdigit() and port != "0" else ())


def _handed_on(request: Request) -> list[tuple[str, str]]:
    return [
        (name, value)
        for name, value in request.headers.items()
        if name not in _NOT_HANDED_ON and not name.startswith("x-segur-")
    ]


def _body(request: Request) -> AsyncIterator[bytes] | None:
    has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
    return request.stream() if has_body else None


def _given_back(answer: httpx.Response) -> Response:
    """The API's answer as it comes; its connection is let go when the software has it, or has left."""
    found = StreamingResponse(answer.aiter_raw(), answer.status_code, background=BackgroundTask(answer.aclose))
    found.raw_headers = [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in answer.headers.multi_items()
        if name not in _NOT_GIVEN_BACK
    ]
    return found


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)

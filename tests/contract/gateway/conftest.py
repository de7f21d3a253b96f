"""An edge on real sockets between a scripted service and a stand-in of the control plane."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import orjson
import pytest
import pytest_asyncio
from segur_gateway.service import build
from segur_gateway.settings import Settings
from starlette.types import Receive, Scope, Send

from segur.kernel.faults import FaultRule
from segur.kernel.http_server import HttpListener
from segur.kernel.pki import Authority
from segur.kernel.request import from_headers
from segur.kernel.runner import running
from segur.kernel.service import Service
from tests.conftest import free_port

if TYPE_CHECKING:
    from tests.conftest import Servers

Answer = Callable[[Scope, Receive, Send], Awaitable[None]]


async def whole_body(receive: Receive) -> bytes:
    """The request's body, once it is all there."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return body


async def mirror(scope: Scope, receive: Receive, send: Send) -> None:
    """Tell what arrived."""
    seen = from_headers(scope["headers"], "none")
    told = {
        "sandbox": seen.sandbox,
        "base": seen.base,
        "structure": seen.certificate.structure if seen.certificate else None,
        "bytes": len(await whole_body(receive)),
        "path": scope["raw_path"].decode(),
        "query": scope["query_string"].decode(),
        "headers": [(name.decode(), value.decode("latin-1")) for name, value in scope["headers"]],
    }
    headers = [(b"content-type", b"application/json"), (b"x-segur-patient", b"pat-1"), (b"x-segur-internal", b"1")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": orjson.dumps(told)})


@dataclass
class EdgeUnderTest:
    """The edge, what stands behind it, and what it wrote into the journal."""

    settings: Settings
    service: Service
    authority: Authority
    sandboxes: list[str] = field(default_factory=list)
    journal: list[dict[str, Any]] = field(default_factory=list)
    answer: Answer = mirror
    calls: int = 0

    @property
    def plain(self) -> str:
        return f"http://localhost:{self.settings.edge_http_port}"

    @property
    def tls(self) -> str:
        return f"https://localhost:{self.settings.edge_tls_port}"

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.plain, trust_env=False)

    def break_(self, point: str, count: int | None = None) -> None:
        self.service.floor.faults.arm([FaultRule(id="r1", point=point, count=count)])

    async def journaled(self, number: int = 1) -> dict[str, Any]:
        """The last entry, once there are `number`."""
        while len(self.journal) < number:
            await asyncio.sleep(0.01)
        return self.journal[-1]

    async def behind(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.calls += 1
        await self.answer(scope, receive, send)

    async def control(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = orjson.dumps([{"id": name} for name in ("default", *self.sandboxes)])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running_edge(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EdgeUnderTest]:
    """A running edge; psc is the scripted service, nobody is at dmp, the second of three replicas of ins is away."""
    behind, control, home = free_port(), free_port(), tmp_path_factory.mktemp("edge")
    settings = Settings(
        **servers.settings(home, control_url=f"http://127.0.0.1:{control}").model_dump(),
        edge_http_port=free_port(),
        edge_tls_port=free_port(),
        upstreams={
            "psc": f"http://localhost:{behind}",
            "dmp": "http://127.0.0.1:9",
            "ins": f"http://localhost:{behind}/one http://127.0.0.1:9 http://localhost:{behind}/three",
        },
    )
    service = build(settings)
    under_test = EdgeUnderTest(settings, service, Authority.of_home(home))
    service.floor.journal.record = lambda entry: under_test.journal.append(entry)  # type: ignore[method-assign]
    listeners = [
        HttpListener(under_test.behind, "127.0.0.1", behind, interface="asgi3"),
        HttpListener(under_test.control, "127.0.0.1", control, interface="asgi3"),
    ]
    for listener in listeners:
        await listener.start()
    try:
        async with running(service):
            yield under_test
    finally:
        for listener in listeners:
            await listener.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def edge(running_edge: EdgeUnderTest) -> EdgeUnderTest:
    """The edge as if nobody had called yet."""
    doors = [door for door in running_edge.service.listeners if isinstance(door, HttpListener)]
    while any(door._server.server_state.tasks for door in doors):  # a caller has its answer before the journal has it
        await asyncio.sleep(0.005)
    running_edge.answer, running_edge.calls, running_edge.journal = mirror, 0, []
    running_edge.service.floor.faults.arm([])
    return running_edge

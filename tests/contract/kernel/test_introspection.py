"""The one client of token introspection, in front of a server that answers as told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segur.kernel import request
from segur.kernel.errors import Kind, Refusal, SegurError
from segur.kernel.http_server import HttpListener
from segur.kernel.introspection import TokenCheck
from segur.wire.introspection import Holder
from tests.conftest import free_port

AWAY = Refusal("away", Kind.BUSY, "PSC_AWAY", "Pro Santé Connect ne répond pas.")
LIVING = b'{"active": true, "SubjectNameID": "810000000001", "sid": "s1"}'
PSC = "/auth/realms/esante-wallet/protocol/openid-connect/token/introspect"


@dataclass
class Server:
    """What it answers, and what it was asked: path, authorization header, body."""

    check: TokenCheck
    status: int = 200
    body: bytes = LIVING
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    async def answer(self, received: Request) -> Response:
        told = (received.url.path, received.headers["authorization"], (await received.body()).decode())
        self.asked.append(told)
        return Response(self.body, self.status, media_type="application/json")


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    port = free_port()
    server = Server(TokenCheck(f"http://127.0.0.1:{port}", ("segur-api", "secret"), AWAY, timeout_s=5))
    listener = HttpListener(
        Starlette(routes=[Route("/{path:path}", server.answer, methods=["POST"])]), "127.0.0.1", port
    )
    await listener.start()
    yield server
    await server.check.close()
    await listener.stop()


async def test_a_token_is_asked_about_each_time_it_is_shown(server: Server) -> None:
    assert await server.check.holder("t1") == Holder("810000000001", "s1")
    server.body = b'{"active": false}'
    assert await server.check.holder("t1") is None
    assert server.asked == [(PSC, "Basic c2VndXItYXBpOnNlY3JldA==", "token=t1")] * 2


async def test_the_server_of_another_realm_is_asked_in_the_sandbox_of_the_caller(server: Server) -> None:
    entered = request.enter(request.Request(sandbox="equipe-3"))
    try:
        await server.check.holder("t1", "/realms/insi")
    finally:
        request.leave(entered)
    assert server.asked[0][0] == "/s/equipe-3/realms/insi/protocol/openid-connect/token/introspect"


@pytest.mark.parametrize(("status", "body"), [(503, LIVING), (401, LIVING), (200, b"<html>"), (200, b"")])
async def test_who_gets_no_answer_lets_nobody_in(server: Server, status: int, body: bytes) -> None:
    server.status, server.body = status, body
    with pytest.raises(SegurError) as refused:
        await server.check.holder("t1")
    assert refused.value.refusal is AWAY


async def test_who_reaches_nobody_lets_nobody_in() -> None:
    check = TokenCheck(f"http://127.0.0.1:{free_port()}", ("segur-api", "secret"), AWAY, timeout_s=5)
    with pytest.raises(SegurError) as refused:
        await check.holder("t1")
    await check.close()
    assert refused.value.refusal is AWAY

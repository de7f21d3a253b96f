"""Java's HTTP client, which CXF and many others use, offers HTTP/2 with each request in the clear."""

from __future__ import annotations

import asyncio
import logging

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from segur.kernel.http_server import HttpListener
from tests.conftest import free_port

OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB\r\n"


async def echo(request: Request) -> Response:
    return PlainTextResponse(await request.body())


async def test_it_is_answered_in_http_1_on_the_same_connection_its_body_read_and_nothing_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    port = free_port()
    listener = HttpListener(Starlette(routes=[Route("/", echo, methods=["GET", "POST"])]), "127.0.0.1", port)
    await listener.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with caplog.at_level(logging.WARNING):
        for method, body in ((b"POST", b"one"), (b"GET", b""), (b"POST", b"\nUpgrade: h2c\n")):
            size = b"Content-Length: %d\r\n" % len(body) if body else b""
            writer.write(method + b" / HTTP/1.1\r\nHost: dmp\r\n" + OFFER + size + b"\r\n")
            await writer.drain()
            writer.write(body)
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
            assert head.startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(len(body)) == body
        writer.write(b"NOT HTTP AT ALL\r\n\r\n")
        assert b"400" in await asyncio.wait_for(reader.read(), 10)
    writer.close()
    await listener.stop()
    assert [record.getMessage() for record in caplog.records] == ["Invalid HTTP request received."]

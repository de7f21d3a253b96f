"""Remarks about a call travel to the edge as headers, and may quote what a caller sent."""

from __future__ import annotations

import pytest
from starlette.types import Message, Receive, Scope, Send

from segur.kernel import request
from segur.kernel.http_server import Surface


@pytest.mark.parametrize("sent", ["token:\x12R\x9dÇ", "token:a\r\nset-cookie: session=1", "token:é\x00"])
async def test_what_a_caller_sent_never_becomes_a_header_of_its_own(sent: str) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request.note(operation=sent)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    answers: list[Message] = []

    async def send(message: Message) -> None:
        answers.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": "/token",
        "raw_path": b"/token",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "scheme": "http",
    }
    await Surface(app, default_base="http://localhost", max_body_bytes=1_000)(scope, receive, send)
    told = dict(answers[0]["headers"])[request.OPERATION_HEADER]
    assert told.startswith(b"token:")
    assert all(0x20 <= character < 0x7F for character in told)

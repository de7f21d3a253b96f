"""Whatever is sent to Mon espace santé's documented addresses: no 5xx, and an answer its OpenAPI document foresees."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from segur.kernel.http_server import HttpListener, Surface
from tests.conftest import free_port
from tests.contract.dmp.conftest import CODE, Dmp
from tests.contract.openapi import probe

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]
_EXAMPLES = 4
_NOBODY_BEHIND = (
    "getMessages", "getMessagesNumber", "postMessages", "getMessagesNumberFilesFileId",
    "postMessagesNumberFilesFileIdDocument",
)  # fmt: skip
"""The operator of the mail is not part of this test: 503 is right."""
_LAST = ("postClosing", "postSuspension")
"""After them hardly anything is possible."""


async def test_no_request_breaks_mon_espace_sante_or_its_document(dmp: Dmp) -> None:
    document: dict[str, Any] = (await dmp.client().get(f"{dmp.base}/mes/api/openapi.json")).json()
    document["components"]["parameters"]["ins"]["schema"]["enum"] = [dmp.patient().ins.matricule]
    for operations in document["paths"].values():
        for operation in operations.values():  # the holder calls
            told = operation["parameters"]
            operation["parameters"] = [one for one in told if one != {"$ref": "#/components/parameters/as"}]
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    surface = Surface(dmp.service.app, default_base=base, max_body_bytes=1 << 20)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        there = JSONResponse(document) if scope["type"] == "http" and scope["path"] == "/probe.json" else surface
        await there(scope, receive, send)

    listener = HttpListener(app, "127.0.0.1", port)
    await listener.start()
    try:
        came = await asyncio.to_thread(
            probe, base, "/probe.json", examples=_EXAMPLES, headers=CODE, skip=(*_NOBODY_BEHIND, *_LAST)
        )
    finally:
        await listener.stop()
    assert came.requests > 150
    assert 200 in came.statuses["GET /mes/api/patients/{ins}/documents"]
    assert 400 in came.statuses["POST /mes/api/patients/{ins}/documents"]

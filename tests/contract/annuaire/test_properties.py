"""Whatever is sent to the directory's documented addresses: no 5xx, and an answer its OpenAPI document foresees."""

from __future__ import annotations

import asyncio

import pytest

from segur.kernel.http_server import HttpListener, Surface
from segur.kernel.service import Service
from tests.conftest import free_port
from tests.contract.openapi import probe

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]
_EXAMPLES = 5


async def test_no_request_breaks_the_directory_or_its_document(directory: Service) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    surface = Surface(directory.app, default_base=base, max_body_bytes=1 << 20)
    listener = HttpListener(surface, "127.0.0.1", port)
    await listener.start()
    try:
        key = {"esante-api-key": "00000000-0000-4000-8000-000000000001"}
        told = await asyncio.to_thread(probe, base, "/annuaire/openapi.json", examples=_EXAMPLES, headers=key)
    finally:
        await listener.stop()
    assert told.requests > 40
    assert 200 in told.statuses["GET /fhir/v2/metadata"]
    assert told.statuses["GET /fhir/v2/{type}"] >= {200, 400}

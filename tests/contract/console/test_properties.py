"""Whatever is sent to the control plane's documented addresses: no 5xx, and an answer its OpenAPI document foresees."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from segur.console.service import build
from segur.console.settings import Settings
from segur.kernel.runner import running
from tests.conftest import Servers, free_port
from tests.contract.openapi import probe

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]
_EXAMPLES = 5
_ALWAYS_503 = ("health",)
"""No service stands behind this control plane: it is not ready, and says so."""


async def test_no_request_breaks_the_control_plane_or_its_document(servers: Servers, tmp_path: Path) -> None:
    port = free_port()
    settings = Settings(**servers.settings(tmp_path, port=port).model_dump() | {"trace_ratio": 0.0})
    async with running(build(settings)):
        base = f"http://127.0.0.1:{port}"
        told = await asyncio.to_thread(probe, base, "/openapi.json", examples=_EXAMPLES, headers={}, skip=_ALWAYS_503)
    assert told.requests > 40
    assert 400 in told.statuses["POST /api/sandboxes"]
    assert 404 in told.statuses["GET /api/traces/{trace_id}"]

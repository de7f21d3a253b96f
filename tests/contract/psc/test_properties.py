"""Whatever is sent to PSC's documented addresses: no 5xx, and an answer its OpenAPI document foresees."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from segur_psc.settings import Settings

from segur.kernel.http_server import HttpListener, Surface
from segur.kernel.service import Service
from tests.conftest import free_port
from tests.contract.openapi import probe
from tests.contract.psc.conftest import CLIENT

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]
_EXAMPLES = 5


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def base(usual: tuple[Service, Settings]) -> AsyncIterator[str]:
    """PSC on a socket."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    surface = Surface(usual[0].app, default_base=address, max_body_bytes=1 << 20)
    listener = HttpListener(surface, "127.0.0.1", port)
    await listener.start()
    yield address
    await listener.stop()


@pytest.mark.parametrize("proven", [True, False], ids=["client proven", "nobody proven"])
async def test_no_request_breaks_psc_or_its_document(base: str, proven: bool) -> None:
    secret = base64.b64encode(":".join(CLIENT).encode()).decode()
    headers = {"authorization": f"Basic {secret}"} if proven else {}
    told = await asyncio.to_thread(probe, base, "/psc/openapi.json", examples=_EXAMPLES, headers=headers)
    assert told.requests > 60
    token = told.statuses["POST /auth/realms/esante-wallet/protocol/openid-connect/token"]
    assert token <= {400, 401}, "no token without a login"

"""A seeded directory for each module of tests, spoken to as behind the gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from segur_annuaire.service import build
from segur_annuaire.settings import Settings

from segur.kernel.http_server import Surface
from segur.kernel.service import Service


def client(service: Service) -> httpx.AsyncClient:
    """A client of the service's national surface."""
    app = Surface(service.app, default_base="http://edge", max_body_bytes=100_000)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://edge")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def directory(tmp_path_factory: pytest.TempPathFactory, servers: Any) -> AsyncIterator[Service]:
    """One seeded directory for a module: filling one takes longer than asking it."""
    service = build(Settings(**servers.settings(tmp_path_factory.mktemp("annuaire")).model_dump()))
    await service.floor.store.open()
    assert service.seed is not None
    await service.seed("default")
    yield service
    await service.floor.store.close()

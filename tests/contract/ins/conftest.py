"""A listening INSi over the embedded store, and what it tells."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from segur_ins.service import build
from segur_ins.settings import Settings

from segur.contracts.fact import Fact
from segur.kernel import request
from segur.kernel.certificates import ClientCertificate
from segur.kernel.http_server import HttpListener, Surface
from segur.kernel.ids import new_id
from segur.kernel.service import Service
from tests.conftest import Servers, free_port


@dataclass
class Insi:
    """INSi behind a real socket; `facts` are those told since the last look."""

    service: Service
    base: str
    http: httpx.AsyncClient
    facts: list[Fact] = field(default_factory=list)

    def told(self) -> list[Fact]:
        """The facts since the last call."""
        facts, self.facts = self.facts, []
        return facts

    def over_tls(self, certificate: bytes | None = None) -> httpx.AsyncClient:
        """A caller who came in by the TLS edge, as the gateway announces it; `certificate` is DER."""
        headers = {request.BASE_HEADER.decode(): "https://qualiflps-services-ps-tlsm.ameli.fr"}
        if certificate is not None:
            assert ClientCertificate.from_der(certificate)
            headers[request.CERTIFICATE_HEADER.decode()] = base64.b64encode(certificate).decode()
        return httpx.AsyncClient(headers=headers, trust_env=False)


Opening = Callable[..., AbstractAsyncContextManager[Insi]]


@pytest.fixture(scope="session")
def ins_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all tests of a worker: making keys takes a while."""
    return tmp_path_factory.mktemp("ins-home")


@pytest.fixture(scope="session")
def opening(servers: Servers, ins_home: Path) -> Opening:
    """Opens an INSi with given settings."""

    @asynccontextmanager
    async def opened(**told: Any) -> AsyncIterator[Insi]:
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        service = build(Settings(home=ins_home, namespace=f"t{new_id().lower()}", mongo_url=servers.mongo_url, **told))
        store = service.floor.store
        await store.open()
        assert service.seed is not None
        await service.seed("default")
        listener = HttpListener(Surface(service.app, default_base=base, max_body_bytes=2 << 20), "127.0.0.1", port)
        await listener.start()
        commit = store.commit
        async with httpx.AsyncClient(trust_env=False) as http:
            whole = Insi(service, base, http)

            async def heard(writes: Any, facts: Any = ()) -> Any:
                envelopes = await commit(writes, facts)
                whole.facts.extend(facts)
                return envelopes

            store.commit = heard  # type: ignore[method-assign]
            yield whole
        await listener.stop()
        await store.client.drop_database(store.database.name)
        await store.close()

    return opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(opening: Opening) -> AsyncIterator[Insi]:
    """An INSi with default settings and the published test people, one per module."""
    async with opening(ins_test_identities=True) as whole:
        yield whole


@pytest.fixture
def insi_service(shared: Insi) -> Insi:
    """The module's INSi, with nothing told and nothing broken."""
    shared.told()
    shared.service.floor.faults.arm([])
    return shared

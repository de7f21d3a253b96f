"""PSC behind a real edge with TLS, in this process: where other people's clients connect, with a certificate or not."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
import segur_gateway.service
import segur_gateway.settings
import segur_psc.service
import segur_psc.settings

from segur.kernel.http_server import HttpListener, Surface
from segur.kernel.ids import new_id
from segur.kernel.pki import Authority, Identity
from tests.conftest import Servers, free_port

CALLBACK = "http://127.0.0.1:9999/callback"
AFTER_LOGOUT = "http://127.0.0.1:9999/"
RADIOLOGIST = "899700010046"


@dataclass(frozen=True)
class Edge:
    """The edge at `base`, its authority's certificates, and an organisation's certificate (ORG AUTH_CLI).

    `base` is an address, not `localhost`: some libraries check no certificate there.
    """

    base: str
    ca: Path
    organisation: Identity

    @property
    def issuer(self) -> str:
        """PSC's issuer as callers of this edge see it."""
        return f"{self.base}/auth/realms/esante-wallet"

    def browser(self) -> httpx.AsyncClient:
        """A browser that trusts the authority and has no certificate."""
        return httpx.AsyncClient(verify=str(self.ca), trust_env=False)

    async def register(self, **metadata: object) -> dict[str, str]:
        """Register a client (RFC 7591)."""
        asked = {"redirect_uris": [CALLBACK], "post_logout_redirect_uris": [AFTER_LOGOUT], **metadata}
        async with self.browser() as http:
            answer = await http.post(f"{self.issuer}/clients-registrations/openid-connect", json=asked)
        assert answer.status_code == 201, answer.text
        told: dict[str, str] = answer.json()
        return told

    async def sign_in(self, url: str) -> str:
        """Follow the address a library made, sign in on the page; the address the browser is sent back to."""
        async with self.browser() as browser:
            page = await browser.get(url)
            action = re.search(r'<form method="post" action="([^"]+)"', page.text)
            attempt = re.search(r'name="attempt" value="([^"]+)"', page.text)
            assert action, page.headers.get("location", page.text)
            assert attempt
            told = {"attempt": attempt[1], "id_nat": RADIOLOGIST}
            answer = await browser.post(str(page.url.join(action[1])), data=told)
            assert "location" in answer.headers, answer.text
        return answer.headers["location"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def edge(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Edge]:
    """PSC and the gateway, listening."""
    home: Path = tmp_path_factory.mktemp("home")
    behind, tls = free_port(), free_port()
    shared = {"home": home, "namespace": f"t{new_id().lower()}", "mongo_url": servers.mongo_url}
    psc = segur_psc.service.build(segur_psc.settings.Settings(**shared))
    gateway = segur_gateway.service.build(
        segur_gateway.settings.Settings(
            **shared,
            edge_http_port=free_port(),
            edge_tls_port=tls,
            upstreams={"psc": f"http://127.0.0.1:{behind}"},
        )
    )
    store = psc.floor.store
    await store.open()
    assert psc.seed is not None
    await psc.seed("default")
    surface = Surface(psc.app, default_base=f"https://127.0.0.1:{tls}", max_body_bytes=1 << 20)
    listeners = [HttpListener(surface, "127.0.0.1", behind), *gateway.listeners]
    for listener in listeners:
        await listener.start()
    authority = Authority.of_home(home)
    identity = authority.issue(
        "foreign-auth", "org-auth", common_name="LOGICIEL ETRANGER", organisation="CABINET", unit="499700237045007"
    )
    yield Edge(f"https://127.0.0.1:{tls}", authority.bundle, identity)
    for listener in reversed(listeners):
        await listener.stop()
    for service in (psc, gateway):
        for close in service.closing:
            await close()
    await store.client.drop_database(store.database.name)
    await store.close()

"""Software that hard-codes the national test names works through the edge: real TLS, SNI and Host, any port."""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest
import pytest_asyncio
from segur_gateway.service import build as build_gateway
from segur_gateway.settings import Settings as GatewaySettings
from segur_psc.service import build
from segur_psc.settings import Settings

from segur.kernel import tls
from segur.kernel.http_server import HttpListener, Surface
from segur.kernel.pki import Authority, Identity
from segur.kernel.runner import running
from tests.conftest import Servers, free_port
from tests.contract.national_names import client_by_name
from tests.contract.psc.conftest import CALLBACK, CLIENT, PROTOCOL, RADIOLOGIST, REALM, payload

pytestmark = pytest.mark.asyncio(loop_scope="session")
AUTH, WALLET = "https://auth.bas.psc.esante.gouv.fr", "https://wallet.bas.psc.esante.gouv.fr"

ASKED = {
    "response_type": "code",
    "client_id": CLIENT[0],
    "redirect_uri": CALLBACK,
    "scope": "openid scope_all",
    "acr_values": "eidas1",
    "state": "s",
    "nonce": "n",
}


@dataclass
class Edge:
    """The TLS edge with PSC behind it."""

    port: int
    authority: Authority

    def client(self, identity: Identity | None = None, context: ssl.SSLContext | None = None) -> httpx.AsyncClient:
        return client_by_name(self.port, context or tls.client_context(self.authority.bundle, identity))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def edge(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Edge]:
    home: Path = tmp_path_factory.mktemp("home")
    told = servers.settings(home).model_dump()
    service = build(Settings(**told))
    store, behind = service.floor.store, free_port()
    await store.open()
    assert service.seed is not None
    await service.seed("default")
    gateway = build_gateway(
        GatewaySettings(
            **{**told, "port": free_port(), "admin_port": free_port()},
            edge_http_port=free_port(),
            edge_tls_port=(port := free_port()),
            upstreams={"psc": f"http://127.0.0.1:{behind}"},
        )
    )
    gateway.floor.journal.record = lambda entry: None  # type: ignore[method-assign]
    listener = HttpListener(Surface(service.app, default_base="http://x", max_body_bytes=1 << 20), "127.0.0.1", behind)
    await listener.start()
    async with running(gateway):
        yield Edge(port, Authority.of_home(home))
    await listener.stop()
    await store.close()


async def sign_in(http: httpx.AsyncClient, auth: tuple[str, str] | None = None, **credentials: str) -> dict[str, Any]:
    """What software with the national addresses in its configuration does."""
    page = await http.get(f"{WALLET}/auth", params=ASKED)
    action = re.search(r'<form method="post" action="([^"]+)"', page.text)
    attempt = re.search(r'name="attempt" value="([^"]+)"', page.text)
    assert action, page.text
    assert attempt
    answer = await http.post(urljoin(str(page.url), action[1]), data={"attempt": attempt[1], "id_nat": RADIOLOGIST})
    back = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    assert back["iss"] == AUTH + REALM
    form = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": CALLBACK}
    tokens = await http.post(f"{AUTH}{PROTOCOL}/token", data=form | credentials, auth=auth)
    assert tokens.status_code == 200, tokens.text
    found: dict[str, Any] = tokens.json()
    return found


async def test_software_with_the_national_names_signs_in_with_the_national_issuer(edge: Edge) -> None:
    async with edge.client() as http:
        tokens = await sign_in(http, auth=CLIENT)
        assert payload(tokens["id_token"])["iss"] == f"{AUTH}{REALM}"
        bearer = {"authorization": f"Bearer {tokens['access_token']}"}
        assert (await http.get(f"{AUTH}{PROTOCOL}//userinfo", headers=bearer)).json()["SubjectNameID"] == RADIOLOGIST
        told = (await http.get(f"{AUTH}{REALM}/.well-known/wallet-openid-configuration")).json()
        assert told["authorization_endpoint"] == f"{WALLET}/auth"
        assert {urlsplit(v).netloc for k, v in told.items() if k.endswith("_endpoint") and k[0] != "a"} == {AUTH[8:]}
        # the session holds on both hosts: a second service is signed in without a page
        again = await http.get(f"{AUTH}{PROTOCOL}/auth", params={**ASKED, "prompt": "none"})
        assert "code=" in again.headers["location"]


async def test_the_same_addresses_take_a_certificate(edge: Edge) -> None:
    own = edge.authority.issue("own", "org-auth", common_name="LOGICIEL", unit="1990000119")
    async with edge.client(own) as http:
        tokens = await sign_in(http, client_id=CLIENT[0])
        assert payload(tokens["access_token"])["azp"] == CLIENT[0]
    async with edge.client() as http:
        answer = await http.post(f"{AUTH}{PROTOCOL}/token/introspect", data={"client_id": CLIENT[0], "token": "x"})
        assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized_client")


async def test_a_certificate_of_another_authority_does_not_open_a_connection(edge: Edge, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "pki").issue("s", "org-auth", common_name="LOGICIEL", unit="1990000119")
    async with edge.client(context=tls.client_context(edge.authority.bundle, stranger)) as http:
        with pytest.raises(httpx.TransportError):
            await http.get(f"{AUTH}{PROTOCOL}/certs")


async def test_a_production_name_is_refused_with_the_reason(edge: Edge) -> None:
    context = tls.client_context(edge.authority.bundle)
    context.check_hostname = False  # no certificate of ours names production
    async with edge.client(context=context) as http:
        answer = await http.get("https://auth.esw.esante.gouv.fr" + REALM + "/.well-known/openid-configuration")
        assert answer.status_code == 421
        assert "nom de production" in answer.text

"""PSC with its proxy, and the gateway, over real sockets: what the tests of the proxy run against."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import segur_gateway.service
import segur_gateway.settings
import segur_psc.service
import segur_psc.settings

from segur.kernel.faults import FaultRule
from segur.kernel.ids import new_id
from segur.kernel.pki import Authority, Identity
from segur.kernel.runner import running
from segur.kernel.service import Service
from segur.kernel.tls import client_context
from segur.scenario.actors.proxy_lps import PROXY, ProxyLps
from tests.conftest import Servers, free_port

RADIOLOGIST = "899700010046"


@dataclass
class ProxyCountry:
    """The two services, and a software behind the proxy."""

    psc: Service
    edge: str
    home: Path
    http: httpx.AsyncClient

    @property
    def lps(self) -> ProxyLps:
        """The demonstration software."""
        return ProxyLps(self.http, self.edge + PROXY)

    def arm(self, *rules: FaultRule) -> None:
        """The rules in force from now on."""
        self.psc.floor.faults.arm(rules)

    def break_(self, point: str, **more: Any) -> None:
        """One rule."""
        self.arm(FaultRule(id="trip", point=point, **more))

    def client(self, identity: Identity | None = None) -> httpx.AsyncClient:
        """A client of the TLS edge, with a certificate or without."""
        context = client_context(Authority.of_home(self.home).bundle, identity)
        return httpx.AsyncClient(verify=context, trust_env=False, timeout=60, base_url=self.edge)


@contextlib.asynccontextmanager
async def proxy_country(servers: Servers, home: Path, **told: object) -> AsyncIterator[ProxyCountry]:
    """Both services, running; phones approve by themselves, polls may come every second."""
    plain, secure, port = free_port(), free_port(), free_port()
    shared = {
        "namespace": f"t{new_id().lower()}",
        "gateway_url": f"http://127.0.0.1:{plain}",
        "gateway_tls_url": f"https://127.0.0.1:{secure}",
    }
    psc = segur_psc.service.build(
        segur_psc.settings.Settings(
            **{
                **servers.settings(home, **shared, port=port).model_dump(),
                "psc_ciba_interval_s": 1,
                "psc_ciba_auto_approve": ("*",),
                "psc_recent_s": 0,
                **told,
            }
        )
    )
    gateway = segur_gateway.service.build(
        segur_gateway.settings.Settings(
            **servers.settings(home, **shared).model_dump(),
            edge_http_port=plain,
            edge_tls_port=secure,
            upstreams={"psc": f"http://127.0.0.1:{port}", "dmp": "http://127.0.0.1:9"},
        )
    )
    async with running(psc), running(gateway):
        country = ProxyCountry(psc, f"https://localhost:{secure}", home, httpx.AsyncClient())
        await country.http.aclose()
        country.http = country.client()
        async with country.http:
            yield country

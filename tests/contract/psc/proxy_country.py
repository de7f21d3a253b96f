"""PSC with its proxy, the gateway and, where asked for, APIs behind it, over real sockets."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
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
    """The services, and a software behind the proxy; `apis` by name."""

    psc: Service
    edge: str
    home: Path
    http: httpx.AsyncClient
    apis: Mapping[str, Service] = field(default_factory=dict)

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
async def proxy_country(
    servers: Servers, home: Path, apis: Mapping[str, tuple[Any, Any]] = MappingProxyType({}), **told: object
) -> AsyncIterator[ProxyCountry]:
    """The services, running; phones approve by themselves, polls may come every second.

    `apis` gives the `build` and the `Settings` of further services.
    """
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
    ports = {name: free_port() for name in apis}
    behind = {
        name: build(settings(**servers.settings(home, **shared, port=ports[name]).model_dump()))
        for name, (build, settings) in apis.items()
    }
    gateway = segur_gateway.service.build(
        segur_gateway.settings.Settings(
            **servers.settings(home, **shared).model_dump(),
            edge_http_port=plain,
            edge_tls_port=secure,
            upstreams={
                "dmp": "http://127.0.0.1:9",
                "psc": f"http://127.0.0.1:{port}",
                **{name: f"http://127.0.0.1:{port}" for name, port in ports.items()},
            },
        )
    )
    async with contextlib.AsyncExitStack() as stack:
        for service in (psc, *behind.values(), gateway):
            await stack.enter_async_context(running(service))
        country = ProxyCountry(psc, f"https://localhost:{secure}", home, httpx.AsyncClient(), behind)
        await country.http.aclose()
        country.http = country.client()
        async with country.http:
            yield country

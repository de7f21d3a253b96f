"""The edge on real sockets: TLS with and without a client certificate, streaming, refusals, faults."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from segur_gateway.service import build
from segur_gateway.settings import Settings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from segur.kernel.faults import FaultRule
from segur.kernel.http_server import HttpListener
from segur.kernel.pki import Authority
from segur.kernel.request import CERTIFICATE_HEADER, from_headers
from segur.kernel.runner import running
from segur.kernel.tls import client_context
from tests.conftest import free_port

if TYPE_CHECKING:
    from tests.conftest import Servers


async def _mirror(request: Request) -> Response:
    seen = from_headers(request.headers.raw, "none")
    body = await request.body()
    return JSONResponse(
        {
            "sandbox": seen.sandbox,
            "base": seen.base,
            "structure": seen.certificate.structure if seen.certificate else None,
            "kind": seen.certificate.kind if seen.certificate else None,
            "bytes": len(body),
            "path": request.url.path,
            "query": request.url.query,
        },
        headers={"x-segur-patient": "pat-1"},
    )


@asynccontextmanager
async def _edge(servers: Servers, home: Path) -> AsyncIterator[tuple[Settings, HttpListener]]:
    behind = HttpListener(
        Starlette(routes=[Route("/{path:path}", _mirror, methods=["GET", "POST"])]), "127.0.0.1", free_port()
    )
    await behind.start()
    base = servers.settings(home)
    settings = Settings(
        **base.model_dump(),
        edge_http_port=free_port(),
        edge_tls_port=free_port(),
        upstreams={"psc": f"http://127.0.0.1:{behind.port}", "dmp": "http://127.0.0.1:9"},
    )
    service = build(settings)
    _edge.service = service  # type: ignore[attr-defined]
    try:
        async with running(service):
            yield settings, behind
    finally:
        await behind.stop()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_the_client_certificate_reaches_the_service_and_cannot_be_forged(
    servers: Servers, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    async with _edge(servers, tmp_path) as (settings, _):
        authority = Authority.of_home(tmp_path)
        identity = authority.issue("lps", "org-auth", common_name="LPS", unit="1990000014")
        url = f"https://localhost:{settings.edge_tls_port}/auth/x?a=1"
        for shown, expected in ((identity, "1990000014"), (None, None)):
            context = client_context(authority.bundle, shown)
            context.maximum_version = context.minimum_version = version
            async with httpx.AsyncClient(verify=context, trust_env=False) as client:
                forged = {CERTIFICATE_HEADER.decode(): "AAAA", "x-segur-sandbox": "autre"}
                answer = await client.get(url, headers=forged)
            assert answer.status_code == 200, answer.text
            assert answer.json()["structure"] == expected
            assert answer.json()["sandbox"] == "default"
            assert answer.json()["base"] == f"https://localhost:{settings.edge_tls_port}"
            assert answer.json()["query"] == "a=1"
            assert "x-segur-patient" not in answer.headers
            assert answer.headers["traceparent"].startswith("00-")


async def test_refusals_of_the_edge_say_what_and_how_to_mend_it(servers: Servers, tmp_path: Path) -> None:
    async with (
        _edge(servers, tmp_path) as (settings, _),
        httpx.AsyncClient(base_url=f"http://localhost:{settings.edge_http_port}", trust_env=False) as client,
    ):
        unknown = await client.get("/s/nulle-part/auth")
        nowhere = await client.get("/nowhere")
        production = await client.get("/auth", headers={"host": "auth.esw.esante.gouv.fr"})
        absent = await client.get("/si-dmp-server/v2")
        big = await client.post("/auth/big", content=b"x" * 5_000_000)
    assert (unknown.status_code, nowhere.status_code, production.status_code, absent.status_code) == (
        404,
        404,
        421,
        502,
    )
    assert "segur sandbox create nulle-part" in unknown.json()["detail"]
    assert "/si-dmp-server" in nowhere.json()["detail"]
    assert all(a.headers["content-type"] == "application/problem+json" for a in (unknown, nowhere, production, absent))
    assert big.json()["bytes"] == 5_000_000


async def test_an_armed_fault_strikes_as_often_as_it_was_told(servers: Servers, tmp_path: Path) -> None:
    async with (
        _edge(servers, tmp_path) as (settings, _),
        httpx.AsyncClient(base_url=f"http://localhost:{settings.edge_http_port}", trust_env=False) as client,
    ):
        board = _edge.service.floor.faults  # type: ignore[attr-defined]
        board.arm([FaultRule(id="r1", point="gateway.upstream.unavailable", count=2)])
        statuses = [(await client.get("/auth")).status_code for _ in range(4)]
    assert statuses == [503, 503, 200, 200]

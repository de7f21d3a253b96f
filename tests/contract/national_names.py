"""A client with the national addresses built in: it believes that it speaks to port 443 of the national names.

Only where its connections go is changed, as a hosts file and a port redirection would: SNI, Host and the name checked
in the server's certificate stay the national ones.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx


class _Redirected(httpcore.AsyncNetworkBackend):
    """Every name is this machine, every port the edge's."""

    def __init__(self, port: int) -> None:
        self._port, self._real = port, httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        assert port == 443
        return await self._real.connect_tcp("127.0.0.1", self._port, timeout, local_address, socket_options)


def client_by_name(port: int, context: ssl.SSLContext) -> httpx.AsyncClient:
    """A client whose calls to any name on port 443 reach the TLS edge at `port`."""
    transport = httpx.AsyncHTTPTransport(verify=context)
    transport._pool._network_backend = _Redirected(port)
    return httpx.AsyncClient(transport=transport)

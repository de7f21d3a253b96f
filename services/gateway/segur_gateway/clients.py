"""The services behind the edge: one call handed on, one answer streamed back.

httpx's transport over aiohttp is used without `httpx.AsyncClient`: a client keeps cookies and adds headers of its own
(`accept-encoding`, `user-agent`), and a proxy that does so hands one caller's session to the next.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import cast

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from segur_gateway import errors

Header = tuple[bytes, bytes]

_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_ADDED_BY_AIOHTTP = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


def end_to_end(headers: Iterable[Header]) -> list[Header]:
    """The headers that go further, names in lower case: not those of one connection (RFC 9110 section 7.6.1)."""
    rows = [(name.lower(), value) for name, value in headers]
    named = {token.strip().lower() for name, value in rows if name == b"connection" for token in value.split(b",")}
    return [(name, value) for name, value in rows if name not in _HOP_BY_HOP and name not in named]


class Upstreams:
    """Connections to the services."""

    def __init__(self, timeout_s: float, most_connections: int) -> None:
        self._timeout = httpx.Timeout(timeout_s).as_dict()
        self._most = most_connections
        self._transport: AiohttpTransport | None = None

    async def send(
        self, service: str, method: str, url: str, headers: list[Header], body: AsyncIterator[bytes] | None
    ) -> httpx.Response:
        """Hand a call on and give the answer as soon as its headers are there; raise `errors.Refused`.

        The caller iterates `aiter_raw()` and closes the answer.
        """
        outgoing = httpx.Request(method, url, headers=headers, content=body, extensions={"timeout": self._timeout})
        if self._transport is None:
            self._transport = AiohttpTransport(client=self._session)
        try:
            return await self._transport.handle_async_request(outgoing)
        except (httpx.ConnectTimeout, httpx.ConnectError) as error:
            raise errors.UPSTREAM_ABSENT.error(service=service) from error
        except httpx.TimeoutException as error:
            raise errors.UPSTREAM_TIMEOUT.error(service=service) from error
        except (httpx.HTTPError, aiohttp.ClientError) as error:
            raise errors.UPSTREAM_BROKEN.error(service=service) from error

    async def close(self) -> None:
        """Let the connections go."""
        if self._transport is not None:
            await self._transport.aclose()

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._most, keepalive_timeout=15),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_ADDED_BY_AIOHTTP,
        )


async def pieces(answer: httpx.Response) -> AsyncIterator[bytes]:
    """The body of an answer as it arrives; raise `httpx.HTTPError` when the service breaks off."""
    try:
        async for piece in cast(httpx.AsyncByteStream, answer.stream):
            yield piece
    except aiohttp.ClientError as error:
        raise httpx.ReadError(str(error)) from error

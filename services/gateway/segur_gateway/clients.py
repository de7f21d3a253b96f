"""The services behind the edge: one call handed on, one answer streamed back.

aiohttp by itself: httpx's transport over it doubled what a call costs here (a request, a URL and headers of its own),
and a client of httpx keeps cookies and adds headers, so that one caller's session would reach the next.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping

import aiohttp
from multidict import CIMultiDict
from yarl import URL

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


def _text(part: bytes) -> str:
    """A name or value for aiohttp, which writes UTF-8."""
    try:
        return part.decode()
    except UnicodeDecodeError:
        return part.decode("latin-1")


class Upstreams:
    """Connections to the services; the replicas of one are called in turn, past those that are not there."""

    def __init__(self, addresses: Mapping[str, str], timeout_s: float, most_connections: int) -> None:
        self._replicas = {
            name: deque(listed.rstrip("/") for listed in text.split()) for name, text in addresses.items()
        }
        self._timeout = aiohttp.ClientTimeout(connect=timeout_s, sock_connect=timeout_s, sock_read=timeout_s)
        self._most = most_connections
        self._session: aiohttp.ClientSession | None = None

    def knows(self, service: str) -> bool:
        """Whether an address of the service is known."""
        return bool(self._replicas.get(service))

    async def send(
        self, service: str, method: str, path: str, headers: list[Header], body: bytes | AsyncIterator[bytes] | None
    ) -> aiohttp.ClientResponse:
        """Hand a call on and give the answer as soon as its headers are there; raise `errors.Refused`.

        `path`, with its query, goes out as it is written. The caller iterates `content` and closes the answer.
        """
        replicas = self._replicas[service]
        replicas.rotate(-1)
        *others, last = replicas
        for address in others:
            try:
                return await self._send(service, method, address + path, headers, body)
            except errors.Refused as refused:
                # Without a connection nothing of the body was read: the next replica can have it.
                if refused.row is not errors.UPSTREAM_ABSENT:
                    raise
        return await self._send(service, method, last + path, headers, body)

    async def _send(
        self, service: str, method: str, url: str, headers: list[Header], body: bytes | AsyncIterator[bytes] | None
    ) -> aiohttp.ClientResponse:
        if self._session is None:
            self._session = self._open()
        try:
            return await self._session.request(
                method,
                URL(url, encoded=True),
                headers=CIMultiDict([(_text(name), _text(value)) for name, value in headers]),
                data=body,
                allow_redirects=False,
                timeout=self._timeout,
            )
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError) as error:
            raise errors.UPSTREAM_ABSENT.error(service=service) from error
        except TimeoutError as error:
            raise errors.UPSTREAM_TIMEOUT.error(service=service) from error
        except aiohttp.ClientError as error:
            raise errors.UPSTREAM_BROKEN.error(service=service) from error

    async def close(self) -> None:
        """Let the connections go."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._most, keepalive_timeout=15),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_ADDED_BY_AIOHTTP,
            auto_decompress=False,
        )

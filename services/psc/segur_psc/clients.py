"""Whom PSC calls: the back-channel logout addresses of services, wherever they are."""

from __future__ import annotations

import asyncio
import ssl

import httpx

from segur.kernel import tracing
from segur.kernel.pki import Authority
from segur_psc.settings import Settings


class LogoutCalls:
    """Sends logout tokens. Redirects are not followed: the address registered is the one that counts."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: httpx.AsyncClient | None = None
        self._lock = asyncio.Lock()

    async def send(self, uri: str, logout_token: str) -> str:
        """POST it; give what is wrong, or nothing when the service took it (2xx)."""
        client = await self._ready()
        headers = {"cache-control": "no-store"}
        if traceparent := tracing.current_traceparent():
            headers["traceparent"] = traceparent
        try:
            async with client.stream("POST", uri, data={"logout_token": logout_token}, headers=headers) as answer:
                return "" if answer.is_success else f"HTTP {answer.status_code}"
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            return f"{type(error).__name__}: {error}"[:300]

    async def close(self) -> None:
        """Let the connections go."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _ready(self) -> httpx.AsyncClient:
        """The client, made at the first token: most platforms never send one."""
        async with self._lock:
            if self._client is None:
                trusted = await asyncio.to_thread(self._trusted)
                self._client = httpx.AsyncClient(
                    verify=trusted, timeout=self._settings.psc_logout_timeout_s, trust_env=False, follow_redirects=False
                )
            return self._client

    def _trusted(self) -> ssl.SSLContext:
        """The authorities of the machine, and the platform's own: services run under certificates of either."""
        context = ssl.create_default_context()
        context.load_verify_locations(Authority.of_home(self._settings.home).bundle)
        return context

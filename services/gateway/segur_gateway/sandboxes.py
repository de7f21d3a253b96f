"""Which sandboxes exist, as the control plane says."""

from __future__ import annotations

import asyncio
import time

import httpx

_FRESH_S = 1.0


class Sandboxes:
    """The known sandboxes. `default` always exists.

    What is known is trusted for a second; an unknown name is always asked about, so that a sandbox can be used as soon
    as its creation was answered. Callers who wait together share one question.
    """

    def __init__(self, control_url: str) -> None:
        self._url = f"{control_url}/api/sandboxes"
        self._known: frozenset[str] = frozenset({"default"})
        self._asked_at = float("-inf")
        self._reached = False
        self._asking = asyncio.Lock()
        self._client: httpx.AsyncClient | None = None

    async def exists(self, sandbox: str) -> bool | None:
        """Whether a sandbox exists; None when it is unknown here and the control plane is away."""
        arrived = time.monotonic()
        if sandbox == "default" or (sandbox in self._known and arrived - self._asked_at < _FRESH_S):
            return True
        async with self._asking:
            if self._asked_at < arrived:
                await self._ask()
        return True if sandbox in self._known else (False if self._reached else None)

    async def close(self) -> None:
        """Let the connection go."""
        if self._client is not None:
            await self._client.aclose()

    async def _ask(self) -> None:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=2, trust_env=False)
        self._asked_at = time.monotonic()
        try:
            answer = await self._client.get(self._url)
            self._known = frozenset(str(row["id"]) for row in answer.raise_for_status().json())
            self._reached = True
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            self._reached = False

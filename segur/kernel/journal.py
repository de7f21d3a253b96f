"""Each exchange with the outside, for the console: sent in batches to the control plane, never in the caller's way.

The journal is an account for people, not a record: when the control plane is away, entries wait up to a limit and the
oldest are dropped and counted.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson

from segur.kernel.ids import new_id

_WAITING_MAX = 5_000
_FLUSH_EVERY_S = 0.25
_MASKED = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization", "esante-api-key", "x-api-key"})


def mask_headers(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Headers with their secrets replaced."""
    return [(name, "•••" if name.lower() in _MASKED else value) for name, value in headers]


class Journal:
    """Collects entries and sends them."""

    def __init__(self, control_url: str) -> None:
        self._url = f"{control_url}/v1/journal"
        self._waiting: deque[dict[str, Any]] = deque(maxlen=_WAITING_MAX)
        self._task: asyncio.Task[None] | None = None
        self.dropped = 0

    def record(self, entry: dict[str, Any]) -> None:
        """Take an entry; keys used by the console: at, door, sandbox, method, path, status, ms, trace_id, service,
        patient, operation, actor, fault, request{headers, body}, response{headers, body}."""
        if len(self._waiting) == _WAITING_MAX:
            self.dropped += 1
        self._waiting.append({"_id": new_id(), "at": datetime.now(UTC).isoformat(), **entry})

    async def start(self) -> None:
        """Begin sending."""
        self._task = asyncio.create_task(self._run(), name="journal")

    async def stop(self) -> None:
        """Send what is left, once, and end."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
                with contextlib.suppress(httpx.HTTPError):
                    await self._send(client)

    async def _run(self) -> None:
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            while True:
                await asyncio.sleep(_FLUSH_EVERY_S)
                with contextlib.suppress(httpx.HTTPError):
                    await self._send(client)

    async def _send(self, client: httpx.AsyncClient) -> None:
        while self._waiting:
            batch = [self._waiting[index] for index in range(min(100, len(self._waiting)))]
            response = await client.post(
                self._url, content=orjson.dumps(batch), headers={"content-type": "application/json"}
            )
            response.raise_for_status()
            for entry in batch:
                if self._waiting and self._waiting[0] is entry:
                    self._waiting.popleft()

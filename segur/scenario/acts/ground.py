"""A sandbox of a story's own: its clock, its faults, its facts; gone at the end, whatever happened."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from segur.kernel.ids import new_id
from segur.scenario.actors.psc_browser import Browser
from segur.scenario.actors.psc_software import PscSoftware
from segur.scenario.stage import Stage
from segur.scenario.story import NotHeld, Step

_PATIENCE_S = 15.0


class Ground:
    """What a story may do to its own country."""

    def __init__(self, stage: Stage, sandbox: str, control: httpx.AsyncClient) -> None:
        self.stage, self.sandbox, self._control = stage, sandbox, control
        self.base = f"{stage.https}/s/{sandbox}"
        self._offset = 0.0

    def now(self) -> float:
        """The sandbox's time, in epoch seconds."""
        return time.time() + self._offset

    def browser(self) -> Browser:
        """A browser without cookies."""
        return Browser(self.stage.client())

    def software(self, **options: Any) -> PscSoftware:
        """The demonstration software, or another by `options` of `PscSoftware`."""
        return PscSoftware(options.pop("http", None) or self.stage.client(), options.pop("base", self.base), **options)

    async def shift(self, seconds: float) -> None:
        """Let time pass, without waiting."""
        self._offset += seconds
        await self._order("POST", "/api/sandboxes", {"id": self.sandbox, "offset_s": self._offset})

    async def break_at(self, point: str, **rule: Any) -> str:
        """Arm a fault point in this sandbox only; give the rule's id."""
        told = await self._order("POST", "/api/faults", {"point": point, "sandbox": self.sandbox, **rule})
        return str(told["id"])

    async def mend(self, rule: str) -> None:
        """Disarm."""
        await self._order("DELETE", f"/api/faults/{rule}")

    async def facts(self, type_: str) -> list[dict[str, Any]]:
        """The facts of this sandbox of that type so far, newest first."""
        found = await self._control.get("/api/facts", params={"type": type_, "sandbox": self.sandbox, "limit": "200"})
        rows: list[dict[str, Any]] = found.raise_for_status().json()
        return rows

    async def fact(self, step: Step, type_: str, **expected: object) -> dict[str, Any]:
        """Wait for a fact of this sandbox with these fields; not held when it does not come."""
        deadline = time.monotonic() + _PATIENCE_S
        seen: list[dict[str, Any]] = []
        while time.monotonic() < deadline:
            seen = await self.facts(type_)
            for row in seen:
                if all(row["data"].get(name) == value for name, value in expected.items()):
                    step.facts.append(type_)
                    data: dict[str, Any] = row["data"]
                    return data
            await asyncio.sleep(0.05)
        raise NotHeld(f"attendu : le fait {type_} {expected} ; trouvé : {[row['data'] for row in seen][:5]}")

    async def until(self, what: str, holds: Callable[[], Awaitable[bool]]) -> float:
        """Wait until something follows from a fact; give the seconds it took. Not held when it does not come."""
        begun = time.monotonic()
        while not await holds():
            if time.monotonic() - begun > _PATIENCE_S:
                raise NotHeld(f"attendu : {what} ; rien en {_PATIENCE_S:.0f} s")
            await asyncio.sleep(0.1)
        return time.monotonic() - begun

    async def journal(self, service: str = "psc", *, at_least: int = 1) -> list[dict[str, Any]]:
        """The exchanges of this sandbox with a service, newest first, once there are so many (it comes in batches)."""
        asked = {"sandbox": self.sandbox, "service": service, "limit": "500"}
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            found = await self._control.get("/api/journal", params=asked)
            rows: list[dict[str, Any]] = found.raise_for_status().json()
            if len(rows) >= at_least:
                return rows
            if time.monotonic() > deadline:
                raise NotHeld(f"attendu : {at_least} échanges au journal ; trouvé : {len(rows)}")
            await asyncio.sleep(0.05)

    async def _order(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = await self._control.request(method, path, json=body)
        if answer.status_code >= 300:
            raise NotHeld(f"{method} {path} : {answer.status_code} {answer.text[:300]}")
        told: dict[str, Any] = answer.json() if answer.content else {}
        return told


@asynccontextmanager
async def ground(stage: Stage, story: str) -> AsyncIterator[Ground]:
    """A new sandbox named after the story."""
    sandbox = f"{story.lower()}-{new_id()[-6:].lower()}"
    async with httpx.AsyncClient(base_url=stage.control, trust_env=False, timeout=30) as control:
        own = Ground(stage, sandbox, control)
        await own.shift(0)
        try:
            yield own
        finally:
            for _ in range(3):  # a service that is busy for a moment is asked again
                gone = await control.delete(f"/api/sandboxes/{sandbox}")
                if gone.status_code != 503:
                    break

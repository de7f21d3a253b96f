"""The services as the control plane sees them: their health, and the levers on their admin routes."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from segur.console.settings import Settings
from segur.console.store import ConsoleStore

_OWN = "control"


class Fleet:
    """Asks and tells all services at once."""

    def __init__(self, settings: Settings, store: ConsoleStore) -> None:
        self._admins = {name: url for name, url in settings.admins.items() if name != _OWN}
        self._store = store
        self._client: httpx.AsyncClient | None = None
        self._ready: dict[str, bool] = {}

    @property
    def client(self) -> httpx.AsyncClient:
        """The HTTP client, made in the running loop."""
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=25, trust_env=False)
        return self._client

    async def close(self) -> None:
        """Let the connections go."""
        if self._client is not None:
            await self._client.aclose()

    async def health(self) -> dict[str, Any]:
        """`{"ready": …, "services": {name: {ready, checks}}}`."""
        answers = await self._all("GET", "/_segur/health", timeout=3)
        services = {name: answer if isinstance(answer, dict) else {"ready": False} for name, answer in answers.items()}
        return {"ready": all(s.get("ready") for s in services.values()), "services": services}

    async def faults(self) -> list[dict[str, Any]]:
        """The fault points of every service."""
        answers = await self._all("GET", "/_segur/faults", timeout=3)
        return [
            {**point, "service": name}
            for name, answer in sorted(answers.items())
            if isinstance(answer, dict)
            for point in answer["points"]
        ]

    async def arm(self) -> dict[str, Any]:
        """Hand the rules in force to every service."""
        rules = [row["rule"] for row in await self._store.rules.find({}, sort=("_id",))]
        return await self._all("PUT", "/_segur/faults", json=rules)

    async def seed(self, sandbox: str, offset_s: float) -> dict[str, Any]:
        """Make a sandbox in every service."""
        return await self._all("PUT", f"/_segur/sandboxes/{sandbox}", json={"offset_s": offset_s})

    async def wipe(self, sandbox: str) -> dict[str, Any]:
        """Forget a sandbox in every service."""
        return await self._all("DELETE", f"/_segur/sandboxes/{sandbox}")

    async def drain(self) -> dict[str, Any]:
        """Wait until no fact is under way in any service."""
        return await self._all("POST", "/_segur/drain")

    async def dead(self) -> dict[str, Any]:
        """The dead letters of every service."""
        return await self._all("GET", "/_segur/dead")

    async def replay(self) -> dict[str, Any]:
        """Let every service handle its dead letters again."""
        return await self._all("POST", "/_segur/dead/replay")

    async def watch(self) -> None:
        """A service that comes back gets the rules and the sandboxes' clocks again."""
        services = (await self.health())["services"]
        back = [name for name, state in services.items() if state.get("ready") and not self._ready.get(name)]
        self._ready = {name: bool(state.get("ready")) for name, state in services.items()}
        if back:
            await self.arm()
            for row in await self._store.countries.find({}):
                await self.seed(str(row["_id"]), float(row.get("offset_s", 0)))

    async def _all(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        async def one(name: str, url: str) -> tuple[str, Any]:
            try:
                answer = await self.client.request(method, f"{url}{path}", **options)
                return name, answer.json() if answer.content else {"status": answer.status_code}
            except (httpx.HTTPError, ValueError) as error:
                return name, f"{type(error).__name__}"

        return dict(await asyncio.gather(*(one(name, url) for name, url in self._admins.items())))

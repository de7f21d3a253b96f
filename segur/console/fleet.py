"""The services as the control plane sees them: their health, and the levers on their admin routes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from segur.console import errors
from segur.console.settings import Settings
from segur.console.store import ConsoleStore

_OWN = "control"
_DRAIN_PATIENCE_S = 20.0
_AWAY_PAUSE_S = 0.1


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said; status 0 when it did not answer, `body` then says why."""

    status: int
    body: Any

    @property
    def ok(self) -> bool:
        """Whether it did what was asked."""
        return 200 <= self.status < 300

    def __str__(self) -> str:
        if isinstance(self.body, dict) and "detail" in self.body:
            return str(self.body["detail"])
        return str(self.status or self.body)


class Fleet:
    """Asks and tells all services at once."""

    def __init__(self, settings: Settings, store: ConsoleStore) -> None:
        self._admins = dict(settings.admins)
        self._store = store
        self._client: httpx.AsyncClient | None = None
        self._boots: dict[str, str] = {}
        self._points: dict[str, list[dict[str, Any]]] = {}

    @property
    def services(self) -> list[str]:
        """The national services of this platform."""
        return sorted(name for name in self._admins if name != _OWN)

    async def close(self) -> None:
        """Let the connections go."""
        if self._client is not None:
            await self._client.aclose()

    async def ask(self, method: str, path: str, *, with_own: bool = False, **options: Any) -> dict[str, Answer]:
        """Ask every service (`with_own`: and the control plane itself), and give what each said."""
        names = [*self.services, *([_OWN] if with_own and _OWN in self._admins else [])]
        answers = await asyncio.gather(*(self._ask(name, method, path, **options) for name in names))
        return dict(zip(names, answers, strict=True))

    async def order(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """Tell every service; raise `SERVICES_AWAY` naming those that did not do it."""
        answers = await self.ask(method, path, **options)
        if failed := [f"{name} ({answer})" for name, answer in answers.items() if not answer.ok]:
            raise errors.SERVICES_AWAY.error(who=", ".join(failed))
        return {name: answer.body for name, answer in answers.items()}

    async def health(self) -> dict[str, Any]:
        """`{"ready": …, "services": {name: {ready, checks}}}`."""
        answers = await self.ask("GET", "/_segur/health", timeout=3)
        services = {
            name: answer.body if isinstance(answer.body, dict) else {"ready": False, "error": str(answer)}
            for name, answer in answers.items()
        }
        return {"ready": all(s.get("ready") for s in services.values()), "services": services}

    async def figures(self) -> dict[str, dict[str, int]]:
        """What waits in each service: facts to publish, facts to handle, dead letters."""
        answers = await self.ask("GET", "/_segur/figures", with_own=True, timeout=3)
        return {name: answer.body for name, answer in answers.items() if answer.ok}

    async def faults(self) -> tuple[list[dict[str, Any]], dict[str, int]]:
        """The fault points of every service (as last seen, for one that is away), and the strikes of each rule."""
        struck: dict[str, int] = {}
        for name, answer in (await self.ask("GET", "/_segur/faults", timeout=3)).items():
            if answer.ok:
                self._points[name] = answer.body["points"]
                for rule in answer.body["rules"]:
                    struck[rule["id"]] = struck.get(rule["id"], 0) + int(rule["struck"])
        points = [{**point, "service": name} for name, told in sorted(self._points.items()) for point in told]
        return points, struck

    async def arm(self) -> bool:
        """Hand the rules in force to every service; give whether all took them (who is away gets them when back)."""
        rules = [row["rule"] for row in await self._store.rules.find({}, sort=("_id",))]
        return all(answer.ok for answer in (await self.ask("PUT", "/_segur/faults", json=rules)).values())

    async def drain(self, sandbox: str | None = None) -> dict[str, Any]:
        """Wait until no fact is under way anywhere; give by service `drained`, `pending`, `lag` and `commits`.

        A service that is through may be given more by one that is not: all are asked again until nothing has moved
        (in `sandbox`, when one is named) between two rounds.
        """
        deadline = time.monotonic() + _DRAIN_PATIENCE_S
        before: object = None
        while True:
            answers = await self.ask("POST", "/_segur/drain", with_own=True)
            state = {name: answer.body if answer.ok else {"drained": False} for name, answer in answers.items()}
            moved = [_commits(told, sandbox) for told in state.values()]
            if (all(told["drained"] for told in state.values()) and moved == before) or time.monotonic() > deadline:
                return state
            if not all(answer.ok for answer in answers.values()):
                await asyncio.sleep(_AWAY_PAUSE_S)  # who is away answers at once that it is
            before = moved

    async def commits(self, sandbox: str) -> Mapping[str, int]:
        """How many commits each service has seen in a sandbox."""
        state = await self.drain(sandbox)
        return {name: _commits(told, sandbox) for name, told in state.items() if name != _OWN}

    async def watch(self) -> None:
        """A service that was started anew gets the rules and the sandboxes again."""
        services = (await self.health())["services"]
        boots = {name: str(state["boot"]) for name, state in services.items() if state.get("ready")}
        anew = [name for name, boot in boots.items() if self._boots.get(name) != boot]
        if not anew:
            return
        rules = [row["rule"] for row in await self._store.rules.find({}, sort=("_id",))]
        sandboxes = await self._store.sandboxes()
        for name in anew:
            told = [await self._ask(name, "PUT", "/_segur/faults", json=rules)]
            for sandbox in sandboxes:
                body = {"offset_s": sandbox["offset_s"], "extras": sandbox.get("extras", [])}
                told.append(await self._ask(name, "PUT", f"/_segur/sandboxes/{sandbox['id']}", json=body))
            if all(answer.ok for answer in told):
                self._boots[name] = boots[name]

    async def _ask(self, name: str, method: str, path: str, **options: Any) -> Answer:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=30, trust_env=False)
        try:
            answer = await self._client.request(method, f"{self._admins[name]}{path}", **options)
            return Answer(answer.status_code, answer.json() if answer.content else None)
        except httpx.HTTPError as error:
            return Answer(0, type(error).__name__)
        except ValueError:
            return Answer(answer.status_code if answer.status_code >= 400 else 0, "unreadable answer")


def _commits(told: dict[str, Any], sandbox: str | None) -> int:
    commits: dict[str, int] = told.get("commits", {})
    return sum(commits.values()) if sandbox is None else commits.get(sandbox, 0)

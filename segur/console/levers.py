"""The routes that change something: faults, sandboxes and snapshots, draining, dead letters."""

from __future__ import annotations

import difflib
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segur.console import errors, read
from segur.console.fleet import Fleet
from segur.console.sandboxes import Countries, SandboxWanted, SnapshotWanted
from segur.console.settings import Settings
from segur.console.store import ConsoleStore
from segur.kernel.faults import EVERY_SANDBOX, FaultRule
from segur.kernel.ids import new_id


def answer(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(value, default=str), status, media_type="application/json")


class Levers:
    """The handlers."""

    def __init__(self, settings: Settings, store: ConsoleStore, fleet: Fleet) -> None:
        self._settings, self._store, self._fleet = settings, store, fleet
        self._countries = Countries(settings, store, fleet)

    def routes(self) -> list[Route]:
        """The routes under `/api`."""
        one = "/api/sandboxes/{sandbox}"
        snapshot = one + "/snapshots/{label}"
        return [
            Route("/api/faults", self.get_faults),
            Route("/api/faults", self.post_fault, methods=["POST"]),
            Route("/api/faults", self.delete_faults, methods=["DELETE"]),
            Route("/api/faults/{rule}", self.delete_fault, methods=["DELETE"]),
            Route("/api/sandboxes", self.get_sandboxes),
            Route("/api/sandboxes", self.post_sandbox, methods=["POST"]),
            Route(one, self.delete_sandbox, methods=["DELETE"]),
            Route(f"{one}/reset", self.reset_sandbox, methods=["POST"]),
            Route(f"{one}/snapshots", self.get_snapshots),
            Route(f"{one}/snapshots", self.post_snapshot, methods=["POST"]),
            Route(snapshot, self.delete_snapshot, methods=["DELETE"]),
            Route(f"{snapshot}/restore", self.restore_snapshot, methods=["POST"]),
            Route("/api/drain", self.post_drain, methods=["POST"]),
            Route("/api/dead", self.get_dead),
            Route("/api/dead/replay", self.post_replay, methods=["POST"]),
        ]

    async def faults(self) -> dict[str, Any]:
        """Fault points, and the rules in force with how often each has struck and may still (`left`, None for ever)."""
        points, struck = await self._fleet.faults()
        rules = []
        for row in await self._store.rules.find({}, sort=("_id",)):
            times, count = struck.get(row["rule"]["id"], 0), row["rule"].get("count")
            rules.append({**row["rule"], "struck": times, "left": None if count is None else max(count - times, 0)})
        return {"points": points, "rules": rules}

    async def get_faults(self, _: Request) -> Response:
        """Fault points, and rules in force."""
        return answer(await self.faults())

    async def post_fault(self, request: Request) -> Response:
        """Make a point break. `armed`: whether the rule is in force everywhere already."""
        rule = await read.model_of(request, FaultRule, id=new_id())
        known = sorted({point["name"] for point in (await self._fleet.faults())[0]})
        if rule.point not in known:
            near = difflib.get_close_matches(rule.point, known, n=3)
            close = f" Proches : {', '.join(near)}." if near else ""
            raise errors.UNKNOWN_POINT.error(point=rule.point, near=close, field="point")
        if rule.sandbox != EVERY_SANDBOX and await self._store.offset_of(rule.sandbox) is None:
            raise errors.UNKNOWN_SANDBOX.error(sandbox=rule.sandbox, field="sandbox")
        if await self._store.rules.count({}) >= self._settings.most_rules:
            raise errors.NO_ROOM.error(limit=self._settings.most_rules, what="règles de panne")
        told = rule.model_dump(mode="json")
        await self._store.rules.put({"_id": rule.id, "rule": told})
        return answer({**told, "armed": await self._fleet.arm()}, 201)

    async def delete_faults(self, _: Request) -> Response:
        """Remove all rules."""
        await self._store.rules.delete({})
        await self._fleet.arm()
        return Response(status_code=204)

    async def delete_fault(self, request: Request) -> Response:
        """Remove one rule."""
        rule = request.path_params["rule"]
        if not await self._store.rules.delete({"_id": rule}):
            raise errors.UNKNOWN_RULE.error(rule=rule)
        await self._fleet.arm()
        return Response(status_code=204)

    async def get_sandboxes(self, _: Request) -> Response:
        """The sandboxes; `default` always exists."""
        return answer(await self._store.sandboxes())

    async def post_sandbox(self, request: Request) -> Response:
        """Make a sandbox everywhere, or shift the clock of one."""
        made, isnew = await self._countries.make(await read.model_of(request, SandboxWanted))
        return answer(made, 201 if isnew else 200)

    async def delete_sandbox(self, request: Request) -> Response:
        """Forget a sandbox everywhere."""
        await self._countries.delete(read.sandbox_of(request))
        return Response(status_code=204)

    async def reset_sandbox(self, request: Request) -> Response:
        """Back to the state of its creation."""
        return answer(await self._countries.reset(read.sandbox_of(request)))

    async def get_snapshots(self, request: Request) -> Response:
        """The snapshots of a sandbox."""
        return answer(await self._countries.snapshots(read.sandbox_of(request)))

    async def post_snapshot(self, request: Request) -> Response:
        """Take a snapshot."""
        wanted = await read.model_of(request, SnapshotWanted) if await request.body() else SnapshotWanted()
        return answer(await self._countries.keep(read.sandbox_of(request), wanted), 201)

    async def restore_snapshot(self, request: Request) -> Response:
        """Make the sandbox what it was."""
        return answer(await self._countries.restore(read.sandbox_of(request), request.path_params["label"]))

    async def delete_snapshot(self, request: Request) -> Response:
        """Delete a snapshot."""
        await self._countries.forget(read.sandbox_of(request), request.path_params["label"])
        return Response(status_code=204)

    async def post_drain(self, _: Request) -> Response:
        """Wait until nothing is under way."""
        return answer(await self._fleet.drain())

    async def get_dead(self, _: Request) -> Response:
        """Dead letters by service."""
        answers = await self._fleet.ask("GET", "/_segur/dead")
        return answer({name: told.body if told.ok else {"error": str(told)} for name, told in answers.items()})

    async def post_replay(self, _: Request) -> Response:
        """Let every service handle its dead letters again."""
        answers = await self._fleet.ask("POST", "/_segur/dead/replay")
        return answer({name: told.body if told.ok else {"error": str(told)} for name, told in answers.items()})

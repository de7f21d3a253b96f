"""The admin routes of a service, on their own loopback port: never on the national surface.

`/_segur/health`, `/figures`, `/faults`, `/sandboxes/{id}`, `/sandboxes/{id}/snapshots/{label}`, `/drain`, `/dead`,
`/dead/replay`. The control plane, their one caller, has checked what it sends.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import orjson
from pymongo.errors import PyMongoError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segur.kernel import delivery, outbox, tracing
from segur.kernel.bus import Bus
from segur.kernel.faults import FaultRule
from segur.kernel.sandbox import Sandboxes
from segur.kernel.service import Service
from segur.kernel.snapshots import Snapshot, Unusable

_DRAIN_PATIENCE_S = 20.0


def answer(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(value, default=str), status, media_type="application/json")


async def health(service: Service, bus: Bus, sandboxes: Sandboxes) -> dict[str, Any]:
    """Whether the service can do its work: store, broker, sandbox seeded."""
    checks = {"bus": bus.ready}
    try:
        await asyncio.wait_for(service.floor.store.ping(), 2)
        checks["store"] = True
        checks["seeded"] = await sandboxes.are_seeded()
    except (PyMongoError, TimeoutError):
        checks["store"] = False
    return {"service": service.name, "ready": all(checks.values()), "checks": checks, "boot": sandboxes.boot}


async def drain(service: Service, bus: Bus) -> dict[str, Any]:
    """Wait until the outbox is empty and every fact of our topics is handled; tell what is left after 20 s.

    `commits` counts the commits by sandbox since the start: who asks twice sees whether anything moved in between.
    """
    deadline = asyncio.get_running_loop().time() + _DRAIN_PATIENCE_S
    while True:
        waiting, behind = await outbox.pending_count(service.floor.store), await bus.lag()
        if (waiting, behind) == (0, 0) or asyncio.get_running_loop().time() > deadline:
            await asyncio.to_thread(tracing.flush)
            state = {"drained": (waiting, behind) == (0, 0), "pending": waiting, "lag": behind}
            return {**state, "commits": dict(service.floor.store.commits)}
        await asyncio.sleep(0.05)


def admin_app(service: Service, bus: Bus, sandboxes: Sandboxes) -> Starlette:
    """The admin application of a service."""
    floor = service.floor

    async def get_health(_: Request) -> Response:
        state = await health(service, bus, sandboxes)
        return answer(state, 200 if state["ready"] else 503)

    async def get_faults(_: Request) -> Response:
        points = [
            {"name": p.name, "door": p.door, "shows": p.shows, "explains": p.explains}
            for p in floor.faults.points.values()
        ]
        rules = [{**rule.model_dump(), "struck": floor.faults.struck(rule)} for rule in floor.faults.rules]
        return answer({"points": points, "rules": rules})

    async def get_figures(_: Request) -> Response:
        pending, dead = await outbox.pending_count(floor.store), await floor.store.dead_letters.count({})
        return answer({"pending": pending, "lag": await bus.lag(), "dead": dead})

    async def put_faults(request: Request) -> Response:
        floor.faults.arm([FaultRule.model_validate(rule) for rule in orjson.loads(await request.body())])
        return answer({"armed": len(floor.faults.rules)})

    async def put_sandbox(request: Request) -> Response:
        sandbox = request.path_params["sandbox"]
        wanted = orjson.loads(await request.body() or b"{}")
        offset_s = float(wanted.get("offset_s", 0))
        floor.clock.set_offset(sandbox, timedelta(seconds=offset_s))  # what is seeded bears the sandbox's dates
        await sandboxes.seed(sandbox, tuple(wanted.get("extras", ())))
        await sandboxes.shift(sandbox, offset_s)
        return answer({"sandbox": sandbox, "seeded": True})

    async def delete_sandbox(request: Request) -> Response:
        await sandboxes.wipe(request.path_params["sandbox"])
        return Response(status_code=204)

    async def put_snapshot(request: Request) -> Response:
        return answer(_told(await sandboxes.keep(**request.path_params)))

    async def get_snapshot(request: Request) -> Response:
        try:
            return answer(_told(await sandboxes.check(**request.path_params)))
        except Unusable as reason:
            return answer({"detail": str(reason)}, 409)

    async def restore_snapshot(request: Request) -> Response:
        try:
            return answer(_told(await sandboxes.restore(**request.path_params)))
        except Unusable as reason:
            return answer({"detail": str(reason)}, 409)

    async def delete_snapshots(request: Request) -> Response:
        await sandboxes.forget(request.path_params["sandbox"], request.path_params.get("label"))
        return Response(status_code=204)

    async def post_drain(_: Request) -> Response:
        return answer(await drain(service, bus))

    async def get_dead(_: Request) -> Response:
        rows = await floor.store.dead_letters.find(
            {}, sort=("at",), limit=500, fields=("topic", "type", "sandbox", "reason", "at")
        )
        return answer(rows)

    async def post_replay(request: Request) -> Response:
        ids = orjson.loads(await request.body() or b"null")
        return answer(await delivery.replay(floor.store, service.handlers, ids))

    snapshot = "/_segur/sandboxes/{sandbox}/snapshots/{label}"
    return Starlette(
        routes=[
            Route("/_segur/health", get_health),
            Route("/_segur/figures", get_figures),
            Route("/_segur/faults", get_faults),
            Route("/_segur/faults", put_faults, methods=["PUT"]),
            Route("/_segur/sandboxes/{sandbox}", put_sandbox, methods=["PUT"]),
            Route("/_segur/sandboxes/{sandbox}", delete_sandbox, methods=["DELETE"]),
            Route("/_segur/sandboxes/{sandbox}/snapshots", delete_snapshots, methods=["DELETE"]),
            Route(snapshot, get_snapshot),
            Route(snapshot, put_snapshot, methods=["PUT"]),
            Route(snapshot, delete_snapshots, methods=["DELETE"]),
            Route(f"{snapshot}/restore", restore_snapshot, methods=["POST"]),
            Route("/_segur/drain", post_drain, methods=["POST"]),
            Route("/_segur/dead", get_dead),
            Route("/_segur/dead/replay", post_replay, methods=["POST"]),
        ]
    )


def _told(snapshot: Snapshot) -> dict[str, Any]:
    return {"documents": snapshot.documents, "bytes": snapshot.size, "at": snapshot.at.isoformat()}

"""The admin routes of a service, on their own loopback port: never on the national surface.

`/_segur/health`, `/faults`, `/sandboxes/{id}`, `/drain`, `/dead`, `/dead/replay`.
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
from segur.kernel.service import Service

_DRAIN_PATIENCE_S = 20.0


def answer(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(value, default=str), status, media_type="application/json")


async def health(service: Service, bus: Bus) -> dict[str, Any]:
    """Whether the service can do its work: store, broker, sandbox seeded."""
    checks = {"bus": bus.ready}
    try:
        await asyncio.wait_for(service.floor.store.ping(), 2)
        checks["store"] = True
        checks["seeded"] = service.seed is None or await service.floor.store.sandboxes.count({}) > 0
    except (PyMongoError, TimeoutError):
        checks["store"] = False
    return {"service": service.name, "ready": all(checks.values()), "checks": checks}


async def seed(service: Service, sandbox: str) -> None:
    """Fill a sandbox once; a second call does nothing."""
    store = service.floor.store
    if await store.sandboxes.find_one({"_id": sandbox}) is None:
        if service.seed is not None:
            await service.seed(sandbox)
        await store.sandboxes.put({"_id": sandbox})


async def wipe(service: Service, sandbox: str) -> None:
    """Forget all that a sandbox holds."""
    for collection in service.floor.store.collections:
        if collection.per_sandbox:
            await collection.delete({"sandbox": sandbox})
    await service.floor.store.sandboxes.delete({"_id": sandbox})


async def drain(service: Service, bus: Bus) -> dict[str, Any]:
    """Wait until the outbox is empty and every fact of our topics is handled; tell what is left after 20 s."""
    deadline = asyncio.get_running_loop().time() + _DRAIN_PATIENCE_S
    while True:
        waiting, behind = await outbox.pending_count(service.floor.store), await bus.lag()
        if (waiting, behind) == (0, 0) or asyncio.get_running_loop().time() > deadline:
            tracing.flush()
            return {"drained": (waiting, behind) == (0, 0), "pending": waiting, "lag": behind}
        await asyncio.sleep(0.05)


def admin_app(service: Service, bus: Bus) -> Starlette:
    """The admin application of a service."""
    floor = service.floor

    async def get_health(_: Request) -> Response:
        state = await health(service, bus)
        return answer(state, 200 if state["ready"] else 503)

    async def get_faults(_: Request) -> Response:
        points = [
            {"name": p.name, "door": p.door, "shows": p.shows, "explains": p.explains}
            for p in floor.faults.points.values()
        ]
        return answer({"points": points, "rules": [rule.model_dump() for rule in floor.faults.rules]})

    async def put_faults(request: Request) -> Response:
        floor.faults.arm([FaultRule.model_validate(rule) for rule in orjson.loads(await request.body())])
        return answer({"armed": len(floor.faults.rules)})

    async def put_sandbox(request: Request) -> Response:
        sandbox = request.path_params["sandbox"]
        wanted = orjson.loads(await request.body() or b"{}")
        floor.clock.set_offset(sandbox, timedelta(seconds=float(wanted.get("offset_s", 0))))
        await seed(service, sandbox)
        return answer({"sandbox": sandbox, "seeded": True})

    async def delete_sandbox(request: Request) -> Response:
        await wipe(service, request.path_params["sandbox"])
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

    return Starlette(
        routes=[
            Route("/_segur/health", get_health),
            Route("/_segur/faults", get_faults),
            Route("/_segur/faults", put_faults, methods=["PUT"]),
            Route("/_segur/sandboxes/{sandbox}", put_sandbox, methods=["PUT"]),
            Route("/_segur/sandboxes/{sandbox}", delete_sandbox, methods=["DELETE"]),
            Route("/_segur/drain", post_drain, methods=["POST"]),
            Route("/_segur/dead", get_dead),
            Route("/_segur/dead/replay", post_replay, methods=["POST"]),
        ]
    )

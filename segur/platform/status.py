"""How a platform is: ready or not, since when, with how much memory, reachable where."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from segur.platform.home import Running


def status(running: Running) -> dict[str, Any]:
    """`ready`, `started_in_s`, `resident_bytes`, `services`, `addresses` (the shape of `segur status --json`)."""
    services = asyncio.run(_ask_all(running))
    return {
        "ready": running.alive and bool(services) and all(service["ready"] for service in services.values()),
        "started_in_s": running.started_in_s,
        "resident_bytes": running.resident_bytes(),
        "services": services,
        "addresses": running.plan.addresses,
    }


async def _ask_all(running: Running) -> dict[str, dict[str, Any]]:
    async with httpx.AsyncClient(timeout=3, trust_env=False) as client:

        async def ask(name: str, port: int) -> tuple[str, dict[str, Any]]:
            try:
                answer = await client.get(f"http://127.0.0.1:{port}/_segur/health")
                state: dict[str, Any] = answer.json()
            except (httpx.HTTPError, ValueError) as error:
                return name, {"ready": False, "error": type(error).__name__}
            return name, {"ready": state["ready"], "checks": state["checks"]}

        roles = running.plan.roles()
        return dict(await asyncio.gather(*(ask(role.name, role.admin_port) for role in roles)))

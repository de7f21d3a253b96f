"""The promises of the store and the bus, on whatever servers the tests run on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.applications import Starlette

from segur.contracts import Envelope
from segur.contracts.psc import SessionClosed, SessionRefreshed
from segur.kernel import inbox
from segur.kernel.runner import running
from segur.kernel.service import Floor, Service
from segur.kernel.settings import KernelSettings
from segur.kernel.store import Conflict, Duplicate, Index, Insert, Update

if TYPE_CHECKING:
    from tests.conftest import Servers


def a_service(
    settings: KernelSettings, name: str = "psc", **handlers: Callable[[Envelope], Awaitable[None]]
) -> Service:
    """A service without a surface; handlers are keyed by the fact's verb."""
    floor = Floor.of(name, settings)
    return Service(floor, Starlette(), handlers={f"psc.session.{verb}": handler for verb, handler in handlers.items()})


async def until(condition: Callable[[], Awaitable[bool]] | Callable[[], bool], seconds: float = 20) -> None:
    """Wait for a condition; fail when it does not come."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        result: Any = condition()
        if await result if asyncio.iscoroutine(result) else result:
            return
        assert asyncio.get_running_loop().time() < deadline, "the condition did not come true"
        await asyncio.sleep(0.05)


async def test_a_commit_writes_state_and_fact_together_or_nothing(servers: Servers, tmp_path: Path) -> None:
    floor = Floor.of("psc", servers.settings(tmp_path))
    things = floor.store.collection("things", Index.on("name", unique=True))
    await floor.store.open()
    fact = SessionRefreshed(session_id="s1", client_id="c")

    await floor.store.commit([Insert(things, {"_id": 1, "name": "a"})], [fact])
    with pytest.raises(Duplicate) as refusal:
        await floor.store.commit(
            [Insert(things, {"_id": 2, "name": "b"}), Insert(things, {"_id": 3, "name": "a"})], [fact]
        )
    with pytest.raises(Conflict):
        await floor.store.commit([Update(things, {"_id": 99}, {"$set": {"x": 1}})], [fact])

    assert refusal.value.key == {"name": "a"}
    assert await things.count({}) == 1
    assert await floor.store.outbox.count({}) == 1
    await floor.store.close()


async def test_a_fact_reaches_its_handler_with_sandbox_cause_and_correlation(servers: Servers, tmp_path: Path) -> None:
    seen: list[Envelope] = []

    async def on_refreshed(envelope: Envelope) -> None:
        await service.floor.store.commit([], [SessionClosed(session_id="s1", id_nat="8", reason="logout")])

    async def on_closed(envelope: Envelope) -> None:
        seen.append(envelope)

    service = a_service(servers.settings(tmp_path), refreshed=on_refreshed, closed=on_closed)
    async with running(service):
        [first] = await service.floor.store.commit([], [SessionRefreshed(session_id="s1", client_id="c")])
        await until(lambda: bool(seen))
    assert (seen[0].cause, seen[0].correlation, seen[0].sandbox) == (first.id, first.id, "default")
    assert seen[0].traceparent.split("-")[1] == first.traceparent.split("-")[1]


async def test_a_second_delivery_has_no_second_effect(servers: Servers, tmp_path: Path) -> None:
    async def on_closed(envelope: Envelope) -> None:
        await store.commit([Insert(effects, {"_id": envelope.subject})])

    service = a_service(servers.settings(tmp_path), closed=on_closed)
    store = service.floor.store
    effects = store.collection("effects")
    async with running(service) as bus:
        [sent] = await store.commit([], [SessionClosed(session_id="s1", id_nat="8", reason="logout")])
        await until(lambda: effects.count({}))  # type: ignore[arg-type,return-value]
        await bus.publish_pending()  # and marked as published
        await store.outbox.update({"_id": sent.id}, {"$set": {"pending": True}})
        assert await bus.publish_pending() == 1
        await until(_drained(bus))
        assert await effects.count({}) == 1
        assert await store.dead_letters.count({}) == 0
    assert inbox.current() is None


async def test_what_cannot_be_handled_is_set_aside_and_can_be_replayed(servers: Servers, tmp_path: Path) -> None:
    broken = True

    async def on_closed(envelope: Envelope) -> None:
        if broken:
            raise RuntimeError("the printer is on fire")
        await store.commit([Insert(effects, {"_id": envelope.subject})])

    settings = servers.settings(tmp_path)
    service = a_service(settings, closed=on_closed)
    store = service.floor.store
    effects = store.collection("effects")
    async with running(service), httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.admin_port}") as admin:
        await store.commit([], [SessionClosed(session_id="s1", id_nat="8", reason="logout")])
        await until(lambda: store.dead_letters.count({}))  # type: ignore[arg-type,return-value]
        [letter] = (await admin.get("/_segur/dead")).json()
        assert "the printer is on fire" in letter["reason"]
        broken = False
        assert (await admin.post("/_segur/dead/replay")).json() == {letter["_id"]: "handled"}
        assert await effects.count({}) == 1
        assert await store.dead_letters.count({}) == 0


async def test_a_broker_that_comes_back_empty_is_fed_again_and_nothing_is_doubled(
    servers: Servers, tmp_path: Path
) -> None:
    if servers.broker is None:
        pytest.skip("the broker is not ours to kill")
    handled: list[str] = []

    async def on_closed(envelope: Envelope) -> None:
        await store.commit([Insert(effects, {"_id": envelope.subject})])
        handled.append(envelope.subject)

    service = a_service(servers.settings(tmp_path), closed=on_closed)
    store = service.floor.store
    effects = store.collection("effects")
    async with running(service) as bus:
        await store.commit([], [SessionClosed(session_id="before", id_nat="8", reason="logout")])
        await until(lambda: "before" in handled)
        first_cluster = bus.cluster
        servers.kill_broker()
        await store.commit([], [SessionClosed(session_id="meanwhile", id_nat="8", reason="logout")])
        servers.start_broker()
        await store.commit([], [SessionClosed(session_id="after", id_nat="8", reason="logout")])
        await until(lambda: {"meanwhile", "after"} <= set(handled), 40)
        await until(lambda: bus.cluster != first_cluster)
        await until(_drained(bus))
        assert sorted(handled) == ["after", "before", "meanwhile"]

        async def all_marked() -> bool:  # a few times a second, so a little after they were sent
            return await store.outbox.count({"cluster": bus.cluster}) == 3

        await until(all_marked)


def _drained(bus: Any) -> Callable[[], Awaitable[bool]]:
    async def drained() -> bool:
        return bool(bus.ready and await bus.lag() == 0)

    return drained

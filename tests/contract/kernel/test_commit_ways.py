"""A commit keeps its promises whether the server takes all writes in one command or each in its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from segur.contracts.psc import SessionRefreshed
from segur.kernel import writes
from segur.kernel.service import Floor
from segur.kernel.store import Collection, Conflict, Delete, Duplicate, Index, Insert, Store, Update

if TYPE_CHECKING:
    from tests.conftest import Servers

FACT = SessionRefreshed(session_id="s1", client_id="c")
NEVER = 10_000
"""A wire version no server has: each write goes in a command of its own."""


@pytest.fixture(params=["in one command", "one by one"])
async def store(
    request: pytest.FixtureRequest, servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Store, Collection]]:
    if request.param == "one by one":
        monkeypatch.setattr("segur.kernel.store.BULK_WIRE_VERSION", NEVER)
    floor = Floor.of("psc", servers.settings(tmp_path))
    things = floor.store.collection("things", Index.on("name", unique=True))
    await floor.store.open()
    hello = await floor.store.client.admin.command("hello")
    if request.param == "in one command" and hello["maxWireVersion"] < writes.BULK_WIRE_VERSION:
        pytest.skip(f"this server speaks wire version {hello['maxWireVersion']}, one command needs MongoDB 8")
    assert floor.store.in_one_command is (request.param == "in one command")
    yield floor.store, things
    await floor.store.close()


async def test_inserts_updates_upserts_and_deletes_are_written_with_the_facts(
    store: tuple[Store, Collection],
) -> None:
    floor, things = store
    await things.insert({"_id": 1, "name": "a"}, {"_id": 2, "name": "b"})
    changes = [
        Insert(things, {"_id": 3, "name": "c"}),
        Update(things, {"_id": 1}, {"$set": {"name": "d"}}),
        Update(things, {"_id": 4}, {"$setOnInsert": {"name": "e"}}, expect=None, upsert=True),
        Delete(things, {"name": "b"}, expect=1),
    ]
    await floor.commit(changes, [FACT, FACT])
    assert [(row["_id"], row["name"]) for row in await things.find({}, sort=("_id",))] == [
        (1, "d"),
        (3, "c"),
        (4, "e"),
    ]
    assert await floor.outbox.count({}) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda things: Update(things, {"_id": 9}, {"$set": {"name": "x"}}),
        lambda things: Delete(things, {"_id": 9}, expect=1),
        lambda things: Update(things, {"_id": 9}, {"$setOnInsert": {"name": "x"}}, expect=1, upsert=True),
    ],
    ids=["update", "delete", "upsert that inserts"],
)
async def test_what_does_not_find_what_it_expects_is_a_conflict_and_nothing_is_written(
    store: tuple[Store, Collection], change: object
) -> None:
    floor, things = store
    with pytest.raises(Conflict):
        await floor.commit([Insert(things, {"_id": 1, "name": "a"}), change(things)], [FACT])  # type: ignore[operator]
    assert (await things.count({}), await floor.outbox.count({})) == (0, 0)


@pytest.mark.parametrize(
    ("row", "key"), [({"_id": 1, "name": "b"}, {"_id": 1}), ({"_id": 2, "name": "a"}, {"name": "a"})]
)
async def test_a_unique_index_that_is_met_is_named_with_its_key_and_nothing_is_written(
    store: tuple[Store, Collection], row: dict[str, object], key: dict[str, object]
) -> None:
    floor, things = store
    await things.insert({"_id": 1, "name": "a"})
    with pytest.raises(Duplicate) as refusal:
        await floor.commit([Insert(things, {"_id": 5, "name": "z"}), Insert(things, row)], [FACT])
    assert (refusal.value.collection, refusal.value.key) == ("things", key)
    assert (await things.count({}), await floor.outbox.count({})) == (1, 0)

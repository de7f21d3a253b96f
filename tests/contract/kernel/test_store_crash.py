"""The store is killed while commits are under way: what was acknowledged stays, nothing is doubled."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from segur.contracts.psc import SessionRefreshed
from segur.kernel import transaction
from segur.kernel.errors import Kind, StoreAway
from segur.kernel.service import Floor
from segur.kernel.settings import KernelSettings
from segur.kernel.store import Duplicate, Insert, Update
from segur.platform import embedded
from tests.conftest import free_port, wait_port


class Killable:
    """An embedded store of one test's own."""

    def __init__(self, folder: Path) -> None:
        self.port, self._folder = free_port(), folder
        self.start()

    def start(self) -> None:
        """Start on the same files."""
        with (self._folder / "store.log").open("ab") as output:
            command = embedded.store_command(self.port, self._folder / "store")
            self._process = subprocess.Popen(command, stdout=output, stderr=output)
        wait_port(self.port)

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Killable]:
    """A store that may be killed."""
    killable = Killable(tmp_path)
    yield killable
    killable.kill()


@pytest.mark.parametrize("with_state", [True, False], ids=["state and fact", "a fact alone"])
async def test_no_acknowledged_commit_is_lost_or_doubled_when_the_store_is_killed(
    store: Killable, tmp_path: Path, with_state: bool
) -> None:
    url = f"mongodb://127.0.0.1:{store.port}/?directConnection=true"
    floor = Floor.of("psc", KernelSettings(home=tmp_path, mongo_url=url, control_url="http://127.0.0.1:9"))
    things = floor.store.collection("things")
    await floor.store.open()
    acknowledged: list[str] = []
    told: list[str] = []

    async def write(worker: int) -> None:
        for number in range(40):
            key = f"{worker}-{number}"
            try:
                state = [Insert(things, {"_id": key})] if with_state else []
                await floor.store.commit(state, [SessionRefreshed(session_id=key, client_id="c")])
            except (StoreAway, Duplicate):  # not acknowledged: it may be there, at most once
                told.append(key)
            else:
                acknowledged.append(key)

    writers = [asyncio.create_task(write(worker)) for worker in range(6)]
    while len(acknowledged) < 60:
        await asyncio.sleep(0.005)
    store.kill()
    await asyncio.sleep(0.3)
    store.start()
    await asyncio.gather(*writers)

    kept = [row["_id"] for row in await things.find({})]
    facts = [row["key"].split(":")[1] for row in await floor.store.outbox.find({})]
    assert len(acknowledged) + len(told) == 240
    assert set(acknowledged) <= set(facts)
    assert len(set(facts)) == len(facts)
    if with_state:
        assert sorted(facts) == sorted(kept), "a fact for each write, and none without"

    store.kill()
    with pytest.raises(StoreAway) as away:
        await things.find_one({"_id": "x"})
    assert away.value.kind is Kind.BUSY
    await floor.store.close()


async def test_a_transaction_whose_owner_died_is_taken_away(store: Killable, tmp_path: Path) -> None:
    url = f"mongodb://127.0.0.1:{store.port}/?directConnection=true"
    settings = KernelSettings(home=tmp_path, mongo_url=url, control_url="http://127.0.0.1:9")
    dead, alive = Floor.of("psc", settings), Floor.of("psc", settings)
    things = [floor.store.collection("things") for floor in (dead, alive)]
    await alive.store.open()
    await things[1].insert({"_id": 1, "by": "nobody"})
    async with await dead.store.client.start_session() as session:
        session.start_transaction()
        await things[0].raw.update_one({"_id": 1}, {"$set": {"by": "the dead"}}, session=session)
        waiting = asyncio.create_task(
            alive.store.commit([Update(things[1], {"_id": 1}, {"$set": {"by": "the living"}})])
        )
        done, _ = await asyncio.wait([waiting], timeout=0.5)
        assert not done, "somebody else's open transaction holds the document"
        await transaction.abort_orphans(url)
        await waiting
    assert await things[1].find_one({"_id": 1}) == {"_id": 1, "by": "the living"}
    for floor in (dead, alive):
        await floor.store.close()

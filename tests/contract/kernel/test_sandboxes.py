"""What happens to a sandbox inside one service, on a real store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette

from segur.kernel import snapshots
from segur.kernel.request import current_sandbox
from segur.kernel.sandbox import Sandboxes, extras_of, is_name
from segur.kernel.service import Floor, Service
from segur.kernel.snapshots import Unusable
from segur.kernel.store import Collection, Store

if TYPE_CHECKING:
    from tests.conftest import Servers

NOON = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)


class Country:
    """A service that seeds three people, in two collections one of which is technical."""

    def __init__(self, floor: Floor) -> None:
        self.store: Store = floor.store
        self.people: Collection = floor.store.collection("people")
        self.clock: Collection = floor.store.collection("ticks", per_sandbox=False)
        self.seeded_in: list[str] = []
        self.service = Service(floor, Starlette(), seed=self.seed)
        self.sandboxes = Sandboxes(self.service)

    async def seed(self, sandbox: str) -> None:
        self.seeded_in.append(current_sandbox())
        rows = [{"_id": f"{sandbox}:{n}", "sandbox": sandbox, "at": NOON, "photo": bytes([n])} for n in range(3)]
        await self.people.insert(*rows)

    async def names(self, sandbox: str) -> list[str]:
        return [row["_id"] for row in await self.people.find({"sandbox": sandbox}, sort=("_id",))]


@pytest.fixture
async def country(servers: Servers, tmp_path: Path) -> AsyncIterator[Country]:
    made = Country(Floor.of("psc", servers.settings(tmp_path)))
    await made.store.open()
    yield made
    await made.store.close()


async def test_a_sandbox_is_seeded_once_and_in_its_own_name(country: Country) -> None:
    assert not await country.sandboxes.are_seeded()
    await asyncio.gather(*(country.sandboxes.seed("equipe-1") for _ in range(3)))
    assert country.seeded_in == ["equipe-1"]
    assert await country.sandboxes.are_seeded()


async def test_what_a_sandbox_was_asked_to_hold_is_there_for_its_seed_and_is_kept(country: Country) -> None:
    await country.sandboxes.seed("equipe-1", ("b", "a"))
    await country.sandboxes.seed("equipe-1")
    assert await extras_of(country.store, "equipe-1") == {"a", "b"}
    await country.sandboxes.seed("equipe-2")
    assert await extras_of(country.store, "equipe-2") == frozenset()
    await country.sandboxes.wipe("equipe-1")
    await country.sandboxes.seed("equipe-1")
    assert await extras_of(country.store, "equipe-1") == frozenset()


async def test_a_seed_that_was_interrupted_begins_again(country: Country) -> None:
    await country.store.sandboxes.put({"_id": "equipe-1", "seeding": True})
    await country.people.insert({"_id": "equipe-1:0", "sandbox": "equipe-1"})
    assert not await country.sandboxes.are_seeded()
    await country.sandboxes.seed("equipe-1")
    assert await country.names("equipe-1") == ["equipe-1:0", "equipe-1:1", "equipe-1:2"]


async def test_a_snapshot_brings_every_value_back_and_touches_nobody_else(country: Country) -> None:
    for sandbox in ("equipe-1", "equipe-2"):
        await country.sandboxes.seed(sandbox)
    await country.clock.insert({"_id": 1})
    before = await country.people.find({"sandbox": "equipe-1"}, sort=("_id",))
    kept = await country.sandboxes.keep("equipe-1", "avant")
    await country.people.delete({"_id": "equipe-1:0"})
    await country.people.insert({"_id": "equipe-1:9", "sandbox": "equipe-1"}, {"_id": "x", "sandbox": "equipe-2"})

    restored = await country.sandboxes.restore("equipe-1", "avant")

    assert (kept.documents, restored.digest) == (3, kept.digest)
    assert await country.people.find({"sandbox": "equipe-1"}, sort=("_id",)) == before
    assert before[0]["at"] == NOON
    assert await country.names("equipe-2") == ["equipe-2:0", "equipe-2:1", "equipe-2:2", "x"]
    assert await country.clock.count({}) == 1


async def test_a_large_sandbox_is_kept_in_pieces(country: Country, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "PIECE_DOCUMENTS", 40)
    monkeypatch.setattr(snapshots, "PIECE_BYTES", 20_000)
    rows = [{"_id": f"equipe-1:{n:03}", "sandbox": "equipe-1", "text": "é" * (n * 8)} for n in range(100)]
    await country.people.insert(*rows)
    kept = await country.sandboxes.keep("equipe-1", "grand")
    assert (kept.documents, kept.pieces > 100 // 40 + 1) == (100, True)
    await country.sandboxes.wipe("equipe-1")
    assert await country.names("equipe-1") == []
    await country.sandboxes.restore("equipe-1", "grand")
    assert await country.people.find({"sandbox": "equipe-1"}, sort=("_id",)) == rows


async def test_a_damaged_or_absent_snapshot_is_refused_before_anything_changes(country: Country) -> None:
    await country.sandboxes.seed("equipe-1")
    with pytest.raises(Unusable, match="no snapshot absent of equipe-1"):
        await country.sandboxes.restore("equipe-1", "absent")
    await country.sandboxes.keep("equipe-1", "avant")
    await country.store.snapshot_pieces.delete({"of": "equipe-1:avant"})
    with pytest.raises(Unusable, match="lacks a piece"):
        await country.sandboxes.restore("equipe-1", "avant")
    assert len(await country.names("equipe-1")) == 3


async def test_a_restoration_that_was_interrupted_is_ended_at_the_next_start(country: Country) -> None:
    await country.sandboxes.seed("equipe-1")
    await country.people.insert({"_id": "equipe-1:9", "sandbox": "equipe-1"})
    await country.sandboxes.keep("equipe-1", "avant")
    await country.store.sandboxes.put({"_id": "equipe-1", "restoring": "avant"})
    await country.people.delete({"sandbox": "equipe-1"})

    await Sandboxes(country.service).seed("equipe-1")

    assert await country.names("equipe-1") == ["equipe-1:0", "equipe-1:1", "equipe-1:2", "equipe-1:9"]
    assert country.seeded_in == ["equipe-1"]


async def test_snapshots_outlive_a_reset_and_go_when_asked(country: Country) -> None:
    await country.sandboxes.seed("equipe-1")
    for label in ("a", "b"):
        await country.sandboxes.keep("equipe-1", label)
    await country.sandboxes.wipe("equipe-1")
    assert (await country.sandboxes.check("equipe-1", "a")).documents == 3
    await country.sandboxes.forget("equipe-1", "a")
    with pytest.raises(Unusable):
        await country.sandboxes.check("equipe-1", "a")
    await country.sandboxes.forget("equipe-1", None)
    assert await country.store.snapshot_pieces.count({}) == 0


def test_a_name_fits_a_host_name_a_path_and_a_key() -> None:
    assert all(is_name(name) for name in ("a", "equipe-1", "0", "a" * 40))
    assert not any(is_name(name) for name in ("", "-a", "a-", "A", "é", "a_b", "a.b", "a b", "a\n", "a" * 41))

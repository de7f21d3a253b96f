"""What has expired goes, what has not stays; on whatever servers the tests run on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from segur.kernel import expiry
from segur.kernel.service import Floor
from segur.kernel.store import Index

if TYPE_CHECKING:
    from tests.conftest import Servers


async def test_a_service_deletes_what_has_expired_and_nothing_else(servers: Servers, tmp_path: Path) -> None:
    floor = Floor.of("psc", servers.settings(tmp_path))
    codes = floor.store.collection("codes", Index.on("purge_at", expire_s=0))
    marks = floor.store.collection("marks", Index.on("at", expire_s=3_600, sparse=True))
    plain = floor.store.collection("plain", Index.on("purge_at"))
    await floor.store.open()
    now = datetime.now(UTC)
    past, soon = now - timedelta(seconds=2), now + timedelta(minutes=10)
    await codes.insert({"_id": "past", "purge_at": past}, {"_id": "soon", "purge_at": soon}, {"_id": "for ever"})
    await marks.insert({"_id": "old", "at": now - timedelta(hours=2)}, {"_id": "fresh", "at": past}, {"_id": "without"})
    await plain.insert({"_id": "past", "purge_at": past})

    await expiry.purge(floor.store.collections)

    left = {c.name: sorted(document["_id"] for document in await c.find({})) for c in (codes, marks, plain)}
    assert left == {"codes": ["for ever", "soon"], "marks": ["fresh", "without"], "plain": ["past"]}
    await floor.store.close()

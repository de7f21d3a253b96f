"""Files of identities to verify: a row for each, and pieces of some hundred lines that are verified one by one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from segur.contracts.fact import Fact
from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Document, Insert, Store, Update

_PIECE: Final = 250


class Batches:
    """All queries about them."""

    DEPOSITED, UNDER_WAY, FINISHED = "DEPOSE", "EN_COURS", "TERMINE"

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows = store.collection("batches", Index.on("state"))
        self._pieces = store.collection("batch_pieces", Index.on("batch", "number"))

    async def deposit(
        self,
        batch: str,
        issuer: str,
        lines: Sequence[Sequence[str]],
        now: datetime,
        due: datetime,
        fact: Fact,
    ) -> Document:
        """Keep a file; give its row. Only the row makes it one: pieces without a row are nobody's."""
        sandbox = current_sandbox()
        for number, start in enumerate(range(0, len(lines), _PIECE)):
            rows = [list(line) for line in lines[start : start + _PIECE]]
            await self._pieces.insert(
                {"_id": f"{batch}:{number}", "sandbox": sandbox, "batch": batch, "number": number, "rows": rows}
            )
        row: Document = {
            "_id": batch,
            "sandbox": sandbox,
            "issuer": issuer,
            "state": self.DEPOSITED,
            "lines": len(lines),
            "deposited_at": now,
            "due_at": due,
        }
        await self._store.commit([Insert(self._rows, row)], [fact])
        return row

    async def find(self, batch: str) -> Document | None:
        """A batch of the present sandbox."""
        return await self._rows.find_one({"_id": batch, "sandbox": current_sandbox()})

    async def open(self) -> list[Document]:
        """The batches of all sandboxes that are not finished, oldest first."""
        return await self._rows.find({"state": {"$in": [self.DEPOSITED, self.UNDER_WAY]}}, sort=("_id",))

    async def pieces(self, batch: str, *, left: bool = False) -> list[Document]:
        """The pieces in the order of the file; with `left`, those not verified yet."""
        where: Document = {"batch": batch, **({"verdicts": None} if left else {})}
        return await self._pieces.find(where, sort=("number",))

    async def begin(self, batch: str) -> None:
        """Say that it is under way."""
        await self._rows.update({"_id": batch, "state": self.DEPOSITED}, {"$set": {"state": self.UNDER_WAY}})

    async def settle(self, piece: str, verdicts: Sequence[str]) -> None:
        """Keep the verdicts on a piece."""
        await self._pieces.update({"_id": piece}, {"$set": {"verdicts": list(verdicts)}})

    async def finish(self, batch: str, now: datetime, counts: dict[str, int], fact: Fact) -> None:
        """Close a batch; raise `Conflict` when it is closed already."""
        change = {"$set": {"state": self.FINISHED, "finished_at": now, "counts": counts}}
        await self._store.commit([Update(self._rows, {"_id": batch, "state": self.UNDER_WAY}, change)], [fact])

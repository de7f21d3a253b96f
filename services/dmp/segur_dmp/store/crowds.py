"""How far the crowd of documents of a sandbox is filled."""

from __future__ import annotations

from segur.kernel.request import current_sandbox
from segur.kernel.store import Store, Update


class Crowds:
    """One row per sandbox with a crowd."""

    def __init__(self, store: Store) -> None:
        self.table = store.collection("crowds")

    async def known(self) -> int:
        """How many documents of the crowd are there, 0 without one."""
        row = await self.table.find_one({"_id": current_sandbox()})
        return int(row["documents"]) if row is not None else 0

    def reached(self, documents: int) -> Update:
        """The write that says so many are there."""
        change = {"$set": {"sandbox": current_sandbox(), "documents": documents}}
        return Update(self.table, {"_id": current_sandbox()}, change, expect=None, upsert=True)

"""Entries by break-glass or in regulation, with the reason given [DMP digest 2.1, 6.4]."""

from __future__ import annotations

from datetime import datetime

from segur.kernel.ids import new_id
from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Document, Insert, Store


class Emergencies:
    """One row per act done in an emergency."""

    def __init__(self, store: Store) -> None:
        self.table = store.collection("emergencies", Index.on("sandbox", "patient"))

    def insertion(
        self, patient: str, reader: str, structure: str, mode: str, reason: str, operation: str, at: datetime
    ) -> Insert:
        """The write that remembers who entered in which mode, and why."""
        sandbox = current_sandbox()
        row = {
            "_id": f"{sandbox}:{new_id()}",
            "sandbox": sandbox,
            "patient": patient,
            "reader": reader,
            "structure": structure,
            "mode": mode,
            "reason": reason,
            "operation": operation,
            "at": at,
        }
        return Insert(self.table, row)

    async def of(self, patient: str) -> list[Document]:
        """The entries into one DMP, newest first."""
        where = {"sandbox": current_sandbox(), "patient": patient}
        return await self.table.find(where, sort=("-at",), limit=200)

"""The resynchronisations asked for, and what each found [DB/SO.28]."""

from __future__ import annotations

from datetime import datetime

from segur.kernel.ids import new_id
from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Document, Insert, Store, Update

_SHOWN = 20


class Resyncs:
    """All queries about resynchronisations."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.table = store.collection("resyncs", Index.on("state", "due"), Index.on("sandbox", "asked"))

    def asking(self, now: datetime, due: datetime) -> Insert:
        """The write that asks for one in the present sandbox, to begin at `due`."""
        sandbox = current_sandbox()
        row = {"_id": f"{sandbox}:{new_id()}", "sandbox": sandbox, "state": "waiting", "asked": now, "due": due}
        return Insert(self.table, row)

    async def due(self, now: datetime) -> list[Document]:
        """Those of every sandbox whose time has come."""
        return await self.table.find({"state": "waiting", "due": {"$lte": now}}, sort=("due",))

    async def latest(self) -> list[Document]:
        """The last ones of the present sandbox, newest first."""
        return await self.table.find({"sandbox": current_sandbox()}, sort=("-asked",), limit=_SHOWN)

    async def sandboxes_without(self, since: datetime) -> list[str]:
        """The sandboxes in which none was asked for since then."""
        recent = await self.table.find({"asked": {"$gte": since}}, fields=("sandbox",))
        everywhere = await self._store.sandboxes.find({}, fields=("_id",))
        return sorted({str(row["_id"]) for row in everywhere} - {str(row["sandbox"]) for row in recent})

    def ending(self, row: Document, now: datetime, **counts: int) -> Update:
        """The write that ends one; a `Conflict` when another process ended it."""
        where = {"_id": row["_id"], "state": "waiting"}
        return Update(self.table, where, {"$set": {"state": "done", "ended": now, **counts}})

"""Logout tokens on their way: kept with the session's end, so that a PSC that dies still sends them.

`due_at` is in real time and gone once a token is delivered or given up: services live by real clocks, and the embedded
store answers an index on that one field alone.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Document, Insert, Store, Update

_LEASE_S = 60
"""Who takes a delivery has it so long: after that another replica may think its sender dead."""
_KEPT_S = 86_400


class Deliveries:
    """The collection of logout deliveries and everything asked of it."""

    def __init__(self, store: Store) -> None:
        self._rows = store.collection(
            "logout_deliveries",
            Index.on("due_at", sparse=True),
            Index.on("sandbox", "session_id"),
            Index.on("purge_at", expire_s=0),
        )

    def new(self, number: str, now: datetime, **fields: object) -> Insert:
        """The write that keeps a delivery, due at once."""
        document = {"_id": number, "sandbox": current_sandbox(), "attempts": 0, "state": "waiting", "problem": ""}
        return Insert(self._rows, {**document, "due_at": now, "purge_at": now + timedelta(seconds=_KEPT_S), **fields})

    async def due(self, now: datetime, limit: int = 32) -> list[Document]:
        """What should be sent by now, in any sandbox."""
        return await self._rows.find({"due_at": {"$lte": now}}, limit=limit)

    async def take(self, row: Document, now: datetime) -> bool:
        """Whether the caller may send it: of several replicas one may."""
        where = {"_id": row["_id"], "due_at": row["due_at"]}
        return bool(await self._rows.update(where, {"$set": {"due_at": now + timedelta(seconds=_LEASE_S)}}))

    def done(self, number: str, attempts: int, now: datetime) -> Update:
        """The write that ends a delivery well."""
        change = {"state": "delivered", "attempts": attempts, "problem": "", "ended_at": now}
        return Update(self._rows, {"_id": number}, {"$set": change, "$unset": {"due_at": ""}})

    def failed(self, number: str, attempts: int, problem: str, again_at: datetime | None) -> Update:
        """The write after a failed try; without `again_at` it was the last."""
        told: Document = {"attempts": attempts, "problem": problem}
        if again_at is None:
            change: Document = {"$set": told | {"state": "dead"}, "$unset": {"due_at": ""}}
        else:
            change = {"$set": told | {"due_at": again_at}}
        return Update(self._rows, {"_id": number}, change)

    async def of_session(self, sid: str) -> list[Document]:
        """The deliveries of a session's end."""
        return await self._rows.find({"sandbox": current_sandbox(), "session_id": sid})

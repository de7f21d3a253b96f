"""Pro Santé Connect sessions known to be over, whatever PSC says of their tokens [PSC digest 1.8]."""

from __future__ import annotations

from datetime import datetime, timedelta

from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Store, Update

LONGEST_PSC_SESSION = timedelta(hours=5)
"""More than any of its tokens lives."""


class ClosedSessions:
    """One row per closed session, for longer than any of its tokens live."""

    def __init__(self, store: Store) -> None:
        self.table = store.collection("closed_psc_sessions", Index.on("purge_at", expire_s=0))

    def closing(self, session: str, now: datetime) -> Update:
        """The write that remembers a closed session."""
        told = {"sandbox": current_sandbox(), "purge_at": now + LONGEST_PSC_SESSION}
        return Update(self.table, {"_id": f"{current_sandbox()}:{session}"}, {"$setOnInsert": told}, None, True)

    async def is_closed(self, session: str) -> bool:
        """Whether the session is known to be over."""
        return bool(session) and await self.table.find_one({"_id": f"{current_sandbox()}:{session}"}) is not None

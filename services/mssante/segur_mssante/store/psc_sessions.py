"""Which Pro Santé Connect sessions are closed, and the mail sessions that hang on them."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Protocol

from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Store, Update

_ASKED_AT_ONCE = 200
_LONGEST_PSC_SESSION = timedelta(hours=5)


class MailSession(Protocol):
    """An open mail session that hangs on a Pro Santé Connect session."""

    def end(self) -> None:
        """Say goodbye after the command under way, and close."""


class PscSessions:
    """Which Pro Santé Connect sessions are closed, and which mail sessions of this process were opened in one.

    What is closed is kept in the store: the fact reaches one replica, and the mail session may be open in another.
    """

    def __init__(self, store: Store) -> None:
        self._closed = store.collection("closed_psc_sessions", Index.on("purge_at", expire_s=0))
        self._open: defaultdict[str, set[MailSession]] = defaultdict(set)

    def enter(self, sandbox: str, session: str, connection: MailSession) -> None:
        """A mail session begins."""
        if session:
            self._open[f"{sandbox}:{session}"].add(connection)

    def leave(self, sandbox: str, session: str, connection: MailSession) -> None:
        """It is over; a second time does nothing."""
        key = f"{sandbox}:{session}"
        if key in self._open:
            self._open[key].discard(connection)
            if not self._open[key]:
                del self._open[key]

    def closing(self, session: str, now: datetime) -> Update:
        """The write that remembers a closed session, for longer than any of its tokens live."""
        told = {"sandbox": current_sandbox(), "closed_at": now, "purge_at": now + _LONGEST_PSC_SESSION}
        return Update(self._closed, {"_id": f"{current_sandbox()}:{session}"}, {"$setOnInsert": told}, None, True)

    async def is_closed(self, session: str) -> bool:
        """Whether a session of this sandbox is known to be closed."""
        return bool(session) and await self._closed.find_one({"_id": f"{current_sandbox()}:{session}"}) is not None

    async def ended(self, before: datetime) -> list[MailSession]:
        """The open mail sessions whose Pro Santé Connect session was closed by then."""
        found: list[MailSession] = []
        keys = list(self._open)
        for start in range(0, len(keys), _ASKED_AT_ONCE):
            rows = await self._closed.find({"_id": {"$in": keys[start : start + _ASKED_AT_ONCE]}})
            found += [each for row in rows if row["closed_at"] <= before for each in self._open.get(row["_id"], ())]
        return found

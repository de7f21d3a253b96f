"""Requests for a sign-in by phone (CIBA), from their start to the tokens [PSC digest 1.16]."""

from __future__ import annotations

from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Document, Insert, Store, Update
from segur_psc.store.rows import key_of, purge_at


class CibaRequests:
    """The collection of requests; times are epoch seconds of the sandbox's clock."""

    def __init__(self, store: Store) -> None:
        self._rows = store.collection("ciba", Index.on("sandbox", "id_nat", "status"), Index.on("purge_at", expire_s=0))

    def new(self, jti: str, lifetime_s: int, **fields: object) -> Insert:
        """The write that keeps a request, waiting for its professional (`status` pending) or answered at once."""
        return Insert(
            self._rows,
            {
                "_id": key_of(jti),
                "sandbox": current_sandbox(),
                "jti": jti,
                "poll_after": 0,
                "purge_at": purge_at(lifetime_s),
                **fields,
            },
        )

    async def find(self, jti: str) -> Document | None:
        """The request of that id."""
        return await self._rows.find_one({"_id": key_of(jti)})

    async def waiting(self, id_nat: str, now: int) -> list[Document]:
        """The requests that wait for a professional, those still in time."""
        where = {"sandbox": current_sandbox(), "id_nat": id_nat, "status": "pending"}
        found = await self._rows.find(where, limit=50)
        return sorted((r for r in found if now < r["expires_at"]), key=lambda r: -int(r["created_at"]))

    def deciding(self, jti: str, status: str, now: int) -> Update:
        """The write that settles a waiting request; a `Conflict` when it is settled or too old."""
        where = {"_id": key_of(jti), "status": "pending", "expires_at": {"$gt": now}}
        return Update(self._rows, where, {"$set": {"status": status}})

    async def may_poll(self, jti: str, now: int, interval_s: int) -> bool:
        """Whether the interval since the last allowed poll is over; starts the next one."""
        where = {"_id": key_of(jti), "poll_after": {"$lte": now}}
        return bool(await self._rows.update(where, {"$set": {"poll_after": now + interval_s}}))

    def using(self, jti: str) -> Update:
        """The write that uses an approval up; a `Conflict` when it is used already."""
        return Update(self._rows, {"_id": key_of(jti), "status": "approved"}, {"$set": {"status": "used"}})

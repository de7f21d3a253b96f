"""The KOS to bring to the DMP, a row for each time it was asked, and the KOS in force there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from segur.kernel.ids import new_id
from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Conflict, Document, Insert, Store, Update
from segur_drim.store.keys import key

WAITING, PUBLISHED, UNCHANGED, REFUSED, REMOVED = "waiting", "published", "unchanged", "refused", "removed"
"""States of a publication; `unchanged` when the KOS in force still says everything, or there is none to remove."""

FOLLOW = "follow"
"""The act of a publication that brings the KOS in line with what stands now; all others publish for their report."""


class Publications:
    """All queries about what is to be published and what is."""

    def __init__(self, store: Store) -> None:
        self.table = store.collection(
            "publications",
            Index.on("state", "due"),
            Index.on("sandbox", "study_uid", "state"),
            Index.on("sandbox", "study_uid"),
            Index.on("sandbox", "report"),
        )
        self.manifests = store.collection("manifests", Index.on("sandbox", "kos_uid"))

    def asking(
        self, study_uid: str, report: str, traceparent: str, now: datetime, *, act: str = "", cause: str = ""
    ) -> Insert:
        """The write that asks for the KOS of a study, after the report whose message is the blob `report`.

        `cause` is why the KOS is to leave the DMP, where who asks knows it.
        """
        sandbox = current_sandbox()
        return Insert(
            self.table,
            {
                "_id": f"{sandbox}:{new_id()}",
                "sandbox": sandbox,
                "study_uid": study_uid,
                "state": WAITING,
                "due": _stored(now),
                "attempts": 0,
                "report": report,
                "traceparent": traceparent,
                "asked": now,
                "act": act,
                "cause": cause,
            },
        )

    async def refused_of(self, report: str) -> set[str]:
        """The studies of a report whose last publication was refused."""
        where = {"sandbox": current_sandbox(), "report": report}
        states = {row["study_uid"]: row["state"] for row in await self.table.find(where, sort=("_id",))}
        return {uid for uid, state in states.items() if state == REFUSED}

    async def reports_of(self, study_uid: str) -> list[str]:
        """The reports for which a study was asked to be published, by the blobs of their messages, the last first."""
        where = {"sandbox": current_sandbox(), "study_uid": study_uid}
        rows = await self.table.find(where, sort=("-_id",), fields=("report",))
        return list(dict.fromkeys(str(row["report"]) for row in rows))

    async def is_awaited(self, study_uid: str) -> bool:
        """True while something is to be published for a study."""
        where = {"sandbox": current_sandbox(), "study_uid": study_uid, "state": WAITING}
        return await self.table.find_one(where, ("_id",)) is not None

    async def due(self, now: datetime, limit: int) -> list[Document]:
        """Publications of every sandbox whose time has come, those waiting longest first."""
        return await self.table.find({"state": WAITING, "due": {"$lte": now}}, sort=("due",), limit=limit)

    async def adrift(self, horizon: datetime, limit: int) -> list[Document]:
        """Publications due later than any pause lasts: the clock stepped back under them, and they are due at once."""
        return await self.table.find({"state": WAITING, "due": {"$gt": horizon}}, sort=("due",), limit=limit)

    async def is_behind(self, publication: Document) -> bool:
        """True while an earlier publication of the same study waits: KOS replace one another in order."""
        where = {"sandbox": publication["sandbox"], "study_uid": publication["study_uid"], "state": WAITING}
        earliest = await self.table.find(where, sort=("_id",), limit=1, fields=("_id",))
        return bool(earliest) and earliest[0]["_id"] != publication["_id"]

    async def claim(self, publication: Document, until: datetime) -> Document | None:
        """Take a publication, as it was read, until `until`; None when another publisher was faster.

        What is given carries the lease: only its holder may keep it longer or put it off.
        """
        seen = {name: publication[name] for name in ("_id", "due", "attempts")}
        lease = new_id()
        change = {"$set": {"due": _stored(until), "lease": lease}, "$inc": {"attempts": 1}}
        if not await self.table.update({**seen, "state": WAITING}, change):
            return None
        return {**publication, "lease": lease}

    async def extend(self, claimed: Document, until: datetime) -> None:
        """Keep a claimed publication a while longer; nothing when it was put off meanwhile."""
        await self.table.update(_held(claimed), {"$set": {"due": _stored(until)}})

    async def postpone(self, publication: Document, due: datetime, reason: str) -> None:
        """Try again at `due`, and end the lease."""
        change = {"due": _stored(due), "last_failure": reason, "lease": ""}
        await self.table.update(_held(publication), {"$set": change})

    async def prepare(self, publication: Document, **built: Any) -> None:
        """Keep what was built before anything is sent, so that every attempt sends the same.

        Raise `Conflict` when another publisher kept its own meanwhile.
        """
        where = {"_id": publication["_id"], "state": WAITING, "built": {"$exists": False}}
        if not await self.table.update(where, {"$set": {"built": built}}):
            raise Conflict("publications: another publisher built this KOS")

    def settling(self, publication: Document, state: str, **about: Any) -> Update:
        """The write that ends a publication; a `Conflict` when it is ended already."""
        where = {"_id": publication["_id"], "state": WAITING}
        return Update(self.table, where, {"$set": {"state": state, **about}})

    async def in_force(self, study_uid: str) -> Document | None:
        """The KOS of a study that is in the DMP.

        `kos_uid`, `ins`, `fingerprint`, `instances`, `blob`; `report` (its id) and `message` (the blob) it was made
        for, and its `confidentiality` codes.
        """
        row = await self.manifests.find_one({"_id": key(study_uid)})
        return None if row is None or row.get("ended") else row

    async def each_in_force(self) -> AsyncIterator[Document]:
        """Every KOS of the present sandbox that is in the DMP."""
        async for row in self.manifests.iterate({"sandbox": current_sandbox()}):
            if not row.get("ended"):
                yield row

    def enforcing(self, study_uid: str, **kos: Any) -> Update:
        """The write that makes a KOS the one in force."""
        row = {"sandbox": current_sandbox(), "study_uid": study_uid, "ended": "", **kos}
        return Update(self.manifests, {"_id": key(study_uid)}, {"$set": row}, expect=None, upsert=True)

    def ending(self, kos_uid: str, why: str) -> Update:
        """The write that notes that a KOS is no longer in the DMP; nothing when it is none of ours in force."""
        where = {"sandbox": current_sandbox(), "kos_uid": kos_uid}
        return Update(self.manifests, where, {"$set": {"ended": why}}, expect=None)


def _held(publication: Document) -> Document:
    where = {"_id": publication["_id"], "state": WAITING}
    return {**where, "lease": publication["lease"]} if publication.get("lease") else where


def _stored(moment: datetime) -> datetime:
    """As the store gives it back, to the millisecond: a claim names the row it read."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

"""The images of the box: studies, series, instances; and which Pro Santé Connect sessions are over."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from segur.contracts.fact import Fact
from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Document, Insert, Store, Update, Write
from segur.wire.dicom_patient import Place
from segur_drim.domain.instance import Instance, Series, Study
from segur_drim.domain.manifest import Listed, Manifest, Reference, in_order
from segur_drim.store.keys import key

LONGEST_PSC_SESSION = timedelta(hours=5)
"""More than any of its tokens lives [PSC digest 1.8]."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object to hand out: blob, size in bytes, transfer syntax, where the INS goes."""

    uid: str
    series: str
    digest: str
    size: int
    syntax: str
    place: Place


class Archive:
    """All queries about images and sessions."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.filing_turn = asyncio.Lock()
        """Requests of this process file one after the other; those of another process are noticed as a `Conflict`."""
        self.studies = store.collection("studies", Index.on("sandbox", "patient"))
        self.series = store.collection("series", Index.on("sandbox", "study_uid"))
        self.instances = store.collection(
            "instances", Index.on("sandbox", "study_uid"), Index.on("sandbox", "series_uid")
        )
        self.closed_sessions = store.collection("closed_psc_sessions", Index.on("purge_at", expire_s=0))

    async def commit(self, writes: Sequence[Write], *facts: Fact) -> None:
        """Change state and tell it, all or nothing."""
        await self._store.commit(writes, facts)

    def closing_session(self, session: str, now: datetime) -> Update:
        """The write that remembers a closed Pro Santé Connect session, for longer than any of its tokens live."""
        told = {"sandbox": current_sandbox(), "purge_at": now + LONGEST_PSC_SESSION}
        return Update(self.closed_sessions, {"_id": key(session)}, {"$setOnInsert": told}, None, True)

    async def session_is_closed(self, session: str) -> bool:
        """Whether a Pro Santé Connect session is known to be over, whatever PSC says of its tokens."""
        return bool(session) and await self.closed_sessions.find_one({"_id": key(session)}) is not None

    # images

    async def study(self, uid: str) -> Document | None:
        """The row of a study."""
        return await self.studies.find_one({"_id": key(uid)})

    async def known(self, instances: Iterable[Instance]) -> dict[str, Document]:
        """The rows of those instances that are stored already, by SOP Instance UID."""
        ids = [key(instance.uid) for instance in instances]
        found = await self.instances.find({"_id": {"$in": ids}}, fields=("sop_uid", "study_uid", "source"))
        return {str(row["sop_uid"]): row for row in found}

    async def known_series(self, uids: Iterable[str]) -> dict[str, str]:
        """The study each of these series belongs to, for those that are stored."""
        found = await self.series.find({"_id": {"$in": [key(uid) for uid in uids]}}, fields=("series_uid", "study_uid"))
        return {str(row["series_uid"]): str(row["study_uid"]) for row in found}

    async def counts(self, study_uid: str) -> tuple[int, int]:
        """How many instances and series of a study are stored."""
        where = {"sandbox": current_sandbox(), "study_uid": study_uid}
        return await self.instances.count(where), await self.series.count(where)

    def filing(self, instance: Instance, digest: str, size: int, source: str, now: datetime) -> list[Write]:
        """The writes that file an instance; `source` is the digest of what was received."""
        sandbox = current_sandbox()
        study, series = instance.study, instance.series
        return [
            Insert(
                self.instances,
                {
                    "_id": key(instance.uid),
                    "sandbox": sandbox,
                    "study_uid": study.uid,
                    "series_uid": series.uid,
                    "sop_uid": instance.uid,
                    "sop_class": instance.sop_class,
                    "number": instance.number,
                    "frames": instance.frames,
                    "digest": digest,
                    "source": source,
                    "size": size,
                    "syntax": instance.syntax,
                    "place": msgspec.to_builtins(instance.place),
                    "received": now,
                },
            ),
            Update(
                self.series,
                {"_id": key(series.uid)},
                {
                    "$setOnInsert": {
                        "sandbox": sandbox,
                        "study_uid": study.uid,
                        "series_uid": series.uid,
                        "series": msgspec.to_builtins(series),
                    }
                },
                expect=None,
                upsert=True,
            ),
        ]

    def opening(self, study: Study, patient: str, traceparent: str, now: datetime) -> Update:
        """The write that opens a study, or notes that more of it came; the trace of the last arrival is kept."""
        return Update(
            self.studies,
            {"_id": key(study.uid)},
            {
                "$setOnInsert": {
                    "sandbox": current_sandbox(),
                    "study_uid": study.uid,
                    "patient": patient,
                    "study": msgspec.to_builtins(study),
                    "opened": now,
                    "told": None,
                },
                "$set": {"traceparent": traceparent, "received": now},
            },
            expect=None,
            upsert=True,
        )

    def telling(self, study_uid: str, before: int | None, instances: int) -> Update:
        """The write that notes how many instances are told; a `Conflict` when others were told than `before`."""
        return Update(self.studies, {"_id": key(study_uid), "told": before}, {"$set": {"told": instances}})

    async def manifest(self, study_uid: str) -> Manifest | None:
        """Everything stored of a study, in order; None when there is nothing."""
        row = await self.study(study_uid)
        if row is None:
            return None
        where = {"sandbox": current_sandbox(), "study_uid": study_uid}
        by_series: dict[str, list[Reference]] = {}
        async for found in self.instances.iterate(
            where, fields=("series_uid", "sop_uid", "sop_class", "number", "frames")
        ):
            reference = Reference(found["sop_uid"], found["sop_class"], found["number"], found["frames"])
            by_series.setdefault(found["series_uid"], []).append(reference)
        series = [msgspec.convert(found["series"], Series) for found in await self.series.find(where)]
        series.sort(key=lambda one: (one.number is None, one.number or 0, one.uid))
        listed = tuple(Listed(one, in_order(by_series[one.uid])) for one in series if one.uid in by_series)
        return Manifest(msgspec.convert(row["study"], Study), listed)

    async def objects(self, study_uid: str, series_uid: str = "") -> list[StoredObject]:
        """The objects of a study or of one series, by instance number."""
        by = {"series_uid": series_uid} if series_uid else {"study_uid": study_uid}
        found = await self.instances.find({"sandbox": current_sandbox(), **by})
        rows = [row for row in found if row["study_uid"] == study_uid]
        rows.sort(key=lambda row: (row["series_uid"], row["number"] is None, row["number"] or 0))
        return [
            StoredObject(
                row["sop_uid"],
                row["series_uid"],
                row["digest"],
                row["size"],
                row["syntax"],
                msgspec.convert(row["place"], Place),
            )
            for row in rows
        ]

    async def sandbox_named(self, name: str) -> str | None:
        """`name` when it is a sandbox of this platform."""
        found = await self._store.sandboxes.find_one({"_id": name}) if name else None
        return str(found["_id"]) if found else None

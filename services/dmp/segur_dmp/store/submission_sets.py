"""Submission sets with their associations [DMP digest 3.2, 8.1].

An association lives in the set that brought it, and the documents it names know that set (`StoredDocument.sets`): all
associations of an object are found by two lookups, and a submission costs no write for each of them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

import msgspec

from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Document, Insert, Store
from segur.wire import xds_uuids
from segur.wire.xds import Association, SubmissionSet, comparable
from segur.wire.xds_query import SubmissionSetFilter

_AT_ONCE = 200
_SET, _LINKS = msgspec.json.Decoder(SubmissionSet), msgspec.json.Decoder(tuple[Association, ...])


@dataclass(frozen=True, slots=True)
class StoredSet:
    """A submission set with its patient (pseudonym) and its associations.

    `documents` are the (entryUUID, uniqueId) of each document the associations name.
    """

    submission_set: SubmissionSet
    patient: str
    links: tuple[Association, ...] = ()
    documents: tuple[tuple[str, str], ...] = ()

    @property
    def members(self) -> tuple[str, ...]:
        """The entryUUIDs of the documents, or versions of documents, the set brought."""
        return tuple(link.target for link in self.links if link.type == xds_uuids.HAS_MEMBER)


class SubmissionSets:
    """What came in one submission, or was done by one change."""

    def __init__(self, store: Store) -> None:
        self.table = store.collection(
            "submission_sets",
            Index.on("sandbox", "patient"),
            Index.on("sandbox", "patient", "at"),
            Index.on("sandbox", "entry_uuid", unique=True),
        )

    def insertion(self, stored: StoredSet) -> Insert:
        """The write that adds a submission set with its associations."""
        sandbox, lot = current_sandbox(), stored.submission_set
        row = {
            "_id": f"{sandbox}:{lot.unique_id}",
            "sandbox": sandbox,
            "patient": stored.patient,
            "entry_uuid": lot.entry_uuid,
            "at": comparable(lot.submission_time) if lot.submission_time else "",
            "set": msgspec.json.encode(lot).decode(),  # as text, for the reason told at `Documents`
            "links": msgspec.json.encode(stored.links).decode(),
            "documents": [list(named) for named in stored.documents],
        }
        return Insert(self.table, row)

    async def find(self, patient: str, wanted: SubmissionSetFilter) -> AsyncIterator[StoredSet]:
        """The submission sets of a patient that meet the criteria, one by one."""
        where: Document = {"sandbox": current_sandbox(), "patient": patient}
        times = wanted.submission_time
        if times:
            bounds = {"$gte": comparable(times.start) if times.start else "0"}
            where["at"] = bounds | ({"$lt": comparable(times.end)} if times.end else {})
        async for row in self.table.iterate(where):
            stored = _read(row)
            if wanted.matches(stored.submission_set):
                yield stored

    async def of_entries(self, entry_uuids: Iterable[str]) -> dict[str, StoredSet]:
        """Submission sets by entryUUID."""
        found: dict[str, StoredSet] = {}
        keys = list(dict.fromkeys(entry_uuids))
        for at in range(0, len(keys), _AT_ONCE):
            some = {"sandbox": current_sandbox(), "entry_uuid": {"$in": keys[at : at + _AT_ONCE]}}
            for row in await self.table.find(some):
                found[str(row["entry_uuid"])] = _read(row)
        return found

    async def one(self, *, entry_uuid: str = "", unique_id: str = "") -> StoredSet | None:
        """The submission set of that entryUUID or uniqueId."""
        sandbox = current_sandbox()
        where = {"sandbox": sandbox, "entry_uuid": entry_uuid} if entry_uuid else {"_id": f"{sandbox}:{unique_id}"}
        row = await self.table.find_one(where)
        return _read(row) if row is not None else None


def _read(row: Document) -> StoredSet:
    lot, links = row["set"], row["links"]
    named = tuple((str(uuid), str(unique_id)) for uuid, unique_id in row["documents"])
    return StoredSet(
        _SET.decode(lot) if isinstance(lot, str) else msgspec.convert(lot, SubmissionSet),
        str(row["patient"]),
        _LINKS.decode(links) if isinstance(links, str) else msgspec.convert(links, tuple[Association, ...]),
        named,
    )

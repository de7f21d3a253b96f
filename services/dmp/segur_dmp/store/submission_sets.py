"""Submission sets, with the entryUUIDs each of them brought [DMP digest 3.2]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Document, Insert, Store
from segur.wire.xds import SubmissionSet


@dataclass(frozen=True, slots=True)
class StoredSet:
    """A submission set with its patient (pseudonym) and the entryUUIDs it brought."""

    submission_set: SubmissionSet
    patient: str
    members: tuple[str, ...]


class SubmissionSets:
    """What came in one submission."""

    def __init__(self, store: Store) -> None:
        self.table = store.collection(
            "submission_sets", Index.on("sandbox", "patient"), Index.on("sandbox", "entry_uuid", unique=True)
        )

    def insertion(self, patient: str, lot: SubmissionSet, members: Sequence[str]) -> Insert:
        """The write that adds a submission set with the entryUUIDs of its documents."""
        sandbox = current_sandbox()
        row = {
            "_id": f"{sandbox}:{lot.unique_id}",
            "sandbox": sandbox,
            "patient": patient,
            "entry_uuid": lot.entry_uuid,
            "set": msgspec.to_builtins(lot),
            "members": list(members),
        }
        return Insert(self.table, row)

    async def of(self, patient: str) -> list[StoredSet]:
        """The submission sets of a patient."""
        return [_read(row) for row in await self.table.find({"sandbox": current_sandbox(), "patient": patient})]

    async def one(self, *, entry_uuid: str = "", unique_id: str = "") -> StoredSet | None:
        """The submission set of that entryUUID or uniqueId."""
        sandbox = current_sandbox()
        where = {"sandbox": sandbox, "entry_uuid": entry_uuid} if entry_uuid else {"_id": f"{sandbox}:{unique_id}"}
        row = await self.table.find_one(where)
        return _read(row) if row is not None else None


def _read(row: Document) -> StoredSet:
    return StoredSet(msgspec.convert(row["set"], SubmissionSet), str(row["patient"]), tuple(row["members"]))

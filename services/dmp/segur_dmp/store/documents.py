"""Document entries: the current version of each, and the former ones [DMP digest 1.8, identifier life cycle]."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec

from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Document, Insert, Store, Update
from segur.wire import xds_uuids
from segur.wire.xds import DocumentEntry


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document entry with its patient (pseudonym) and the blob that holds its bytes."""

    entry: DocumentEntry
    patient: str
    digest: str


class Documents:
    """One version of each document is `current`; a change of metadata leaves the one before, deprecated, `former`."""

    def __init__(self, store: Store) -> None:
        self.current = store.collection(
            "entries",
            Index.on("sandbox", "patient"),
            Index.on("sandbox", "unique_id", unique=True),
            Index.on("sandbox", "entry_uuid"),
        )
        self.former = store.collection(
            "versions", Index.on("sandbox", "patient"), Index.on("sandbox", "entry_uuid", unique=True)
        )

    def insertion(self, patient: str, entry: DocumentEntry, digest: str) -> Insert:
        """The write that adds an entry whose bytes are the blob `digest`."""
        key = f"{current_sandbox()}:{entry.unique_id}"
        return Insert(self.current, _row(StoredDocument(entry, patient, digest), key))

    def change(self, old: DocumentEntry, new: DocumentEntry) -> Update:
        """The write that replaces an entry's metadata; a `Conflict` when it is no longer `old`'s status and version."""
        found = {
            "_id": f"{current_sandbox()}:{old.unique_id}",
            "status": old.status,
            "entry_uuid": old.entry_uuid,
        }
        values = {"status": new.status, "entry_uuid": new.entry_uuid, "entry": msgspec.to_builtins(new)}
        return Update(self.current, found, {"$set": values})

    def new_version(self, old: StoredDocument, new: DocumentEntry) -> tuple[Update, Insert]:
        """The writes that put `new` in the place of `old` and keep `old`, deprecated."""
        kept = replace(old, entry=replace(old.entry, status=xds_uuids.DEPRECATED))
        key = f"{current_sandbox()}:{old.entry.unique_id}#{old.entry.version}"
        return self.change(old.entry, new), Insert(self.former, _row(kept, key))

    async def current_of(self, patient: str) -> list[DocumentEntry]:
        """The current version of each document of a patient, of any status."""
        found = await self.current.find({"sandbox": current_sandbox(), "patient": patient})
        return [read_document(row).entry for row in found]

    async def former_of(self, patient: str) -> list[DocumentEntry]:
        """The former versions of the documents of a patient, all deprecated."""
        found = await self.former.find({"sandbox": current_sandbox(), "patient": patient})
        return [read_document(row).entry for row in found]

    async def of_unique_id(self, unique_id: str) -> StoredDocument | None:
        """The current version of the document of that uniqueId."""
        row = await self.current.find_one({"_id": f"{current_sandbox()}:{unique_id}"})
        return read_document(row) if row is not None else None

    async def of_entry(self, entry_uuid: str) -> StoredDocument | None:
        """The document, current or a former version, of that entryUUID."""
        where = {"sandbox": current_sandbox(), "entry_uuid": entry_uuid}
        row = await self.current.find_one(where) or await self.former.find_one(where)
        return read_document(row) if row is not None else None


def read_document(row: Document) -> StoredDocument:
    """A stored row as values."""
    return StoredDocument(msgspec.convert(row["entry"], DocumentEntry), str(row["patient"]), str(row["digest"]))


def _row(stored: StoredDocument, key: str) -> Document:
    entry = stored.entry
    return {
        "_id": key,
        "sandbox": current_sandbox(),
        "patient": stored.patient,
        "status": entry.status,
        "unique_id": entry.unique_id,
        "entry_uuid": entry.entry_uuid,
        "digest": stored.digest,
        "entry": msgspec.to_builtins(entry),
    }

"""What the DMP remembers: accounts, document entries, authorizations, notifications."""

from __future__ import annotations

from typing import Any

import msgspec

from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Document, Insert, Store, Update
from segur.vocab.ins import Ins
from segur.wire.xds import DocumentEntry


class Records:
    """All queries of the DMP; patients are named by their pseudonym."""

    def __init__(self, store: Store) -> None:
        self.accounts = store.collection("accounts", Index.on("sandbox", "patient", unique=True))
        self.entries = store.collection(
            "entries",
            Index.on("sandbox", "patient", "status"),
            Index.on("sandbox", "unique_id", unique=True),
            Index.on("sandbox", "entry_uuid"),
        )
        self.authorizations = store.collection("authorizations", Index.on("sandbox", "patient"))
        self.notifications = store.collection("notifications", Index.on("sandbox", "patient", "-at"))

    def account_document(self, sandbox: str, patient: str, ins: Ins, **fields: Any) -> Document:
        """A new account; `state` is a `DmpState` value."""
        return {"_id": f"{sandbox}:{patient}", "sandbox": sandbox, "patient": patient, "ins": ins.cx, **fields}

    async def account(self, patient: str) -> Document | None:
        """The DMP of the patient, None when there is none."""
        return await self.accounts.find_one({"sandbox": current_sandbox(), "patient": patient})

    def insertion(self, patient: str, entry: DocumentEntry, digest: str) -> Insert:
        """The write that adds an entry whose bytes are the blob `digest`."""
        sandbox = current_sandbox()
        return Insert(
            self.entries,
            {
                "_id": f"{sandbox}:{entry.unique_id}",
                "sandbox": sandbox,
                "patient": patient,
                "status": entry.status,
                "unique_id": entry.unique_id,
                "entry_uuid": entry.entry_uuid,
                "digest": digest,
                "entry": msgspec.to_builtins(entry),
            },
        )

    def change(self, entry: DocumentEntry, expected_status: str) -> Update:
        """The write that replaces an entry's metadata; a `Conflict` when its status is another by now."""
        return Update(
            self.entries,
            {"_id": f"{current_sandbox()}:{entry.unique_id}", "status": expected_status},
            {"$set": {"status": entry.status, "entry": msgspec.to_builtins(entry)}},
        )

    async def entries_of(self, patient: str) -> list[DocumentEntry]:
        """All entries of a patient, of any status."""
        found = await self.entries.find({"sandbox": current_sandbox(), "patient": patient})
        return [read_entry(document) for document in found]

    async def document(self, unique_id: str) -> Document | None:
        """The stored document of that uniqueId: `entry`, `digest`, `patient`."""
        return await self.entries.find_one({"sandbox": current_sandbox(), "unique_id": unique_id})

    def authorization_id(self, patient: str, professional: str) -> str:
        """The key of one professional's authorization."""
        return f"{current_sandbox()}:{patient}:{professional}"

    async def authorization(self, patient: str, professional: str) -> Document | None:
        """The authorization of a professional for a patient, None when there is none."""
        return await self.authorizations.find_one({"_id": self.authorization_id(patient, professional)})

    async def notifications_of(self, patient: str) -> list[Document]:
        """What Mon espace santé told the patient, newest first."""
        where = {"sandbox": current_sandbox(), "patient": patient}
        return await self.notifications.find(where, sort=("-at",), limit=200)


def read_entry(document: Document) -> DocumentEntry:
    """The entry in a stored document."""
    return msgspec.convert(document["entry"], DocumentEntry)

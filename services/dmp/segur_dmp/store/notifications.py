"""What Mon espace santé told a patient [DMP digest 6.5]."""

from __future__ import annotations

from datetime import datetime

from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Document, Insert, Store
from segur.wire.xds import DocumentEntry


class Notifications:
    """One row per notification."""

    def __init__(self, store: Store) -> None:
        self.table = store.collection("notifications", Index.on("sandbox", "patient"))

    def insertion(self, patient: str, key: str, code: str, entry: DocumentEntry, at: datetime) -> Insert:
        """The write that tells the patient; `code` is one of Mon espace santé's."""
        sandbox = current_sandbox()
        row = {
            "_id": f"{sandbox}:{key}",
            "sandbox": sandbox,
            "patient": patient,
            "code": code,
            "document_id": entry.unique_id,
            "title": entry.title,
            "at": at,
        }
        return Insert(self.table, row)

    async def of(self, patient: str) -> list[Document]:
        """What the patient was told, newest first."""
        where = {"sandbox": current_sandbox(), "patient": patient}
        return await self.table.find(where, sort=("-at",), limit=200)

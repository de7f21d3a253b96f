"""The reports the RIS sent, what ended them, and what the DMP said of their visibility since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Document, Insert, Store, Update
from segur_drim.store.keys import key


class Reports:
    """All queries about reports.

    A row is one message: `document_id` of the report, `blob` of the message, `studies` it names, `confidentiality`
    codes it came with, `seen` (code to whether the DMP says it has it now), `ended` (why it stands no longer).
    """

    def __init__(self, store: Store) -> None:
        self.table = store.collection("reports", Index.on("sandbox", "received"), Index.on("sandbox", "document_id"))

    def reception(self, digest: str, now: datetime, **about: Any) -> Insert:
        """The write that keeps a report, whose message is the blob `digest`; a `Duplicate` when it came before."""
        row = {"_id": key(digest), "sandbox": current_sandbox(), "blob": digest, "received": now, **about}
        return Insert(self.table, row)

    async def of_document(self, document_id: str) -> list[Document]:
        """The messages that brought a report."""
        return await self.table.find({"sandbox": current_sandbox(), "document_id": document_id}, sort=("received",))

    async def of_messages(self, digests: Iterable[str]) -> dict[str, Document]:
        """The reports of messages, by the blobs of these."""
        found = await self.table.find({"_id": {"$in": [key(digest) for digest in digests]}})
        return {str(row["blob"]): row for row in found}

    def ending(self, row: Document, why: str) -> Update:
        """The write after which a report stands no longer: `removed`, `replaced`, `deleted`."""
        return Update(self.table, {"_id": row["_id"]}, {"$set": {"ended": why}})

    def ending_if_it_stands(self, row: Document, why: str) -> Update:
        """The same, unless something else ended it since the row was read: what the RIS said is the better reason."""
        where = {"_id": row["_id"], "ended": {"$exists": False}}
        return Update(self.table, where, {"$set": {"ended": why}}, expect=None)

    def noting(self, row: Document, seen: Mapping[str, bool]) -> Update:
        """The write that keeps what the DMP said of a report's visibility, code by code."""
        return Update(self.table, {"_id": row["_id"]}, {"$set": {"seen": {**row.get("seen", {}), **seen}}})


def confidentiality_of(row: Document) -> frozenset[str]:
    """The confidentiality codes a report has now: those it came with, and what the DMP said since."""
    seen: dict[str, bool] = row.get("seen", {})
    codes = set(row.get("confidentiality", ())) | {code for code, has in seen.items() if has}
    return frozenset(codes - {code for code, has in seen.items() if not has})

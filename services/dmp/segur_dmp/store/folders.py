"""The folders of each space [DMP digest 6.5]."""

from __future__ import annotations

from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Delete, Document, Insert, Store, Update
from segur_dmp.domain.mes.folders import MOST, Folder


class Folders:
    """One row per folder; no two of a patient have one name, however it is capitalised."""

    def __init__(self, store: Store) -> None:
        self.table = store.collection("mes_folders", Index.on("sandbox", "patient", "folded", unique=True))

    def insertion(self, one: Folder) -> Insert:
        """The write that adds a folder; a `Duplicate` when the name is taken."""
        about = {"sandbox": current_sandbox(), "patient": one.patient, **_named(one.name)}
        return Insert(self.table, {"_id": self._key(one), "number": one.id, "documents": list(one.documents), **about})

    def renaming(self, one: Folder, name: str) -> Update:
        """The write that gives another name; a `Duplicate` when it is taken, a `Conflict` when the folder is gone."""
        return Update(self.table, {"_id": self._key(one)}, {"$set": _named(name)})

    def removal(self, one: Folder) -> Delete:
        """The write that takes a folder away; a `Conflict` when it is gone."""
        return Delete(self.table, {"_id": self._key(one)}, expect=1)

    def filing(self, one: Folder, unique_id: str) -> Update:
        """The write that puts a document into a folder; a `Conflict` when the folder is gone."""
        return Update(self.table, {"_id": self._key(one)}, {"$addToSet": {"documents": unique_id}})

    def taking_out(self, one: Folder, unique_id: str) -> Update:
        """The write that takes a document out; a `Conflict` when it is not in there any more."""
        where = {"_id": self._key(one), "documents": unique_id}
        return Update(self.table, where, {"$pull": {"documents": unique_id}})

    async def of(self, patient: str) -> list[Folder]:
        """The folders of a patient, by name."""
        where = {"sandbox": current_sandbox(), "patient": patient}
        rows = await self.table.find(where, sort=("folded",), limit=MOST)
        return [Folder(row["number"], patient, row["name"], tuple(row["documents"])) for row in rows]

    def _key(self, one: Folder) -> str:
        return f"{current_sandbox()}:{one.id}"


def _named(name: str) -> Document:
    return {"name": name, "folded": name.casefold()}

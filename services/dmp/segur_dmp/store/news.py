"""What the national directory told since the country began [DMP digest 2.3, 9]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Store, Update
from segur_dmp.domain.directory import Known, News


class DirectoryNews:
    """One row per professional or structure somebody told of."""

    def __init__(self, store: Store) -> None:
        self.table = store.collection("directory_news", Index.on("sandbox"))

    async def of(self, *names: str) -> list[News]:
        """The news of professionals and structures, by their ids."""
        keys = [f"{current_sandbox()}:{name}" for name in dict.fromkeys(names) if name]
        found = await self.table.find({"_id": {"$in": keys}}) if keys else []
        return [
            News(
                str(row["_id"]).partition(":")[2],
                (*(tuple(group) for group in row.get("entities", ())), *filter(None, [tuple(row.get("names", ()))])),
                tuple(row.get("posts", ())),
                Known(**row.get("known", {})),
                bool(row.get("withdrawn")),
            )
            for row in found
        ]

    def learning(self, news: News) -> Update:
        """The write that remembers what the directory told."""
        row = asdict(news) | {"sandbox": current_sandbox()}
        where = {"_id": f"{current_sandbox()}:{row.pop('id')}"}
        return Update(self.table, where, {"$set": row}, expect=None, upsert=True)

    def joining(self, name: str, names: Sequence[str]) -> Update:
        """The write that remembers of one identifier of a structure which others name the same legal entity."""
        change = {"$set": {"sandbox": current_sandbox()}, "$addToSet": {"names": {"$each": list(names)}}}
        return Update(self.table, {"_id": f"{current_sandbox()}:{name}"}, change, expect=None, upsert=True)

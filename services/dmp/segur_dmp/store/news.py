"""What the national directory told since the country began [DMP digest 2.3, 9]."""

from __future__ import annotations

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
                tuple(tuple(group) for group in row["entities"]),
                tuple(row["posts"]),
                Known(**row["known"]),
                bool(row["withdrawn"]),
            )
            for row in found
        ]

    def learning(self, news: News) -> Update:
        """The write that remembers what the directory told."""
        row = asdict(news) | {"sandbox": current_sandbox()}
        where = {"_id": f"{current_sandbox()}:{row.pop('id')}"}
        return Update(self.table, where, {"$set": row}, expect=None, upsert=True)

"""What the national directory told since the country began [DMP digest 2.3, 9]."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict

from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Store, Update
from segur_dmp.domain.directory import Known, News

_RECENT_S, _MOST = 1.0, 2_000
"""How late news another replica learnt are seen, and of how many calls they are kept; our own are seen at once."""


class DirectoryNews:
    """One row per professional or structure somebody told of; every call asks, hardly any row ever changes."""

    def __init__(self, store: Store) -> None:
        self.table = store.collection("directory_news", Index.on("sandbox"))
        self._recent: dict[tuple[str, ...], tuple[float, list[News]]] = {}
        self._edition = 0

    async def of(self, *names: str) -> list[News]:
        """The news of professionals and structures, by their ids."""
        keys = tuple(f"{current_sandbox()}:{name}" for name in dict.fromkeys(names) if name)
        until, news = self._recent.get(keys, (0.0, []))
        if time.monotonic() >= until:
            if len(self._recent) >= _MOST:
                self.forget()
            edition = self._edition
            news = await self._read(keys)
            if edition == self._edition:
                self._recent[keys] = (time.monotonic() + _RECENT_S, news)
        return news

    def forget(self) -> None:
        """Read anew at the next call: something was learnt."""
        self._edition += 1
        self._recent.clear()

    async def _read(self, keys: Sequence[str]) -> list[News]:
        found = await self.table.find({"_id": {"$in": list(keys)}}) if keys else []
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

"""What the directory keeps: resources, with the values they are searched by."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime

from segur.contracts.fact import Fact
from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Document, Store, Update, Write
from segur_annuaire.domain.criteria import Query
from segur_annuaire.domain.index import index
from segur_annuaire.domain.matching import Searchable
from segur_annuaire.domain.pieces import Resource
from segur_annuaire.store.catalogues import Catalogues
from segur_annuaire.store.register import Register

_BATCH = 500
_MOST_FACTS = 100
_SEARCHED = ("id", "tokens", "words", "updated")


class Directory:
    """All queries of the directory."""

    def __init__(self, store: Store, register: Register) -> None:
        self._store = store
        self.catalogues = Catalogues(self, register)
        self.resources = store.collection(
            "resources",
            Index.on("sandbox", "type"),
            Index.on("changed", sparse=True),
        )

    async def read(self, resource_type: str, identifier: str) -> Resource | None:
        """The resource of this type and id, None when there is none."""
        row = await self.resources.find_one({"_id": f"{current_sandbox()}:{resource_type}/{identifier}"})
        return row["resource"] if row else None

    async def search(self, query: Query, after: str, kept_since: str) -> tuple[list[Resource], bool, int]:
        """A page of resources that fit, by id from the first one after `after`; whether more follow; how many fit.

        Inactive shells not updated since `kept_since` (a DTM) have been dropped.
        """
        catalogue = await self.catalogues.current()
        found = catalogue.search(query, after, kept_since)
        shown = await self.referred(f"{query.resource_type}/{identifier}" for identifier in found.ids)
        return shown, found.more, found.total

    async def each(self, resource_type: str) -> AsyncIterator[Resource]:
        """Every resource of a type, in no order, one by one."""
        where = {"sandbox": current_sandbox(), "type": resource_type}
        async for row in self.resources.iterate(where, fields=("resource",)):
            yield row["resource"]

    async def referred(self, references: Iterable[str]) -> list[Resource]:
        """The resources behind references such as `Practitioner/003-1-2`, in the order of the references."""
        keys = [f"{current_sandbox()}:{reference}" for reference in dict.fromkeys(references)]
        rows = await self.resources.find({"_id": {"$in": keys}}) if keys else []
        found = {row["_id"]: row["resource"] for row in rows}
        return [found[key] for key in keys if key in found]

    async def referring(self, resource_type: str, parameter: str, references: Sequence[str]) -> list[Resource]:
        """The resources of a type whose reference `parameter` points to one of `references`, by id."""
        if not references:
            return []
        catalogue = await self.catalogues.current()
        found = catalogue.referring(resource_type, (f"{parameter}={reference}" for reference in references))
        return await self.referred(f"{resource_type}/{identifier}" for identifier in found)

    def showing(self, resources: Iterable[Resource], mark: str) -> list[Write]:
        """The writes that show these resources as they are now, under the mark of the change."""
        writes: list[Write] = []
        for resource in resources:
            row = _row(current_sandbox(), resource) | {"changed": f"{current_sandbox()}:{mark}"}
            writes.append(Update(self.resources, {"_id": row.pop("_id")}, {"$set": row}, expect=None, upsert=True))
        return writes

    async def add(self, resources: Iterable[Resource]) -> None:
        """Keep resources that are new; those that are there stay as they are."""
        sandbox = current_sandbox()
        rows = await asyncio.to_thread(lambda: [_row(sandbox, resource) for resource in resources])
        await self.resources.insert_new(rows)

    async def searchable(self, resource_type: str) -> list[tuple[str, Searchable]]:
        """Id and searchable values of every resource of a type, by id."""
        where = {"sandbox": current_sandbox(), "type": resource_type}
        found = [(str(row["id"]), _searchable(row)) async for row in self.resources.iterate(where, fields=_SEARCHED)]
        return sorted(found, key=lambda one: one[0])

    async def changed(self, mark: str) -> list[tuple[str, str, Searchable]]:
        """Type, id and searchable values of the resources whose last change has this mark."""
        rows = await self.resources.find({"changed": f"{current_sandbox()}:{mark}"}, fields=("type", *_SEARCHED))
        return [(str(row["type"]), str(row["id"]), _searchable(row)) for row in rows]

    async def fill(self, resources: Iterable[Resource], facts: Sequence[Fact]) -> None:
        """Publish a new sandbox's resources, then tell the facts, at most 100 to a commit.

        What an interrupted earlier attempt left is removed first.
        """
        sandbox = current_sandbox()
        await self.resources.delete({"sandbox": sandbox})
        rows = [_row(sandbox, resource) for resource in resources]
        for start in range(0, len(rows), _BATCH):
            await self.resources.insert(*rows[start : start + _BATCH])
        for start in range(0, len(facts), _MOST_FACTS):
            await self._store.commit([], facts[start : start + _MOST_FACTS])


def _row(sandbox: str, resource: Resource) -> Document:
    indexed = index(resource)
    updated = datetime.fromisoformat(resource["meta"]["lastUpdated"]).astimezone(UTC)
    return {
        "_id": f"{sandbox}:{resource['resourceType']}/{resource['id']}",
        "sandbox": sandbox,
        "type": resource["resourceType"],
        "id": resource["id"],
        "updated": f"{updated:%Y%m%d%H%M%S}.{updated.microsecond // 1000:03d}",
        "tokens": "\n".join(indexed.tokens),
        "words": {name: "\0".join(words) for name, words in indexed.words.items() if words},
        "resource": resource,
    }


def _searchable(row: Document) -> Searchable:
    words = {name: text.split("\0") for name, text in row["words"].items()}
    return Searchable(row["tokens"].split("\n"), words, row["updated"])

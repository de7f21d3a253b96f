"""What the directory keeps: resources as JSON, and the shelves they are found by."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence

import orjson

from segur.contracts.fact import Fact
from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Document, Store, Update, Write
from segur_annuaire.domain.criteria import Query
from segur_annuaire.domain.index import index
from segur_annuaire.domain.pieces import Resource
from segur_annuaire.store.catalogues import Catalogues, Change
from segur_annuaire.store.register import Register
from segur_annuaire.store.shelves import Bundles, Shelves

_BATCH = 500
_MOST_FACTS = 100


class Directory:
    """All queries of the directory."""

    def __init__(self, store: Store, register: Register) -> None:
        self._store = store
        self.shelves = Shelves(store)
        self.catalogues = Catalogues(self, self.shelves, register)
        self.resources = store.collection(
            "resources",
            Index.on("sandbox", "type"),
            Index.on("changed", sparse=True),
            Index.on("altered", sparse=True),
        )

    async def read(self, resource_type: str, identifier: str) -> Resource | None:
        """The resource of this type and id, None when there is none."""
        row = await self.resources.find_one({"_id": f"{current_sandbox()}:{resource_type}/{identifier}"})
        return _resource(row) if row else None

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
            yield _resource(row)

    async def referred(self, references: Iterable[str]) -> list[Resource]:
        """The resources behind references such as `Practitioner/003-1-2`, in the order of the references."""
        keys = [f"{current_sandbox()}:{reference}" for reference in dict.fromkeys(references)]
        rows = await self.resources.find({"_id": {"$in": keys}}) if keys else []
        found = {row["_id"]: _resource(row) for row in rows}
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
        sandbox = current_sandbox()
        writes: list[Write] = []
        for row in self.rows(resources):
            row |= {"changed": f"{sandbox}:{mark}", "altered": sandbox}
            writes.append(Update(self.resources, {"_id": row.pop("_id")}, {"$set": row}, expect=None, upsert=True))
        return writes

    def rows(self, resources: Iterable[Resource]) -> list[Document]:
        """Resources as documents."""
        sandbox = current_sandbox()
        return [
            {
                "_id": f"{sandbox}:{resource['resourceType']}/{resource['id']}",
                "sandbox": sandbox,
                "type": resource["resourceType"],
                "resource": orjson.dumps(resource).decode(),
            }
            for resource in resources
        ]

    async def add(self, rows: Sequence[Document]) -> None:
        """Keep resources that are new, as `rows` made them; those that are there stay as they are."""
        await self.resources.insert_new(rows)

    async def changed(self, mark: str) -> list[Change]:
        """The resources whose last change has this mark."""
        return [_change(row) for row in await self.resources.find({"changed": f"{current_sandbox()}:{mark}"})]

    async def altered(self) -> list[Change]:
        """The resources that were ever changed: the shelves do not have them as they are now."""
        return [_change(row) async for row in self.resources.iterate({"altered": current_sandbox()})]

    async def fill(self, resources: Iterable[Resource]) -> list[str]:
        """Keep a new sandbox's resources; give the names of the shelves they stand on.

        What an interrupted earlier attempt left is removed first.
        """
        await self.resources.delete({"sandbox": current_sandbox()})
        await self.shelves.forget()
        held, bundles = list(resources), Bundles()
        for start in range(0, len(held), _BATCH):
            piece = held[start : start + _BATCH]
            await self.resources.insert(*self.rows(piece))
            for resource in piece:
                bundles.add(resource)
        return await self.shelves.keep(bundles.packed())

    async def tell(self, facts: Sequence[Fact]) -> None:
        """Commit facts that change nothing here, at most 100 at a time."""
        for start in range(0, len(facts), _MOST_FACTS):
            await self._store.commit([], facts[start : start + _MOST_FACTS])


def _resource(row: Document) -> Resource:
    found: Resource = orjson.loads(row["resource"])
    return found


def _change(row: Document) -> Change:
    resource = _resource(row)
    return resource["resourceType"], resource["id"], index(resource)

"""What the directory keeps: resources, with the values they are searched by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from segur.contracts.fact import Fact
from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Document, Store, Update, Write
from segur_annuaire.domain.criteria import Clause, Period, Query, TokenClause, WordClause
from segur_annuaire.domain.index import index
from segur_annuaire.domain.matching import Searchable, fits, lead_of
from segur_annuaire.domain.pieces import Resource

_BATCH = 500
_MOST_FACTS = 100
_MOST_FEW = 500


class Directory:
    """All queries of the directory."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.resources = store.collection(
            "resources",
            Index.on("sandbox", "type", "id", unique=True),
            Index.on("sandbox", "type", "tokens"),
            Index.on("sandbox", "mark"),
        )

    async def read(self, resource_type: str, identifier: str) -> Resource | None:
        """The resource of this type and id, None when there is none."""
        row = await self.resources.find_one({"_id": f"{current_sandbox()}:{resource_type}/{identifier}"})
        return row["resource"] if row else None

    async def find(self, query: Query, after: str, limit: int) -> list[Resource]:
        """At most `limit` resources that fit, by id, from the first id greater than `after`."""
        few = await self._few(query)
        if few is not None:
            few.sort(key=lambda row: str(row["id"]))
            return [row["resource"] for row in few if row["id"] > after][:limit]
        where = _where(query)
        if after:
            where["id"] = {"$gt": after}
        rows = await self.resources.find(where, sort=("id",), limit=limit, fields=("resource",))
        return [row["resource"] for row in rows]

    async def count(self, query: Query) -> int:
        """How many resources fit."""
        few = await self._few(query)
        return len(few) if few is not None else await self.resources.count(_where(query))

    async def _few(self, query: Query) -> list[Document] | None:
        """The rows that fit a search that tells enough to begin from few of them; None for any other.

        NOTE: the embedded store takes an index only when a condition is the index's fields and nothing more; one field
        more and it scans (measured: 1 ms against 700 ms at 20,000 resources). Hence one token there, the rest here.
        """
        lead = lead_of(query)
        if not lead:
            return None
        where = {"sandbox": current_sandbox(), "type": query.resource_type, "tokens": {"$in": list(lead)}}
        rows = await self.resources.find(where, limit=_MOST_FEW + 1)
        if len(rows) > _MOST_FEW:
            return None
        return [row for row in rows if all(fits(_searchable(row), clause) for clause in query.clauses)]

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
        tokens = [f"{parameter}={reference}" for reference in references]
        where = {"sandbox": current_sandbox(), "type": resource_type, "tokens": {"$in": tokens}}
        return [row["resource"] for row in await self.resources.find(where, sort=("id",))]

    def showing(self, resources: Iterable[Resource], mark: str) -> list[Write]:
        """The writes that show these resources as they are now, under the mark of the change."""
        writes: list[Write] = []
        for resource in resources:
            row = _row(current_sandbox(), resource) | {"mark": mark}
            writes.append(Update(self.resources, {"_id": row.pop("_id")}, {"$set": row}, expect=None, upsert=True))
        return writes

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
        "tokens": list(indexed.tokens),
        "words": indexed.words,
        "resource": resource,
    }


def _where(query: Query) -> Document:
    where: Document = {"sandbox": current_sandbox(), "type": query.resource_type}
    if len(query.clauses) == 1:
        return where | _condition(query.clauses[0])
    if query.clauses:
        where["$and"] = [_condition(clause) for clause in query.clauses]
    return where


def _searchable(row: Document) -> Searchable:
    return Searchable(row["tokens"], row["words"], row["updated"])


def _condition(clause: Clause) -> Document:
    if isinstance(clause, TokenClause):
        return {"tokens": {"$nin" if clause.negated else "$in": list(clause.tokens)}}
    if isinstance(clause, WordClause):
        start = "" if clause.anywhere else "^"
        pattern = "|".join(start + re.escape(text) for text in clause.texts)
        return {f"words.{clause.parameter}": {"$regex": pattern}}
    return {"$or": [_period(period) for period in clause.periods]}


def _period(period: Period) -> Document:
    # DTM texts of different precision compare as texts: `2026` comes before every moment in 2026.
    if period.outside:
        return {"$or": [{"updated": {"$lt": period.start}}, {"updated": {"$gte": period.end}}]}
    bounds = {"$gte": period.start, "$lt": period.end}
    return {"updated": {sign: bound for sign, bound in bounds.items() if bound}}

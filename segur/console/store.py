"""What the control plane remembers: spans, journal, facts, fault rules, sandboxes and their snapshots."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from segur.console.read import stamp
from segur.console.settings import Settings
from segur.kernel.indexes import Index
from segur.kernel.request import DEFAULT_SANDBOX
from segur.kernel.store import Collection, Document, Store

_MOST_SPANS = 5_000
_MOST_BATCHES = 1_000
_BATCH_SPANS, _BATCH_BYTES = 512, 1_000_000
_MOST_OF_TRACE = 20_000
_WINDOWS = (timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
_OURS = frozenset({"_id", "expires_at"})


class ConsoleStore:
    """All queries of the control plane.

    Journal entries and facts bear a `cursor`, their moment and id, by which they sort. Listings ask for a range of it:
    the embedded store finds a range by an index, but sorts a whole collection for a bare sort.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._keep = timedelta(seconds=settings.keep_s)
        expiring = Index.on("expires_at", expire_s=0)
        self.spans = store.collection("span_batches", Index.on("trace_ids"), expiring, per_sandbox=False)
        by_time = (Index.on("trace_id"), Index.on("cursor"), expiring)
        self.journal = store.collection("journal", *by_time, per_sandbox=False)
        self.facts = store.collection("facts", Index.on("type", "cursor"), *by_time, per_sandbox=False)
        self.rules = store.collection("fault_rules", per_sandbox=False)
        self.countries = store.collection("countries", per_sandbox=False)
        self.kept = store.collection("sandbox_snapshots", Index.on("sandbox"), per_sandbox=False)

    async def keep(self, collection: Collection, rows: Sequence[dict[str, Any]]) -> None:
        """Insert rows; those already there (a second delivery) are left as they are."""
        if not rows:
            return
        expires = datetime.now(UTC) + self._keep
        await collection.insert_new([{**row, "expires_at": expires} for row in rows])

    async def keep_spans(self, rows: Sequence[dict[str, Any]]) -> None:
        """Keep spans as they came, many to a document: one by one they cost the embedded store seven times as much."""
        batches: list[dict[str, Any]] = []
        for batch in _batches([(row["trace_id"], orjson.dumps(row)) for row in rows]):
            text = b"[%s]" % b",".join(piece for _, piece in batch)
            traces = sorted({trace_id for trace_id, _ in batch})
            batches.append({"_id": hashlib.sha256(text).hexdigest(), "trace_ids": traces, "json": text})
        await self.keep(self.spans, batches)

    async def spans_of(self, trace_id: str) -> list[dict[str, Any]]:
        """The spans of a trace in the order of their start, 5,000 at most."""
        batches = await self.spans.find({"trace_ids": trace_id}, limit=_MOST_BATCHES)
        rows = (row for batch in batches for row in orjson.loads(batch["json"]) if row["trace_id"] == trace_id)
        spans = {row["_id"]: shown(row) for row in rows}  # one sent twice is one
        return sorted(spans.values(), key=lambda row: int(row["start_ns"]))[:_MOST_SPANS]

    async def latest(self, collection: Collection, where: dict[str, str], limit: int) -> list[dict[str, Any]]:
        """The newest rows that fit, newest first; looked for further and further back."""
        if "trace_id" in where:
            return [shown(row) for row in reversed((await _of_trace(collection, where))[-limit:])]
        now = datetime.now(UTC)
        rows: list[Document] = []
        for window in (*_WINDOWS, None):
            begin = stamp(now - window) if window else ""
            rows = await _page(collection, where, begin, "-cursor", limit)
            if len(rows) == limit:
                break
        return [shown(row) for row in rows]

    async def following(
        self, collection: Collection, where: dict[str, str], after: str, limit: int
    ) -> list[dict[str, Any]]:
        """The rows that fit and come after a cursor or a moment, oldest first."""
        if "trace_id" in where:
            rows = [row for row in await _of_trace(collection, where) if row["cursor"] > after][:limit]
        else:
            rows = await _page(collection, where, after, "cursor", limit)
        return [shown(row) for row in rows]

    async def exchange(self, id_: str) -> dict[str, Any] | None:
        """The journal entry of that id."""
        row = await self.journal.find_one({"_id": id_})
        return None if row is None else shown(row)

    async def sandboxes(self) -> list[dict[str, Any]]:
        """Every sandbox with its clock offset and the labels of its snapshots; `default` always exists, and first."""
        rows = {str(row["_id"]): row for row in await self.countries.find({}, sort=("_id",))}
        labels: dict[str, list[str]] = {}
        for row in await self.kept.find({}, sort=("at",), fields=("sandbox", "label")):
            labels.setdefault(str(row["sandbox"]), []).append(str(row["label"]))
        names = [DEFAULT_SANDBOX, *(name for name in rows if name != DEFAULT_SANDBOX)]
        return [
            {
                "id": name,
                "offset_s": float(rows.get(name, {}).get("offset_s", 0)),
                "snapshots": labels.get(name, []),
                **({"extras": extras} if (extras := rows.get(name, {}).get("extras")) else {}),
            }
            for name in names
        ]

    async def offset_of(self, sandbox: str) -> float | None:
        """The clock offset of a sandbox in seconds, None when there is no such sandbox."""
        row = await self.countries.find_one({"_id": sandbox})
        if row is None:
            return 0.0 if sandbox == DEFAULT_SANDBOX else None
        return float(row.get("offset_s", 0))

    async def extras_of(self, sandbox: str) -> list[str]:
        """What a sandbox holds beside the usual country, by name."""
        row = await self.countries.find_one({"_id": sandbox})
        return list((row or {}).get("extras", ()))


async def _of_trace(collection: Collection, where: dict[str, str]) -> list[Document]:
    """The rows of a trace that fit, oldest first."""
    rows = await collection.find({"trace_id": where["trace_id"]}, limit=_MOST_OF_TRACE)
    return sorted((row for row in rows if _fits(row, where)), key=lambda row: str(row["cursor"]))


async def _page(collection: Collection, where: dict[str, str], after: str, order: str, limit: int) -> list[Document]:
    """As many rows that fit and come after a cursor, in their order, read by an index of exactly the fields asked for.

    The other criteria are compared here: with one field more than its own, the embedded store uses no index at all.
    """
    asked: Document = {"cursor": {"$gt": after}} | ({"type": where["type"]} if "type" in where else {})
    if where.keys() <= asked.keys():
        return await collection.find(asked, sort=(order,), limit=limit)
    rows: list[Document] = []
    async for row in collection.iterate(asked, sort=(order,)):
        if _fits(row, where):
            rows.append(row)
            if len(rows) == limit:
                break
    return rows


def _fits(row: Document, where: dict[str, str]) -> bool:
    return all(row.get(name) == value for name, value in where.items())


def _batches(rows: Iterable[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    """Rows in portions of a bounded number and size: a document of the store holds 16 MB."""
    batch: list[tuple[str, bytes]] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += len(row[1])
        if len(batch) >= _BATCH_SPANS or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """A row as callers see it: a fact by its own id."""
    told = {name: value for name, value in row.items() if name not in _OURS}
    if "fact_id" in told:
        data = orjson.loads(told.pop("json"))
        return {"id": told.pop("fact_id"), **told, "data": data}
    return {"id": row["_id"], **told}

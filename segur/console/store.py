"""What the control plane remembers: spans, journal, facts, fault rules, sandboxes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from segur.console.settings import Settings
from segur.kernel.indexes import Index
from segur.kernel.store import Collection, Store


class ConsoleStore:
    """All queries of the control plane."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._keep = timedelta(seconds=settings.keep_s)
        expiring = Index.on("expires_at", expire_s=0)
        self.spans = store.collection("spans", Index.on("trace_id"), expiring, per_sandbox=False)
        self.journal = store.collection("journal", Index.on("trace_id"), expiring, per_sandbox=False)
        self.facts = store.collection("facts", Index.on("trace_id"), Index.on("type"), expiring, per_sandbox=False)
        self.rules = store.collection("fault_rules", per_sandbox=False)
        self.countries = store.collection("countries", per_sandbox=False)

    async def keep(self, collection: Collection, rows: Sequence[dict[str, Any]]) -> None:
        """Insert rows; those already there (a second delivery) are left as they are."""
        if not rows:
            return
        expires = datetime.now(UTC) + self._keep
        await collection.insert_new([{**row, "expires_at": expires} for row in rows])

    async def spans_of(self, trace_id: str) -> list[dict[str, Any]]:
        """The spans of a trace in the order of their start."""
        rows = await self.spans.find({"trace_id": trace_id})
        return sorted(rows, key=lambda row: int(row["start_ns"]))

    async def latest(self, collection: Collection, where: dict[str, Any], limit: int) -> list[dict[str, Any]]:
        """The newest rows that fit, newest first."""
        return await collection.find(where, sort=("-_id",), limit=limit)

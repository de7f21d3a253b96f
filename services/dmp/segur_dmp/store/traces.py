"""The access history of each space [DMP digest 6.5]."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from segur.kernel.ids import new_id
from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Insert, Store
from segur_dmp.domain.mes.traces import Group, Trace

MOST_SHOWN = 500
"""Longest answer; the national one is not known."""


@dataclass(frozen=True, slots=True)
class DatedTrace:
    """A line with its number and moment."""

    id: str
    at: datetime
    trace: Trace


class Traces:
    """One row per line; numbers grow with time."""

    def __init__(self, store: Store) -> None:
        self.table = store.collection("mes_traces", Index.on("sandbox", "patient"))

    def insertion(self, trace: Trace, at: datetime) -> Insert:
        """The write that adds a line."""
        values = {name: getattr(trace, name) for name in trace.__dataclass_fields__} | {"group": trace.group.value}
        return Insert(
            self.table, {"_id": f"{current_sandbox()}:{new_id()}", "sandbox": current_sandbox(), "at": at, **values}
        )

    async def of(self, patient: str) -> list[DatedTrace]:
        """The lines of a space, newest first."""
        where = {"sandbox": current_sandbox(), "patient": patient}
        rows = await self.table.find(where, sort=("-_id",), limit=MOST_SHOWN)
        return [
            DatedTrace(
                str(row["_id"]).partition(":")[2],
                row["at"],
                Trace(
                    row["patient"],
                    Group(row["group"]),
                    row["action"],
                    row["actor"],
                    row["document_id"],
                    row["about"],
                    bool(row["secret"]),
                ),
            )
            for row in rows
        ]

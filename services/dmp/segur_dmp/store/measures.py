"""The health measures and the medical profile of each space [DMP digest 6.5]."""

from __future__ import annotations

from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Delete, Insert, Store
from segur_dmp.domain.mes.measures import Kind, Measure
from segur_dmp.domain.mes.medical_profile import ProfileLine, Section

MOST_SHOWN = 500
"""Longest answer; the national one pages, which we do not."""


class Measures:
    """One row per measure."""

    def __init__(self, store: Store) -> None:
        self.table = store.collection("mes_measures", Index.on("sandbox", "patient", "-at"))

    def insertion(self, one: Measure) -> Insert:
        """The write that adds a measure."""
        row = {
            "patient": one.patient,
            "kind": one.kind.value,
            "at": one.at,
            "values": one.values,
            "by": one.by,
            "document_id": one.document_id,
        }
        return Insert(self.table, {"_id": f"{current_sandbox()}:{one.id}", "sandbox": current_sandbox(), **row})

    def removal(self, one: Measure) -> Delete:
        """The write that takes it out; a `Conflict` when it is gone."""
        return Delete(self.table, {"_id": f"{current_sandbox()}:{one.id}"}, expect=1)

    async def of(self, patient: str) -> list[Measure]:
        """The measures of a patient, newest first."""
        where = {"sandbox": current_sandbox(), "patient": patient}
        rows = await self.table.find(where, sort=("-at",), limit=MOST_SHOWN)
        return [
            Measure(
                str(row["_id"]).partition(":")[2],
                patient,
                Kind(row["kind"]),
                row["at"],
                dict(row["values"]),
                row["by"],
                row["document_id"],
            )
            for row in rows
        ]


class MedicalProfiles:
    """One row per line of a profile; numbers grow with time."""

    def __init__(self, store: Store) -> None:
        self.table = store.collection("mes_profile_lines", Index.on("sandbox", "patient"))

    def insertion(self, one: ProfileLine) -> Insert:
        """The write that adds a line."""
        row = {"patient": one.patient, "section": one.section.value, "text": one.text}
        return Insert(self.table, {"_id": f"{current_sandbox()}:{one.id}", "sandbox": current_sandbox(), **row})

    def removal(self, one: ProfileLine) -> Delete:
        """The write that takes it out; a `Conflict` when it is gone."""
        return Delete(self.table, {"_id": f"{current_sandbox()}:{one.id}"}, expect=1)

    async def of(self, patient: str) -> list[ProfileLine]:
        """The lines of a patient, oldest first."""
        where = {"sandbox": current_sandbox(), "patient": patient}
        rows = await self.table.find(where, sort=("_id",), limit=MOST_SHOWN)
        return [
            ProfileLine(str(row["_id"]).partition(":")[2], patient, Section(row["section"]), row["text"])
            for row in rows
        ]

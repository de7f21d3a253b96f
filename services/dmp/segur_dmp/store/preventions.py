"""What a patient said of the examinations recommended to them [DMP digest 6.5]."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Store, Update
from segur_dmp.domain.mes.prevention import Status


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether something recommended was done: `code` and `start` name the window, `done_on` the day when it was."""

    code: str
    start: datetime
    status: Status
    done_on: str = ""


class Preventions:
    """One row per window somebody answered for."""

    def __init__(self, store: Store) -> None:
        self.table = store.collection("mes_preventions", Index.on("sandbox", "patient"))

    def answering(self, patient: str, one: Answer) -> Update:
        """The write that keeps an answer, or another one."""
        key = f"{current_sandbox()}:{patient}:{one.code}:{one.start:%Y%m%d}"
        about = {"sandbox": current_sandbox(), "patient": patient, "code": one.code, "start": one.start}
        change = {"$set": {**about, "status": one.status.value, "done_on": one.done_on}}
        return Update(self.table, {"_id": key}, change, expect=None, upsert=True)

    async def of(self, patient: str) -> list[Answer]:
        """The answers of a patient."""
        rows = await self.table.find({"sandbox": current_sandbox(), "patient": patient})
        return [Answer(row["code"], row["start"], Status(row["status"]), row["done_on"]) for row in rows]

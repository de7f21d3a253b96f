"""What will happen by itself, the agenda, and consents to referenced services [DMP digest 6.5]."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Delete, Document, Insert, Store, Update


class Deadline(StrEnum):
    """What happens when its time has come, by the sandbox's clock."""

    OPENING = "opening"
    SUSPENSION = "suspension"
    ERASURE = "erasure"
    REVEALING = "revealing"
    MAJORITY_NEAR = "majority_near"
    MAJORITY = "majority"
    APPOINTMENT = "appointment"
    PREVENTION = "prevention"


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that is to happen: to whom, when; `about` names the document or appointment."""

    kind: Deadline
    patient: str
    due: datetime
    about: str = ""


class Deadlines:
    """One row per thing to come; none once it happened."""

    def __init__(self, store: Store) -> None:
        self.table = store.collection("mes_deadlines", Index.on("sandbox", "due"))

    def document(self, sandbox: str, due: Due) -> Document:
        """The row of a deadline."""
        key = f"{sandbox}:{due.kind.value}:{due.patient}:{due.about}"
        told = {"kind": due.kind.value, "patient": due.patient, "due": due.due, "about": due.about}
        return {"_id": key, "sandbox": sandbox, **told}

    def setting(self, due: Due) -> Update:
        """The write that sets a deadline, or moves it."""
        row = self.document(current_sandbox(), due)
        return Update(self.table, {"_id": row.pop("_id")}, {"$set": row}, expect=None, upsert=True)

    def lifting(self, kind: Deadline, patient: str, about: str = "") -> Delete:
        """The write that takes a deadline away, if there is one."""
        return Delete(self.table, {"_id": f"{current_sandbox()}:{kind.value}:{patient}:{about}"})

    async def passed(self, now: datetime, limit: int = 200) -> list[Due]:
        """What is due, the oldest first."""
        where = {"sandbox": current_sandbox(), "due": {"$lte": now}}
        rows = await self.table.find(where, sort=("due",), limit=limit)
        return [Due(Deadline(row["kind"]), row["patient"], row["due"], row["about"]) for row in rows]


@dataclass(frozen=True, slots=True)
class Appointment:
    """An appointment of the agenda; `professional` and `place` are free text."""

    id: str
    patient: str
    at: datetime
    title: str
    professional: str = ""
    place: str = ""


class Agenda:
    """One row per appointment."""

    def __init__(self, store: Store) -> None:
        self.table = store.collection("mes_appointments", Index.on("sandbox", "patient"))

    def insertion(self, one: Appointment) -> Insert:
        """The write that notes an appointment."""
        values = {name: getattr(one, name) for name in one.__dataclass_fields__}
        return Insert(self.table, {"_id": f"{current_sandbox()}:{one.id}", "sandbox": current_sandbox(), **values})

    def removal(self, one: Appointment) -> Delete:
        """The write that takes it out; a `Conflict` when it is gone."""
        return Delete(self.table, {"_id": f"{current_sandbox()}:{one.id}"}, expect=1)

    async def of(self, patient: str) -> list[Appointment]:
        """The appointments of a patient, by time."""
        rows = await self.table.find({"sandbox": current_sandbox(), "patient": patient}, sort=("at",), limit=500)
        return [Appointment(*(row[name] for name in Appointment.__dataclass_fields__)) for row in rows]


class ServiceConsents:
    """One row per person: what is consented to, as `service/purpose`."""

    def __init__(self, store: Store) -> None:
        self.table = store.collection("mes_service_consents", Index.on("sandbox", "patient"))

    def choosing(self, patient: str, service: str, purpose: str, *, given: bool) -> Update:
        """The write that gives or withdraws a consent."""
        change: Document = {"$addToSet" if given else "$pull": {"consents": f"{service}/{purpose}"}}
        change["$setOnInsert"] = {"sandbox": current_sandbox(), "patient": patient}
        return Update(self.table, {"_id": f"{current_sandbox()}:{patient}"}, change, expect=None, upsert=True)

    async def of(self, patient: str) -> set[str]:
        """What a patient consents to."""
        row = await self.table.find_one({"_id": f"{current_sandbox()}:{patient}"})
        return set(row.get("consents", ())) if row is not None else set()

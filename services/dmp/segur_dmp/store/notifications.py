"""What Mon espace santé told a patient, and what left it by mail or SMS [DMP digest 6.5]."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Document, Insert, Store, Update
from segur_dmp.domain.mes.notices import Notice


@dataclass(frozen=True, slots=True)
class Notification:
    """A notice as it lies in a space."""

    id: str
    at: datetime
    read: bool
    notice: Notice


class Notifications:
    """One row per notification."""

    def __init__(self, store: Store) -> None:
        self.table = store.collection("notifications", Index.on("sandbox", "patient"))

    def telling(self, key: str, notice: Notice, at: datetime) -> Update:
        """The write that tells; a notice that is given once is not given again."""
        sandbox = current_sandbox()
        values = {name: getattr(notice, name) for name in notice.__dataclass_fields__}
        row = {"sandbox": sandbox, "at": at, "read": False, "number": key, **values}
        return Update(self.table, {"_id": self._key(key, notice)}, {"$setOnInsert": row}, expect=None, upsert=True)

    async def was_told(self, notice: Notice) -> bool:
        """Whether a notice that is given once has been."""
        return bool(notice.once) and await self.table.find_one({"_id": self._key("", notice)}) is not None

    def reading(self, one: Notification, *, read: bool) -> Update:
        """The write that marks a notification as read, or unread again."""
        return Update(self.table, {"_id": self._key(one.id, one.notice)}, {"$set": {"read": read}})

    async def of(self, patient: str) -> list[Notification]:
        """What the patient was told, newest first."""
        where = {"sandbox": current_sandbox(), "patient": patient}
        return [_read(row) for row in await self.table.find(where, sort=("-at", "-number"), limit=200)]

    def _key(self, key: str, notice: Notice) -> str:
        return f"{current_sandbox()}:{notice.once or key}"


def _read(row: Document) -> Notification:
    notice = Notice(**{name: row[name] for name in Notice.__dataclass_fields__})
    return Notification(str(row["number"]), row["at"], bool(row["read"]), notice)


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter that left Mon espace santé, without health data; `channel` is EMAIL or SMS."""

    id: str
    patient: str
    channel: str
    to: str
    subject: str
    text: str
    at: datetime


class Mails:
    """One row per e-mail or SMS: the personal mailbox and phone the demo can show."""

    def __init__(self, store: Store) -> None:
        self.table = store.collection("mes_mails", Index.on("sandbox", "to"))
        self._last = store.collection("mes_last_letters", Index.on("sandbox", "patient"))

    def insertion(self, mail: Mail) -> Insert:
        """The write that sends."""
        values = {name: getattr(mail, name) for name in mail.__dataclass_fields__}
        return Insert(self.table, {"_id": f"{current_sandbox()}:{mail.id}", "sandbox": current_sandbox(), **values})

    async def to(self, address: str) -> list[Mail]:
        """What arrived at an address or number, newest first."""
        rows = await self.table.find({"sandbox": current_sandbox(), "to": address}, sort=("-_id",), limit=200)
        return [Mail(*(row[name] for name in Mail.__dataclass_fields__)) for row in rows]

    def marking(self, notice: Notice, at: datetime) -> Update:
        """The write that remembers when this kind of news last left for a patient."""
        row = {"sandbox": current_sandbox(), "patient": notice.patient, "at": at}
        return Update(self._last, {"_id": self._mark(notice)}, {"$set": row}, expect=None, upsert=True)

    async def last(self, notice: Notice) -> datetime | None:
        """When this kind of news last left for the patient."""
        row = await self._last.find_one({"_id": self._mark(notice)})
        return row["at"] if row is not None else None

    def _mark(self, notice: Notice) -> str:
        return f"{current_sandbox()}:{notice.patient}:{notice.code}"

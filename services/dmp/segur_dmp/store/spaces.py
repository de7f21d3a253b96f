"""Spaces of Mon espace santé, one per person it knows, and who acts in them [DMP digest 6.5]."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Document, Insert, Store, Update
from segur_dmp.domain.mes.spaces import Space


class Spaces:
    """One row per person."""

    def __init__(self, store: Store) -> None:
        self.table = store.collection("mes_spaces", Index.on("sandbox", "patient", unique=True))

    def document(self, sandbox: str, space: Space) -> Document:
        """The row of a space."""
        return {"_id": f"{sandbox}:{space.patient}", "sandbox": sandbox, **_values(space)}

    def insertion(self, space: Space) -> Insert:
        """The write that adds a space."""
        return Insert(self.table, self.document(current_sandbox(), space))

    def replacement(self, new: Space, *, was: Space) -> Update:
        """The write that puts `new` in place; a `Conflict` when the state is no longer that of `was`."""
        where = {"_id": f"{current_sandbox()}:{was.patient}", "state": was.state.value}
        return Update(self.table, where, {"$set": _values(new)})

    async def of(self, patient: str) -> Space | None:
        """The space of a person, None for one Mon espace santé never heard of."""
        row = await self.table.find_one({"_id": f"{current_sandbox()}:{patient}"})
        return msgspec.convert({k: v for k, v in row.items() if k not in ("_id", "sandbox")}, Space) if row else None


def _values(space: Space) -> Document:
    values = {name: getattr(space, name) for name in space.__dataclass_fields__}
    return values | {"state": space.state.value, "pinned": list(space.pinned)}


@dataclass(frozen=True, slots=True)
class Delegation:
    """One person's permission to act in another's space; `state` is INVITED, ACCEPTED, DECLINED or ENDED."""

    id: str
    patient: str
    carer: str
    state: str
    since: datetime


class Delegations:
    """One row per invitation, kept when it is over."""

    def __init__(self, store: Store) -> None:
        self.table = store.collection("mes_delegations", Index.on("sandbox", "patient"), Index.on("sandbox", "carer"))

    def insertion(self, one: Delegation) -> Insert:
        """The write that adds an invitation."""
        values = {name: getattr(one, name) for name in one.__dataclass_fields__}
        return Insert(self.table, {"_id": f"{current_sandbox()}:{one.id}", "sandbox": current_sandbox(), **values})

    def change(self, one: Delegation, state: str, at: datetime) -> Update:
        """The write that moves a delegation on; a `Conflict` when it is no longer as it was."""
        where = {"_id": f"{current_sandbox()}:{one.id}", "state": one.state}
        return Update(self.table, where, {"$set": {"state": state, "since": at}})

    async def one(self, number: str) -> Delegation | None:
        """The delegation of that number."""
        row = await self.table.find_one({"_id": f"{current_sandbox()}:{number}"})
        return _delegation(row) if row is not None else None

    async def of(self, *, patient: str = "", carer: str = "") -> list[Delegation]:
        """The delegations somebody gave, or was given, newest first."""
        who = {"patient": patient} if patient else {"carer": carer}
        rows = await self.table.find({"sandbox": current_sandbox(), **who})
        return sorted(map(_delegation, rows), key=lambda one: one.since, reverse=True)


def _delegation(row: Document) -> Delegation:
    return Delegation(*(row[name] for name in Delegation.__dataclass_fields__))

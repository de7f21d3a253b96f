"""Who has a DMP, in which state it is, and what the patient decided [DMP digest 6.4, 6.5]."""

from __future__ import annotations

from datetime import datetime

import msgspec

from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Document, Insert, Store, Update
from segur_dmp.domain.account import Account, search_key


class Accounts:
    """One account per patient."""

    def __init__(self, store: Store) -> None:
        self.table = store.collection(
            "accounts",
            Index.on("sandbox", "patient", unique=True),
            Index.on("sandbox", "birth_key"),
            Index.on("sandbox", "used_key"),
        )

    def document(self, sandbox: str, account: Account) -> Document:
        """The row of an account."""
        return {"_id": f"{sandbox}:{account.patient}", "sandbox": sandbox, **_values(account)}

    def insertion(self, account: Account) -> Insert:
        """The write that adds an account."""
        return Insert(self.table, self.document(current_sandbox(), account))

    def change(self, patient: str, was: str = "", /, **fields: object) -> Update:
        """The write that changes fields of an account; a `Conflict` when its state is no longer `was`, if given."""
        where: Document = {"_id": f"{current_sandbox()}:{patient}"}
        if was:
            where["state"] = was
        return Update(self.table, where, {"$set": fields})

    def replacement(self, account: Account, *, was: str) -> Update:
        """The write that puts everything known of the account in place; a `Conflict` when its state is not `was`."""
        return self.change(account.patient, was, **_values(account))

    async def of(self, patient: str) -> Account | None:
        """The account of the patient, of any state; None when the DMP never heard of the patient."""
        row = await self.table.find_one({"_id": f"{current_sandbox()}:{patient}"})
        return _account(row) if row is not None else None

    async def represented(self) -> list[Account]:
        """The accounts that have legal representatives: those of minors."""
        where = {"sandbox": current_sandbox(), "representatives": {"$nin": [[], None]}}
        return [_account(row) for row in await self.table.find(where)]

    async def of_name(self, name: str) -> list[Account]:
        """The accounts of that birth or used name, however it is accented."""
        key, sandbox = search_key(name), current_sandbox()
        rows = {
            row["_id"]: row
            for field in ("birth_key", "used_key")
            for row in await self.table.find({"sandbox": sandbox, field: key}, limit=200)
        }
        return [_account(row) for row in rows.values()]


def _values(account: Account) -> Document:
    names = {"birth_key": search_key(account.birth_name), "used_key": search_key(account.used_name)}
    return {**msgspec.to_builtins(account, builtin_types=(datetime,)), **names}


def _account(row: Document) -> Account:
    return msgspec.convert(row, Account)

"""Who has a DMP, and in which state it is [DMP digest 6.5]."""

from __future__ import annotations

from typing import Any

from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Document, Store
from segur.vocab.ins import Ins


class Accounts:
    """One account per patient."""

    def __init__(self, store: Store) -> None:
        self.table = store.collection("accounts", Index.on("sandbox", "patient", unique=True))

    def document(self, sandbox: str, patient: str, ins: Ins, **fields: Any) -> Document:
        """A new account; `state` is a `DmpState` value."""
        return {"_id": f"{sandbox}:{patient}", "sandbox": sandbox, "patient": patient, "ins": ins.cx, **fields}

    async def of(self, patient: str) -> Document | None:
        """The DMP of the patient, None when there is none."""
        return await self.table.find_one({"_id": f"{current_sandbox()}:{patient}"})

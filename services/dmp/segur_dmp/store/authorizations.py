"""Which professionals and structures are authorized on a DMP, or blocked from it [DMP digest 1.4, 6.4]."""

from __future__ import annotations

from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Delete, Document, Store, Update
from segur_dmp.domain.rights import Grant


class Authorizations:
    """One row per patient and holder: a professional (PS_IdNat) or a structure (Struct_idNat)."""

    def __init__(self, store: Store) -> None:
        self.table = store.collection(
            "authorizations", Index.on("sandbox", "patient"), Index.on("sandbox", "professional")
        )

    def document(self, sandbox: str, patient: str, holder: str, grant: Grant) -> Document:
        """A declared authorization, or a block."""
        return {
            "_id": f"{sandbox}:{patient}:{holder}",
            "sandbox": sandbox,
            "patient": patient,
            "professional": holder,
            "treating": grant.treating,
            "blocked": grant.blocked,
            "at": grant.at,
            "acted": grant.acted or grant.at,
        }

    def granting(self, patient: str, holder: str, grant: Grant) -> Update:
        """The write that declares an authorization, renews it or blocks."""
        row = self.document(current_sandbox(), patient, holder, grant)
        return Update(self.table, {"_id": row.pop("_id")}, {"$set": row}, expect=None, upsert=True)

    def withdrawal(self, patient: str, holder: str) -> Delete:
        """The write that removes an authorization, or lifts a block."""
        return Delete(self.table, {"_id": f"{current_sandbox()}:{patient}:{holder}"})

    async def of(self, patient: str, holder: str) -> Grant | None:
        """What is known of a holder for a patient, None when nothing is."""
        row = await self.table.find_one({"_id": f"{current_sandbox()}:{patient}:{holder}"})
        return _grant(row) if row is not None else None

    async def of_holders(self, patient: str, *holders: str) -> dict[str, Grant]:
        """What is known of several holders for a patient, by holder, read at once."""
        keys = [f"{current_sandbox()}:{patient}:{holder}" for holder in holders]
        return {str(row["professional"]): _grant(row) for row in await self.table.find({"_id": {"$in": keys}})}

    async def of_patient(self, patient: str) -> list[Grant]:
        """All authorizations and blocks of one DMP."""
        return [_grant(row) for row in await self.table.find({"sandbox": current_sandbox(), "patient": patient})]

    async def of_holder(self, holder: str) -> list[Grant]:
        """All DMPs a professional or a structure is authorized on, or blocked from."""
        return [_grant(row) for row in await self.table.find({"sandbox": current_sandbox(), "professional": holder})]


def _grant(row: Document) -> Grant:
    return Grant(
        at=row["at"],
        treating=bool(row["treating"]),
        blocked=bool(row["blocked"]),
        holder=str(row["professional"]),
        patient=str(row["patient"]),
        acted=row["acted"],
    )

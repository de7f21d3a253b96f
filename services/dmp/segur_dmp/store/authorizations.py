"""Which professionals are authorized on a DMP, and who is its médecin traitant [DMP digest 1.4, 6.4]."""

from __future__ import annotations

from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Delete, Document, Store, Update
from segur_dmp.domain.rights import Grant


class Authorizations:
    """One row per patient and professional."""

    def __init__(self, store: Store) -> None:
        self.table = store.collection("authorizations", Index.on("sandbox", "patient"))

    def document(self, sandbox: str, patient: str, professional: str, grant: Grant) -> Document:
        """A declared authorization."""
        return {
            "_id": f"{sandbox}:{patient}:{professional}",
            "sandbox": sandbox,
            "patient": patient,
            "professional": professional,
            "treating": grant.treating,
            "at": grant.at,
        }

    def granting(self, patient: str, professional: str, grant: Grant) -> Update:
        """The write that declares an authorization, or renews it."""
        row = self.document(current_sandbox(), patient, professional, grant)
        return Update(self.table, {"_id": row.pop("_id")}, {"$set": row}, expect=None, upsert=True)

    def withdrawal(self, patient: str, professional: str) -> Delete:
        """The write that removes an authorization."""
        return Delete(self.table, {"_id": f"{current_sandbox()}:{patient}:{professional}"})

    async def of(self, patient: str, professional: str) -> Grant | None:
        """The authorization of a professional for a patient, None when there is none."""
        row = await self.table.find_one({"_id": f"{current_sandbox()}:{patient}:{professional}"})
        return Grant(row["at"], bool(row["treating"])) if row is not None else None

"""An accepted caller, whichever door it came by, and one inside a DMP [DMP digest 2.1, 2.3, 6.2]."""

from __future__ import annotations

from dataclasses import dataclass

from segur.vocab.ins import Ins
from segur.wire.saml import NORMAL, RESOURCE_ID, AuthenticationMode
from segur.wire.xds import DocumentEntry
from segur_dmp import errors
from segur_dmp.domain.account import Account
from segur_dmp.domain.rights import Act, DocumentMatrix, Kind, Right, Standing, right
from segur_dmp.domain.visibility import is_author, seen_by_professional


@dataclass(frozen=True, slots=True)
class Caller:
    """An accepted caller, and the patient of the call with the pseudonym (both empty where none is named).

    `id_nat` is the PS_IdNat, `structure` the Struct_idNat, `door` is soap or fhir, `reason` the one given for breaking
    the glass. `secret` tells the secret connection of a minor, whose traces the representatives do not see.
    """

    id_nat: str
    structure: str
    mode: AuthenticationMode
    door: str
    about: Ins | None
    patient: str
    purpose: str = NORMAL
    profession: str = ""
    speciality: str = ""
    reason: str = ""
    secret: bool = False

    @property
    def ins(self) -> Ins:
        """The patient of the call; raise `errors.MISSING_ATTRIBUTE` where the call names none."""
        if self.about is None:
            raise errors.MISSING_ATTRIBUTE.error(names=RESOURCE_ID, field=RESOURCE_ID, fix="Nommez le patient.")
        return self.about

    @property
    def standing(self) -> Standing:
        """The caller as the rights matrix sees it."""
        return Standing(self.id_nat, self.mode, self.profession, self.speciality, self.purpose)

    @property
    def holder(self) -> str:
        """Whose authorization counts: the professional's, for employees and certificates the structure's."""
        return self.structure if self.standing.kind() in _FOR_THE_STRUCTURE else self.id_nat


_FOR_THE_STRUCTURE = (Kind.SECRETARY, Kind.AIR_OTHER, Kind.ESTABLISHMENT)


@dataclass(frozen=True, slots=True)
class Access:
    """A caller inside a DMP: the cell of the rights matrix for the act, and what of the documents is seen.

    `treating` tells the médecin traitant; `agreed` that masked documents may be read in this emergency.
    """

    caller: Caller
    account: Account
    right: Right
    treating: bool
    agreed: bool
    documents: DocumentMatrix

    def sees(self, entry: DocumentEntry) -> bool:
        """Whether the caller sees the document: its confidentiality, and the types open to the profession [6.2, 6.3].

        Who is neither author nor médecin traitant does not see what is masked.
        """
        caller = self.caller
        if not seen_by_professional(entry, caller.id_nat, treating=self._sees_masked, agreed=self.agreed):
            return False
        # NOTE: a structure's certificate has no profession; it finds ids only, and only of what it may (TD3.1b).
        if caller.standing.kind() is Kind.ESTABLISHMENT or is_author(entry, caller.id_nat):
            return True
        return self.documents.reads(caller.profession, entry.type_code.code, entry.class_code.code)

    @property
    def _sees_masked(self) -> bool:
        """In an emergency the médecin traitant needs the patient's agreement as others do (matrix, note f)."""
        return self.treating and right(Act.READ_MASKED, self.caller.standing, treating=True).limit is None

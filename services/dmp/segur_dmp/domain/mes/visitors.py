"""Who is in a space, and which documents they see there [DMP digest 6.3, 6.5]."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from segur.wire import xds_uuids
from segur.wire.xds import DocumentEntry
from segur_dmp.domain.visibility import seen_by_patient, seen_by_representative


class Role(StrEnum):
    """In which quality somebody acts in a space."""

    HOLDER = "TITULAIRE"
    CARER = "AIDANT"
    REPRESENTATIVE = "REPRESENTANT_LEGAL"


_BY: Final = {Role.HOLDER: "patient", Role.CARER: "carer", Role.REPRESENTATIVE: "representative"}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody in the space of `patient`; `id` is a pseudonym, `<child>/rl0` for a legal representative."""

    id: str
    patient: str
    role: Role
    name: str = ""

    @property
    def by(self) -> str:
        """The quality as facts have it: patient, carer or representative."""
        return _BY[self.role]


def sees(entry: DocumentEntry, role: Role) -> bool:
    """Whether a document is shown in the space: not what awaits its announcement, nor what was deleted.

    A legal representative does not see what a minor keeps from them; a carer sees what the patient sees [inferred].
    """
    seen = seen_by_representative(entry) if role is Role.REPRESENTATIVE else seen_by_patient(entry)
    return seen and entry.status != xds_uuids.DELETED

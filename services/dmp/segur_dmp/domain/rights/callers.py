"""Which kind of caller somebody is in the eyes of the rights matrix: its columns [DMP digest 6.1]."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from segur.wire.saml import BREAK_GLASS, NORMAL, REGULATION, AuthenticationMode

PURPOSES: Final = (NORMAL, BREAK_GLASS, REGULATION)
"""The access modes of TRE_R248 that a call may name."""
DOCTOR: Final = "10"
OCCUPATIONAL_MEDICINE: Final = "SM25"


class Kind(StrEnum):
    """A kind of caller; the value is its name in `mode_matrix.tsv`."""

    PROFESSIONAL = "ps"
    DOCTOR = "medecin"
    OCCUPATIONAL_DOCTOR = "travail"
    TREATING_DOCTOR = "mt"
    SECRETARY = "cpe"
    ESTABLISHMENT = "etablissement"
    AIR_PROFESSIONAL = "air_ps"
    AIR_DOCTOR = "air_medecin"
    AIR_OCCUPATIONAL_DOCTOR = "air_travail"
    AIR_TREATING_DOCTOR = "air_mt"
    AIR_OTHER = "air_autre"

    @property
    def label(self) -> str:
        """The kind in French, with its article."""
        return _LABELS[self]


_LABELS: Final = {
    Kind.PROFESSIONAL: "un professionnel non médecin",
    Kind.DOCTOR: "un médecin non traitant",
    Kind.OCCUPATIONAL_DOCTOR: "un médecin du travail",
    Kind.TREATING_DOCTOR: "le médecin traitant",
    Kind.SECRETARY: "un porteur de CPE",
    Kind.ESTABLISHMENT: "un certificat de structure seul",
    Kind.AIR_PROFESSIONAL: "un professionnel non médecin en AIR (Pro Santé Connect)",
    Kind.AIR_DOCTOR: "un médecin non traitant en AIR (Pro Santé Connect)",
    Kind.AIR_OCCUPATIONAL_DOCTOR: "un médecin du travail en AIR (Pro Santé Connect)",
    Kind.AIR_TREATING_DOCTOR: "le médecin traitant en AIR (Pro Santé Connect)",
    Kind.AIR_OTHER: "un compte sans identité nationale en AIR (Pro Santé Connect)",
}
_REINFORCED: Final = {
    Kind.PROFESSIONAL: Kind.AIR_PROFESSIONAL,
    Kind.DOCTOR: Kind.AIR_DOCTOR,
    Kind.OCCUPATIONAL_DOCTOR: Kind.AIR_OCCUPATIONAL_DOCTOR,
    Kind.TREATING_DOCTOR: Kind.AIR_TREATING_DOCTOR,
    Kind.SECRETARY: Kind.AIR_OTHER,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Who asks, as the matrix sees it: PS_IdNat, authentication, profession and speciality codes, access mode."""

    id_nat: str
    mode: AuthenticationMode
    profession: str = ""
    speciality: str = ""
    purpose: str = NORMAL

    def kind(self, *, treating: bool = False) -> Kind:
        """The column of this caller; `treating` tells the médecin traitant of the patient of the call."""
        if self.mode is AuthenticationMode.INDIRECT:
            return Kind.ESTABLISHMENT
        kind = self._personal(treating)
        return _REINFORCED[kind] if self.mode is AuthenticationMode.REINFORCED else kind

    def _personal(self, treating: bool) -> Kind:
        if not is_nominative(self.id_nat):
            return Kind.SECRETARY
        if self.profession != DOCTOR:
            return Kind.PROFESSIONAL
        # NOTE: an occupational doctor never reads, even one somebody declared médecin traitant.
        if self.speciality == OCCUPATIONAL_MEDICINE:
            return Kind.OCCUPATIONAL_DOCTOR
        return Kind.TREATING_DOCTOR if treating else Kind.DOCTOR


def is_nominative(id_nat: str) -> bool:
    """True for a person's own national number; a structure's internal id holds a slash [DMP digest 2.1]."""
    return bool(id_nat) and "/" not in id_nat

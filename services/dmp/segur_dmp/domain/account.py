"""One DMP as the national system holds it: identity, state, and what the patient decided [DMP digest 1.3, 6.4, 6.5]."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from segur.personas.model import Patient
from segur.personas.states import DmpState, MesState


class Emergency(StrEnum):
    """What a patient permits or denies for emergencies; the values are Mon espace santé's purposes [DMP digest 6.4]."""

    REGULATION = "ETREAT"
    """Access in medical regulation (`centre_15`); denied, it is `OPPOSITION_ACCES_URGENCE`."""
    BREAK_GLASS = "BTG"
    """Access by `bris_de_glace`; denied, it is `OPPOSITION_BRIS_DE_GLACE`."""
    MASKED = "MASKED"
    """Masked documents are readable in both."""


FIELDS: Final = {
    Emergency.REGULATION: "regulation_permitted",
    Emergency.BREAK_GLASS: "break_glass_permitted",
    Emergency.MASKED: "masked_in_emergency",
}
"""The field of `Account` that holds each."""


class Closing(StrEnum):
    """Why a DMP is closed; the first is the code of the official message, the others are ours [DMP digest 1.5, 6.5]."""

    PATIENT = "FERMETURE_DEMANDE_PATIENT"
    DEATH = "FERMETURE_DECES"
    SUSPENDED = "FERMETURE_CNAM"


@dataclass(frozen=True, slots=True)
class Representative:
    """A legal representative of a minor: `link` is `MTH` or `FTH` (HL7 RoleCode)."""

    family_name: str
    given_name: str
    link: str
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """A DMP. `patient` is the pseudonym, `ins` the CX, `state` a `DmpState` value, `birth_date` `YYYYMMDD`.

    `attached` tells whether it belongs to Mon espace santé (`RATTACHEMENT_ENS`), `web_account` whether the patient
    activated it (`COMPTE_INTERNET_OUVERT`). `closed_at`, `motif` and `raison` say when and why it was closed.
    """

    patient: str
    ins: str
    state: str = DmpState.ACTIF.value
    given: tuple[str, ...] = ()
    birth_name: str = ""
    used_name: str = ""
    civility: str = ""
    sex: str = ""
    birth_date: str = ""
    city: str = ""
    postal_code: str = ""
    email: str = ""
    phone: str = ""
    ins_c: str = ""
    """Retired INS-C, empty for most."""
    nameless: bool = False
    """The traits are not known to the DMP: it answers `NON RENSEIGNE`."""
    attached: bool = True
    web_account: bool = True
    representatives: tuple[Representative, ...] = ()
    regulation_permitted: bool = True
    break_glass_permitted: bool = True
    masked_in_emergency: bool = False
    masked_by_default: bool = False
    closed_at: datetime | None = None
    motif: str = ""
    raison: str = ""

    @property
    def active(self) -> bool:
        """True for an open DMP."""
        return self.state == DmpState.ACTIF

    @property
    def exists(self) -> bool:
        """True for an open or a closed DMP."""
        return self.state != DmpState.NONE

    def permits(self, what: Emergency) -> bool:
        """Whether the patient permits it."""
        return bool(getattr(self, FIELDS[what]))

    @classmethod
    def of_persona(cls, patient: Patient, pseudonym: str, now: datetime) -> Account:
        """The DMP a synthetic patient begins with."""
        case = patient.dmp_case
        closed = patient.dmp is DmpState.CLOSED
        usual = patient.mes is not MesState.UNKNOWN
        return cls(
            patient=pseudonym,
            ins=patient.ins.cx,
            state=patient.dmp.value,
            given=patient.given_names,
            birth_name=patient.birth_name,
            used_name=patient.used_name,
            civility="M" if patient.sex == "M" else "MME",
            sex=patient.sex,
            birth_date=patient.birth_date.strftime("%Y%m%d"),
            city=patient.address.city,
            postal_code=patient.address.postal_code,
            email=patient.email,
            phone=patient.phone,
            nameless=case.nameless,
            attached=usual if case.attached is None else case.attached,
            web_account=patient.mes is MesState.ACTIVE,
            representatives=tuple(
                Representative(one.family_name, one.given_name, one.link, one.email, one.phone)
                for one in patient.legal_representatives
            ),
            regulation_permitted=Emergency.REGULATION.value not in case.denies,
            break_glass_permitted=Emergency.BREAK_GLASS.value not in case.denies,
            masked_in_emergency=case.masked_in_emergency,
            closed_at=now - LONG_AGO if closed else None,
            motif=Closing.PATIENT.value if closed else "",
            raison=(case.closing or "Le patient ne souhaite plus de DMP.") if closed else "",
        )


LONG_AGO: Final = timedelta(days=90)
"""How long the DMPs that begin closed have been so."""


def search_key(name: str) -> str:
    """A name as searches compare it: capital letters without accents, apostrophes, hyphens or blanks."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper()
    return "".join(letter for letter in plain if letter.isalnum())

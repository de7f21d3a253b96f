"""The people of the country: patients, professionals, structures and their mailboxes, and the documents they make.

`build_country(seed)` gives the whole cast, always the same for a seed; the named fixtures (P1…P12, DMP-…, PS1…PS14,
PS-X, ST1…ST4) do not even depend on the seed, so that a story can rely on them. `samples_cda` and `samples_dicom` make
the documents and images of a story. Everyone here is invented. Heavy libraries load when first used, not on import.

Source: Ségur wave 2 digest 3.0.
"""

from segur.personas.country import Country, UnknownPersona, build_country
from segur.personas.generated import stream_patients, stream_professionals
from segur.personas.model import (
    Address,
    DmpCase,
    LegalRepresentative,
    Mailbox,
    Patient,
    Professional,
    Situation,
    Structure,
)
from segur.personas.roles import (
    BIOLOGIST,
    DENTIST,
    EMERGENCY_DOCTOR,
    GENERAL_PRACTITIONER,
    GENERIC_ACCOUNT,
    MIDWIFE,
    NUCLEAR_DOCTOR,
    NURSE,
    ORTHOPTIST,
    OTHER_DOCTOR,
    PATIENT,
    PHARMACIST,
    PHYSIOTHERAPIST,
    PODIATRIST,
    RADIOLOGIST,
    SPEECH_THERAPIST,
)
from segur.personas.states import DmpState, IdentityStatus, MailboxKind, MesState

__all__ = [
    "BIOLOGIST",
    "DENTIST",
    "EMERGENCY_DOCTOR",
    "GENERAL_PRACTITIONER",
    "GENERIC_ACCOUNT",
    "MIDWIFE",
    "NUCLEAR_DOCTOR",
    "NURSE",
    "ORTHOPTIST",
    "OTHER_DOCTOR",
    "PATIENT",
    "PHARMACIST",
    "PHYSIOTHERAPIST",
    "PODIATRIST",
    "RADIOLOGIST",
    "SPEECH_THERAPIST",
    "Address",
    "Country",
    "DmpCase",
    "DmpState",
    "IdentityStatus",
    "LegalRepresentative",
    "Mailbox",
    "MailboxKind",
    "MesState",
    "Patient",
    "Professional",
    "Situation",
    "Structure",
    "UnknownPersona",
    "build_country",
    "stream_patients",
    "stream_professionals",
]

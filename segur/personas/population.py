"""A population as plain records, one after the other: patients in any number, in little memory.

With the arguments of `build_country` it is that country's people and mailboxes, in another order: professionals and
structures' mailboxes first, then each patient with the own mailbox.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from segur.personas.country import build_country, named_patients, treating_doctors
from segur.personas.generated import REFERENCE_DATE, stream_patients
from segur.personas.mailboxes import citizen_mailbox
from segur.personas.model import Mailbox, Patient, Professional

_ADULT = 18
_OLD = 65


@dataclass(slots=True)
class Statistics:
    """How many of what there are; filled in as the records go by."""

    seed: int
    counts: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        """`seed` and the counts."""
        return {"seed": self.seed, **self.counts}


def stream_population(seed: int, patients: int, professionals: int, told: Statistics) -> Iterator[dict[str, Any]]:
    """Records with a `kind`: `professional`, `mailbox`, `patient`. Raise `CountryFull` past some millions."""
    cast = build_country(seed, 0, professionals)
    for professional in cast.professionals:
        told.counts["professionals"] += 1
        yield _professional(professional)
    citizens = {box.address for patient in cast.patients if (box := citizen_mailbox(patient)) is not None}
    for box in cast.mailboxes:
        if box.address not in citizens:
            yield _mailbox(box, told)
    named = named_patients()
    yield from _patients(iter(named), told)
    more = stream_patients(seed, max(0, patients - len(named)), treating_doctors=treating_doctors(cast.professionals))
    yield from _patients(more, told)


def _patients(people: Iterator[Patient], told: Statistics) -> Iterator[dict[str, Any]]:
    for patient in people:
        told.counts["patients"] += 1
        told.counts[f"dmp {patient.dmp.value.lower()}"] += 1
        age = _age(patient.birth_date)
        told.counts["minors" if age < _ADULT else "aged 65 and over" if age >= _OLD else "adults"] += 1
        yield _patient(patient)
        box = citizen_mailbox(patient)
        if box is not None:
            yield _mailbox(box, told)


def _age(born: date) -> int:
    today = REFERENCE_DATE
    return today.year - born.year - ((born.month, born.day) > (today.month, today.day))


def _professional(professional: Professional) -> dict[str, Any]:
    return {
        "kind": "professional",
        "key": professional.key,
        "id_nat": professional.id_nat.value,
        "family_name": professional.family_name,
        "given_name": professional.given_name,
        "profession": professional.profession,
        "profession_label": professional.profession_label,
        "speciality": professional.speciality,
        "speciality_label": professional.speciality_label,
        "structure": {"id": professional.structure.struct_id.value, "name": professional.structure.name},
        "mailbox": professional.mailbox,
    }


def _patient(patient: Patient) -> dict[str, Any]:
    return {
        "kind": "patient",
        "key": patient.key,
        "ins": patient.ins.matricule,
        "ins_oid": patient.ins.oid,
        "birth_name": patient.birth_name,
        "given_names": list(patient.given_names),
        "used_name": patient.used_name,
        "sex": patient.sex,
        "birth_date": patient.birth_date.isoformat(),
        "birth_place": patient.birth_place,
        "birth_city": patient.birth_city,
        "identity_status": patient.status.value,
        "dmp": patient.dmp.value,
        "mes": patient.mes.value,
        "treating_doctor": patient.treating_doctor,
    }


def _mailbox(box: Mailbox, told: Statistics) -> dict[str, Any]:
    told.counts["mailboxes"] += 1
    kind = str(box.kind)
    return {"kind": "mailbox", "address": box.address, "type": kind, "owner": box.owner, "operator": box.operator}

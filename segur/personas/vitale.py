"""The Vitale card of a patient, as a reader gives it: a child is on the card of a parent, under the parent's number.

Cards are derived from the patient, so that INSi's register and an actor with a card reader agree without sharing
anything. The parents' numbers are invented like everybody's. Source: [INS digest 2.1, 2.6].
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from segur.personas.identities import ins_of_birth
from segur.personas.model import Patient
from segur.vocab.ins import Ins

_GENERATION = 30


@dataclass(frozen=True, slots=True)
class VitaleCard:
    """One beneficiary on a card. `individual` is the own number, None when the card does not hold it (children)."""

    holder: Ins
    individual: Ins | None
    birth_name: str
    birth_date: date
    birth_rank: int = 1


def card_of(patient: Patient) -> VitaleCard:
    """The card on which the patient stands."""
    if not patient.is_minor:
        return VitaleCard(patient.ins, patient.ins, patient.birth_name, patient.birth_date)
    born = patient.birth_date
    order = int(patient.ins.matricule[10:13])
    parent = ins_of_birth("F", date(born.year - _GENERATION, born.month, 1), patient.birth_place, order)
    return VitaleCard(parent, None, patient.birth_name, born)

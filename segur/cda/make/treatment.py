"""A medicine taken: the entry FR-Traitement that letters and summaries share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from segur.cda.make.blocks import ACT_CODES, CIS, EDQM, PRODUCT, Draft, reference, templates, typed
from segur.personas.cda_header import E, Element, coded

ROOTS: Final = (
    "2.16.840.1.113883.10.20.1.24",
    "1.3.6.1.4.1.19376.1.5.3.1.4.7",
    "1.2.250.1.213.1.1.3.42",
    "1.3.6.1.4.1.19376.1.5.3.1.4.7.1",
)


@dataclass(frozen=True, slots=True)
class Medicine:
    """A medicine by its CIS code, and how often it is taken: every `hours` hours, one tablet."""

    cis: str
    label: str
    hours: int
    anchor: str


PARACETAMOL: Final = Medicine("60234100", "DOLIPRANE 1000 mg, comprimé", 8, "paracetamol")
CLOPIDOGREL: Final = Medicine("63564053", "PLAVIX 75 mg, comprimé pelliculé", 24, "clopidogrel")


def treatment(draft: Draft, medicine: Medicine) -> Element:
    """The medicine from the day of the document on, by mouth."""
    code = coded("code", medicine.cis, medicine.label, CIS, "CIS")
    code.append(E.originalText(E.reference(value=f"#{medicine.anchor}")))
    material = E.manufacturedMaterial(code, E.name(medicine.label))
    span = typed("effectiveTime", "IVL_TS", E.low(value=draft.day), E.high(nullFlavor="UNK"))
    rhythm = typed("effectiveTime", "PIVL_TS", E.period(value=str(medicine.hours), unit="h"), operator="A")
    return E.substanceAdministration(
        *templates(*ROOTS),
        E.id(root=draft.uid("treatment", medicine.cis)),
        coded("code", "DRUG", "Médicament", ACT_CODES),
        reference(medicine.anchor),
        E.statusCode(code="completed"),
        span,
        rhythm,
        coded("routeCode", "20053000", "Voie orale", EDQM, "EDQM"),
        E.doseQuantity(E.low(value="1", unit="{tablet}"), E.high(value="1", unit="{tablet}")),
        E.rateQuantity(nullFlavor="NAV"),
        E.consumable(E.manufacturedProduct(*templates(*PRODUCT), material)),
        classCode="SBADM",
        moodCode="INT",
    )

"""ePrescription de produits de santé (57833-6), model 2024.01: one medicine, its number, the PDF copy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from segur.cda.make.blocks import (
    ACT_CODES,
    ANS,
    CIS,
    EDQM,
    PRODUCT,
    Draft,
    observation,
    reference,
    section,
    table,
    templates,
    typed,
)
from segur.cda.make.treatment import PARACETAMOL
from segur.personas.cda_header import Act, E, Element, coded, hl7_time
from segur.vocab import oids

TEMPLATES: Final = (
    ("1.3.6.1.4.1.19376.1.9.1.1.1", None),
    ("1.3.6.1.4.1.19376.1.5.3.1.1.1", None),
    ("1.2.250.1.213.1.1.1.39", "2024.01"),
)
EPU: Final = "1.2.250.1.215.500.1.1"
"""Authority of the unique number of a prescription [DMP digest 5.4]."""
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_DAYS: Final = 5


def act(draft: Draft) -> Act:
    """The prescription with its EPU number, valid a year."""
    number, digits = int(draft.uid("epu").rpartition(".")[2]), ""
    for _ in range(18):
        number, digit = divmod(number, len(_ALPHABET))
        digits += _ALPHABET[digit]
    code = coded("code", "57833-6", "Prescription de produits de santé", oids.LOINC, "LOINC")
    return Act(draft.at, draft.at + timedelta(days=364), id=EPU, extension=digits, code=code)


def sections(draft: Draft) -> Sequence[Element]:
    """The medicines."""
    anchor = PARACETAMOL.anchor
    flags = tuple((anchor, words) for anchor, _, words, _ in _FLAGS)
    return (
        section(
            draft,
            ("1.3.6.1.4.1.19376.1.9.1.2.1", "1.2.250.1.213.1.1.2.171"),
            ("57828-6", "Prescriptions"),
            "Prescription de médicaments",
            (
                table(
                    ("Médicament", "Posologie", "Durée"),
                    (
                        (PARACETAMOL.label, anchor),
                        ("1 comprimé toutes les 8 heures si douleur", "dose"),
                        f"{_DAYS} jours",
                    ),
                ),
                *(E.paragraph(E.content(f"{words} : non", ID=name)) for name, words in flags),
            ),
            _line(draft),
        ),
    )


_FLAGS: Final = (
    ("ald", "1.2.250.1.213.1.1.3.48.13", "En rapport avec une ALD", "MED-574"),
    ("at", "1.2.250.1.213.1.1.3.48.14", "En rapport avec accident du travail", "GEN-180"),
    ("non-remb", "1.2.250.1.213.1.1.3.48.15", "Non remboursable", "GEN-181"),
    ("hors-amm", "1.2.250.1.213.1.1.3.48.12", "Hors AMM", "GEN-179"),
)


def _material(draft: Draft, code: Element, name: Element) -> Element:
    return E.manufacturedProduct(
        *templates(*PRODUCT),
        E.manufacturedMaterial(
            *templates("1.3.6.1.4.1.19376.1.9.1.3.1"), code, name, classCode="MMAT", determinerCode="KIND"
        ),
        classCode="MANU",
    )


def _substitution() -> Element:
    return E.act(
        *templates("1.3.6.1.4.1.19376.1.9.1.3.9.1", "1.2.250.1.213.1.1.3.87"),
        coded("code", "G", "Substitution générique permise", "2.16.840.1.113883.5.1070"),
        E.statusCode(code="completed"),
        classCode="ACT",
        moodCode="DEF",
    )


def _line(draft: Draft) -> Element:
    code = coded("code", PARACETAMOL.cis, PARACETAMOL.label, CIS, "CIS")
    code.append(E.originalText(E.reference(value=f"#{PARACETAMOL.anchor}")))
    end = f"{draft.at + timedelta(days=_DAYS):%Y%m%d}"
    flags = (
        observation(
            draft, (root,), coded("code", code_, words, ANS, "TA_ASIP"), name, typed("value", "BL", value="false"),
            when=hl7_time(draft.at),
        )
        for name, root, words, code_ in _FLAGS
    )  # fmt: skip
    return E.substanceAdministration(
        *templates(
            "2.16.840.1.113883.10.20.1.24",
            "1.3.6.1.4.1.19376.1.5.3.1.4.7",
            "1.3.6.1.4.1.19376.1.9.1.3.2",
            "1.2.250.1.213.1.1.3.83",
            "1.3.6.1.4.1.19376.1.9.1.3.6",
            "1.3.6.1.4.1.19376.1.5.3.1.4.7.1",
        ),
        E.id(root=draft.uid("line")),
        coded("code", "DRUG", "Médicament", ACT_CODES),
        reference("dose"),
        E.statusCode(code="completed"),
        typed("effectiveTime", "IVL_TS", E.low(value=draft.day), E.high(value=end)),
        typed("effectiveTime", "PIVL_TS", E.period(value="8", unit="h"), operator="A"),
        E.repeatNumber(value="0"),
        coded("routeCode", "20053000", "Voie orale", EDQM, "EDQM"),
        E.doseQuantity(E.low(value="1", unit="{tablet}"), E.high(value="1", unit="{tablet}")),
        E.consumable(_material(draft, code, E.name(PARACETAMOL.label))),
        E.entryRelationship(_substitution(), typeCode="COMP"),
        *(E.entryRelationship(flag, typeCode="COMP") for flag in flags),
        classCode="SBADM",
        moodCode="INT",
    )

"""CR d'examens de biologie médicale (11502-2), XD-LAB: one chapter, three results with their reference ranges."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from lxml import etree

from segur.cda.make.blocks import Draft, table, templates, typed
from segur.personas.cda_header import Act, E, Element, coded, hl7_time
from segur.vocab import oids

TEMPLATES: Final = (("1.3.6.1.4.1.19376.1.3.3", None), ("1.2.250.1.213.1.1.1.55", "2024.01"))
TITLE: Final = "Compte rendu d'examens biologiques"
"""The only title the model knows."""
_CHAPTER: Final = ("18719-5", "Biochimie")
_INTERPRETATION: Final = "2.16.840.1.113883.5.83"
_LAB: Final = "urn:oid:1.3.6.1.4.1.19376.1.3.2"
_RESULTS: Final = (
    (
        "3016-3",
        "Thyréostimuline [Arbitraire/Volume] Sérum/Plasma ; Numérique",
        "TSH",
        "1.95",
        "m[IU]/L",
        "0.27",
        "4.20",
    ),
    ("3024-7", "Thyroxine libre [Masse/Volume] Sérum/Plasma ; Numérique", "T4 libre", "12.4", "pg/mL", "9.3", "17.0"),
)


def act(draft: Draft) -> Act:
    """The biology act, begun an hour before the report, finished."""
    status = etree.Element(f"{{{_LAB}}}statusCode", {"code": "completed"}, nsmap={"lab": _LAB})
    code = coded("code", *_CHAPTER, oids.LOINC, "LOINC")
    return Act(draft.at - timedelta(hours=1), draft.at, code=code, status=status, responsible=True)


def sections(draft: Draft) -> Sequence[Element]:
    """The chapter, with one examination section inside."""
    rows = [
        ((name, f"r{code}"), f"{value} {unit}", f"{low} - {high}", "Normal")
        for code, _, name, value, unit, low, high in _RESULTS
    ]
    inner = E.section(
        *templates("1.3.6.1.4.1.19376.1.3.3.2.2", "1.2.250.1.213.1.1.2.71"),
        coded("code", *_CHAPTER, oids.LOINC, "LOINC"),
        E.text(table(("Examen", "Résultat", "Valeurs de référence", "Interprétation"), *rows)),
        _entry(draft),
    )
    return (
        E.component(
            E.section(
                *templates("1.3.6.1.4.1.19376.1.3.3.2.1", "1.2.250.1.213.1.1.2.70"),
                coded("code", *_CHAPTER, oids.LOINC, "LOINC"),
                E.title("BIOCHIMIE"),
                E.component(inner),
            )
        ),
    )


def _entry(draft: Draft) -> Element:
    chapter = E.act(
        coded("code", *_CHAPTER, oids.LOINC, "LOINC"),
        E.statusCode(code="completed"),
        *(E.entryRelationship(_result(draft, *result), typeCode="COMP") for result in _RESULTS),
        classCode="ACT",
        moodCode="EVN",
    )
    return E.entry(*templates("1.3.6.1.4.1.19376.1.3.1", "1.2.250.1.213.1.1.3.21"), chapter, typeCode="DRIV")


def _named(code: str, label: str) -> Element:
    element = coded("code", code, label, oids.LOINC, "LOINC")
    element.append(E.originalText(E.reference(value=f"#r{code}")))
    return element


def _result(draft: Draft, code: str, label: str, _: str, value: str, unit: str, low: str, high: str) -> Element:
    normal = coded("interpretationCode", "N", "Normal", _INTERPRETATION)
    limits = typed("value", "IVL_PQ", E.low(value=low, unit=unit), E.high(value=high, unit=unit))
    return E.observation(
        *templates("1.3.6.1.4.1.19376.1.3.1.6", "1.2.250.1.213.1.1.3.80"),
        _named(code, label),
        E.statusCode(code="completed"),
        E.effectiveTime(value=hl7_time(draft.at)),
        typed("value", "PQ", value=value, unit=unit),
        normal,
        E.referenceRange(
            E.observationRange(limits, coded("interpretationCode", "N", "Normal", _INTERPRETATION), classCode="OBS"),
            typeCode="REFV",
        ),
        classCode="OBS",
        moodCode="EVN",
    )

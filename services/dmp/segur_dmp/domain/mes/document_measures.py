"""Measures that stand in the entries of a structured document, by their LOINC codes [DMP digest 6.5, inferred].

The five kinds are those of the notifications COPIE_DOC_AJOUT_*. An observation counts when it happened (`EVN`), is
completed and has a number with a unit that is known; the rest of the document is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from lxml import etree

from segur.vocab import oids
from segur.wire import cda
from segur.wire.cda_elements import attribute, find
from segur.wire.xds_datatypes import parse_dtm
from segur_dmp.domain.mes.measures import Kind, Measure, OutOfRange, check

_MASS: Final = {"kg": 1.0, "g": 0.001}
_LENGTH: Final = {"m": 1.0, "cm": 0.01, "mm": 0.001}
_CIRCUMFERENCE: Final = {"cm": 1.0, "m": 100.0, "mm": 0.1}
_SUGAR: Final = {"mg/dl": 1.0, "g/l": 100.0, "mg/l": 0.1, "mmol/l": 18.016}
_SHARE: Final = {"%": 1.0}
_CODES: Final = MappingProxyType(
    {
        "29463-7": (Kind.WEIGHT, _MASS),
        "3141-9": (Kind.WEIGHT, _MASS),
        "8302-2": (Kind.HEIGHT, _LENGTH),
        "3137-7": (Kind.HEIGHT, _LENGTH),
        "9843-4": (Kind.HEAD, _CIRCUMFERENCE),
        "8287-5": (Kind.HEAD, _CIRCUMFERENCE),
        "2339-0": (Kind.GLUCOSE, _SUGAR),
        "2345-7": (Kind.GLUCOSE, _SUGAR),
        "14749-6": (Kind.GLUCOSE, _SUGAR),
        "15074-8": (Kind.GLUCOSE, _SUGAR),
        "1558-6": (Kind.GLUCOSE, _SUGAR),
        "14771-0": (Kind.GLUCOSE, _SUGAR),
        "4548-4": (Kind.HBA1C, _SHARE),
        "17856-6": (Kind.HBA1C, _SHARE),
    }
)
"""LOINC code -> kind, and what a number in each unit is multiplied by."""
_SIGNS: Final = re.compile(b'code="(?:' + "|".join(map(re.escape, _CODES)).encode() + b')"')
_OBSERVATION: Final = "{urn:hl7-org:v3}observation"
_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Found:
    """A value of a document, in the unit of its kind."""

    kind: Kind
    value: float
    at: datetime


def may_hold_measures(content: bytes | bytearray | memoryview) -> bool:
    """Whether reading the document is worth it: a scan of the bytes."""
    return _SIGNS.search(content) is not None


def measures_in(content: bytes, *, otherwise: datetime) -> list[Found]:
    """The measures of a CDA, the oldest first, a hundred at most; `otherwise` is the time of those without one."""
    try:
        root, _ = cda.clinical_document(content)
    except cda.CdaRefused:
        return []  # where the control en-tete-document is off, anything may pass
    found = [one for element in root.iter(_OBSERVATION) for one in _of(element, otherwise)]
    return sorted(set(found), key=lambda one: one.at)[-_MOST:]


def _of(element: etree._Element, otherwise: datetime) -> Iterator[Found]:
    code, value = find(element, "code"), find(element, "value")
    if code is None or value is None or code.get("codeSystem") != oids.LOINC:
        return
    kind, units = _CODES.get(code.get("code", ""), (None, {}))
    happened = element.get("moodCode") == "EVN" and element.get("negationInd") != "true"
    if kind is None or not happened or attribute(element, "statusCode", "code") not in ("", "completed"):
        return
    factor = units.get(value.get("unit", "").lower())
    try:
        number = round(float(value.get("value", "")) * (factor or 0), 3)
        check(kind, {kind.value: number})
    except (ValueError, OutOfRange):
        return
    told = attribute(element, "effectiveTime", "value") or attribute(element, "effectiveTime/hl7:low", "value")
    yield Found(kind, number, _moment(told) or otherwise)


def _moment(told: str) -> datetime | None:
    try:
        return parse_dtm(told) if told else None
    except ValueError:
        return None


def with_owner(found: Found, number: str, patient: str, author: str, document_id: str) -> Measure:
    """The measure a found value becomes in a space."""
    return Measure(number, patient, found.kind, found.at, {found.kind.value: found.value}, author, document_id)

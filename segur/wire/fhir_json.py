"""FHIR resources as JSON objects: checked access by path, national code systems, times, outcomes.

Resources stay dictionaries. `fhir.resources` was considered: it checks base FHIR, not the French profiles, and its
refusals name its own types instead of the rule an editor has to follow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from segur.vocab import oids
from segur.vocab.format_codes import IHE_FORMATS
from segur.wire.xds_datatypes import dtm, parse_dtm
from segur.wire.xds_values import NO_CODE, Code

Resource = dict[str, Any]

RFC3986: Final = "urn:ietf:rfc:3986"
CONFIDENTIALITY: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
VISIBILITY: Final = (
    "https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument"
)

_SYSTEM_OF: Final = {
    oids.LOINC: "http://loinc.org",
    oids.CONFIDENTIALITY_HL7: CONFIDENTIALITY,
    oids.CONFIDENTIALITY_FR: VISIBILITY,
    "2.16.840.1.113883.6.96": "http://snomed.info/sct",
    "1.2.840.10008.2.16.4": "http://dicom.nema.org/resources/ontology/DCM",
    IHE_FORMATS: "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode",
}
_SCHEME_OF: Final = {system: scheme for scheme, system in _SYSTEM_OF.items()}
_OID = re.compile(r"^[0-2](\.\d+)+$")
_DATE_TIME = re.compile(
    r"^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?$", re.ASCII
)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class FhirRefused(ValueError):
    """A resource or search that cannot be taken.

    `path` is the element or parameter, `rule` the rule and the fix, `issue` the code of the OperationOutcome, `status`
    the HTTP status: 400 malformed, 404 unknown, 405 forbidden element, 422 refused by a rule. [DMP digest 4.4]
    """

    def __init__(self, path: str, rule: str, *, issue: str = "invalid", status: int = 422) -> None:
        super().__init__(f"{path}: {rule}")
        self.path = path
        self.rule = rule
        self.issue = issue
        self.status = status


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON value with the path it was found at, so that a refusal can name it."""

    value: Any
    path: str

    def __bool__(self) -> bool:
        return self.value is not None

    def get(self, name: str) -> Node:
        """The member of an object; an absent one is false."""
        if self.value is None:
            return Node(None, f"{self.path}.{name}")
        if not isinstance(self.value, dict):
            raise FhirRefused(self.path, "an object is expected", issue="structure", status=400)
        return Node(self.value.get(name), f"{self.path}.{name}")

    def items(self, name: str) -> Iterator[Node]:
        """The elements of an array member; none when absent."""
        array = self.get(name)
        if array.value is None:
            return
        if not isinstance(array.value, list):
            raise FhirRefused(array.path, "an array is expected", issue="structure", status=400)
        for number, value in enumerate(array.value):
            yield Node(value, f"{array.path}[{number}]")

    def first(self, name: str) -> Node:
        """The first element of an array member; false when there is none."""
        return next(self.items(name), Node(None, f"{self.path}.{name}[0]"))

    def text(self, name: str, *, required: bool = False) -> str:
        """A text member, empty when absent; characters that XML cannot carry are refused."""
        member = self.get(name)
        if member.value is None or member.value == "":
            if required:
                raise FhirRefused(member.path, "required", issue="required")
            return ""
        return member.as_text()

    def as_text(self) -> str:
        """The value itself as a text, under the same rule."""
        if not isinstance(self.value, str):
            raise FhirRefused(self.path, "a text is expected", issue="structure", status=400)
        if _NOT_XML.search(self.value):
            raise FhirRefused(self.path, "control characters are not accepted", issue="value", status=400)
        return self.value

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of an array member."""
        return tuple(item.as_text() for item in self.items(name))

    def component(self, name: str, *, required: bool = False) -> str:
        """A text that becomes one component of an HL7 data type: separators in it are refused."""
        text = self.text(name, required=required)
        if any(separator in text for separator in "^&|~\\"):
            raise FhirRefused(f"{self.path}.{name}", "the characters ^ & | ~ \\ are not accepted here", issue="value")
        return text

    def time(self, name: str, *, required: bool = False) -> str:
        """A dateTime or instant member as a DTM in UTC, empty when absent."""
        text = self.text(name, required=required)
        return dtm_of(text, f"{self.path}.{name}")[0] if text else ""

    def code(self) -> Code:
        """A CodeableConcept (its first coding) or a Coding; `NO_CODE` when absent."""
        coding = self.first("coding") if self and self.get("coding") else self
        code = coding.text("code")
        return Code(code, scheme_of(coding.text("system")), coding.text("display")) if code else NO_CODE


def system_of(scheme: str) -> str:
    """The FHIR system of a code scheme or assigning authority: its URL when it has one, else `urn:oid:`."""
    return _SYSTEM_OF.get(scheme) or (f"urn:oid:{scheme}" if _OID.match(scheme) else scheme)


def scheme_of(system: str) -> str:
    """The reverse of `system_of`."""
    return _SCHEME_OF.get(system) or system.removeprefix("urn:oid:")


def coding(code: Code) -> Resource:
    """A Coding."""
    return {"system": system_of(code.scheme), "code": code.code} | ({"display": code.display} if code.display else {})


def concept(code: Code) -> Resource:
    """A CodeableConcept of one coding."""
    return {"coding": [coding(code)]}


def uri_of(identifier: str) -> str:
    """An OID or UUID as a URN; anything else stands as it is."""
    if _OID.match(identifier):
        return f"urn:oid:{identifier}"
    if re.fullmatch(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", identifier):
        return f"urn:uuid:{identifier}"
    return identifier


def fhir_time(value: str, *, instant: bool = False) -> str:
    """A DTM in UTC as a FHIR dateTime of the same precision, or as a full `instant`."""
    moment = parse_dtm(value)
    if len(value) >= 10 or instant:
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return "-".join(part for part in (value[:4], value[4:6], value[6:8]) if part)


def dtm_of(text: str, path: str) -> tuple[str, str]:
    """A FHIR date, dateTime or instant as (first moment, first moment after it), DTM in UTC.

    Raise `FhirRefused` naming `path` when it is none of them.
    """
    match = _DATE_TIME.match(text)
    rule = f"{text!r}: YYYY, YYYY-MM, YYYY-MM-DD or a dateTime is expected"
    refusal = FhirRefused(path, rule, issue="value", status=400)
    if match is None:
        raise refusal
    year, month, day, hour, _, second, _ = match.groups()
    try:
        if hour is not None:
            moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            start = dtm(moment)
            return start, _next(start, 14 if second else 12)
        datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC)
    except (ValueError, OverflowError):
        raise refusal from None
    start = f"{year}{month or ''}{day or ''}"
    return start, _next(start, len(start))


def _next(start: str, precision: int) -> str:
    """The first moment after a time known to `precision` digits."""
    moment = parse_dtm(start)
    if precision == 4:
        return f"{moment.year + 1:04d}"
    if precision == 6:
        return f"{moment.year + moment.month // 12:04d}{moment.month % 12 + 1:02d}"
    step = {8: timedelta(days=1), 12: timedelta(minutes=1), 14: timedelta(seconds=1)}[precision]
    return dtm(moment + step)


def operation_outcome(issue: str, diagnostics: str, *, severity: str = "error", expression: str = "") -> Resource:
    """An OperationOutcome of one issue."""
    detail: Resource = {"severity": severity, "code": issue, "diagnostics": diagnostics}
    if expression:
        detail["expression"] = [expression]
    return {"resourceType": "OperationOutcome", "issue": [detail]}


def outcome_of(refusal: FhirRefused) -> Resource:
    """The OperationOutcome that says what a refusal says."""
    return operation_outcome(refusal.issue, str(refusal), expression=refusal.path)

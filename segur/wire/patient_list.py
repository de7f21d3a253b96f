"""TD0.4: `patientList`, the DMPs a professional is authorized on. Source: [DMP digest 1.4]."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Final

from lxml import etree

from segur.wire import xml
from segur.wire.habilitations import OK
from segur.wire.hl7v3_elements import boolean, expect, mandatory
from segur.wire.hl7v3_values import Hl7Refused, Identifier, format_ts, parse_ts

NAMESPACE: Final = "urn:si-dmp-patients"
REQUEST: Final = xml.qname(NAMESPACE, "patientList")
RESPONSE: Final = xml.qname(NAMESPACE, "patientListResponse")
ACTION: Final = "urn:si-dmp-patients:PatientSpecificEndPoint:patientList"
RESPONSE_ACTION: Final = "urn:si-dmp-patients:PatientSpecificEndPoint:patientListResponse"


class DateType(StrEnum):
    """Which date counts; the spelling of the first is the DMP's."""

    LAST_AUTHORIZATION = "LASTAUTORIZATION"
    LAST_DOCUMENT = "LASTDOC"


@dataclass(frozen=True, slots=True)
class PatientListQuery:
    """Since when (aware, UTC), by which date, and for which professional (`owner`, a PS_IdNat) when not oneself."""

    since: datetime
    date_type: DateType
    owner: str = ""


@dataclass(frozen=True, slots=True)
class ListedPatient:
    """One DMP of the list; dates are `YYYYMMDDhhmmss`, empty when there is none. Field order is that of the answer."""

    identifiers: tuple[Identifier, ...]
    last_name: str = ""
    patronymical_name: str = ""
    first_name: str = ""
    civility: str = ""
    date_of_birth: str = ""
    treating_doctor: bool = False
    message: bool = False
    last_access: str = ""
    last_update: str = ""
    last_add: str = ""


_NAMES: Final = {
    "last_name": "lastName",
    "patronymical_name": "patronymicalName",
    "first_name": "firstName",
    "civility": "civility",
    "date_of_birth": "dateOfBirth",
    "treating_doctor": "MT",
    "message": "message",
    "last_access": "lastAccessDate",
    "last_update": "lastUpdateDate",
    "last_add": "lastAddDate",
}
_FLAGS: Final = ("treating_doctor", "message")


def read_patient_list(element: etree._Element) -> PatientListQuery:
    """Read the request; raise `Hl7Refused` for a missing or malformed date, or an unknown kind of date."""
    expect(element, REQUEST)
    kind = mandatory(_text(element, "dateType"), "dateType")
    if kind not in tuple(DateType):
        raise Hl7Refused(f"expected {' or '.join(DateType)}, got {kind[:40]!r}", "dateType")
    since = parse_ts(mandatory(_text(element, "startDate"), "startDate"), "startDate")
    return PatientListQuery(since, DateType(kind), _text(element, "psOwnerId"))


def write_patient_list(query: PatientListQuery) -> etree._Element:
    """Write the request."""
    root = etree.Element(REQUEST, nsmap=xml.as_default(NAMESPACE))
    _add(root, "startDate", format_ts(query.since))
    _add(root, "dateType", query.date_type)
    if query.owner:
        _add(root, "psOwnerId", query.owner)
    return root


def write_patient_list_answer(patients: tuple[ListedPatient, ...]) -> etree._Element:
    """Write the answer."""
    root = etree.Element(RESPONSE, nsmap=xml.as_default(NAMESPACE))
    for patient in patients:
        holder = etree.SubElement(root, xml.qname(NAMESPACE, "patientlistData"))
        for identity in patient.identifiers:
            node = etree.SubElement(holder, xml.qname(NAMESPACE, "patientIdentifier"))
            _add(node, "nationalId", identity.extension)
            _add(node, "nationalIdType", identity.root)
        for field, name in _NAMES.items():
            value = getattr(patient, field)
            text = boolean(value) if field in _FLAGS else value
            if text:
                _add(holder, name, text)
    _add(root, "status", OK)
    return root


def read_patient_list_answer(element: etree._Element) -> tuple[ListedPatient, ...]:
    """Read the answer; raise `Hl7Refused` when its status is not `DMPOk`."""
    expect(element, RESPONSE)
    status = _text(element, "status")
    if status != OK:
        raise Hl7Refused(f"expected {OK}, got {status[:40]!r}", "status")
    return tuple(_listed(child) for child in xml.children(element) if xml.local_name(child) == "patientlistData")


def _listed(holder: etree._Element) -> ListedPatient:
    identities = tuple(
        Identifier(_text(child, "nationalIdType"), _text(child, "nationalId"))
        for child in xml.children(holder)
        if xml.local_name(child) == "patientIdentifier"
    )
    texts = {one.name: _text(holder, _NAMES[one.name]) for one in fields(ListedPatient) if one.name in _NAMES}
    flags = {name: texts.pop(name) == "true" for name in _FLAGS}
    return ListedPatient(identities, **texts, **flags)  # type: ignore[arg-type]  # flags and texts go to their fields


def _text(element: etree._Element, local: str) -> str:
    # NOTE: by local name, because generated clients leave these children unqualified as often as not.
    return xml.text(next((child for child in xml.children(element) if xml.local_name(child) == local), None))


def _add(parent: etree._Element, local: str, text: str) -> None:
    etree.SubElement(parent, xml.qname(NAMESPACE, local)).text = text

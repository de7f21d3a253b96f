"""TD1.6: `listAuthorizationByPatient`, who is authorized on one DMP or blocked from it. Source: [DMP digest 1.4].

The patient is not in the body: it is the `resource-id` of the VIHF.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lxml import etree

from segur.vocab import oids
from segur.wire import xml
from segur.wire.habilitations import OK
from segur.wire.hl7v3_elements import expect
from segur.wire.hl7v3_values import Hl7Refused

REQUEST: Final = xml.qname(xml.DMP_HABILITATIONS, "listAuthorizationByPatient")
RESPONSE: Final = xml.qname(xml.DMP_HABILITATIONS, "listAuthorizationByPatientResponse")
ACTION: Final = "urn:si-dmp-habilitations:HabilitationsEndPoint:listAuthorizationByPatient"
RESPONSE_ACTION: Final = "urn:si-dmp-habilitations:HabilitationsEndPoint:listAuthorizationByPatientResponse"
TREATING_DOCTOR: Final = "MT"


class ListMode(StrEnum):
    """Which of them: in force, blocked, or all."""

    ACTIVE = "ACTIVE"
    BLOCKED = "INTERDITE"
    ALL = "TOUTE"


@dataclass(frozen=True, slots=True)
class ListedAuthorization:
    """One line; dates are `YYYYMMDDhhmmss`, `mode` is ACTIVE or INTERDITE, `right` is `MT` or empty.

    `id_type` is the OID of professionals, or of structures for what an employee declared.
    """

    id: str
    first_name: str = ""
    last_name: str = ""
    speciality: str = ""
    speciality_label: str = ""
    start: str = ""
    last_action: str = ""
    mode: str = ListMode.ACTIVE.value
    right: str = ""
    id_type: str = oids.PROFESSIONAL


_NAMES: Final = {
    "id": "nationalId",
    "id_type": "nationalIdType",
    "first_name": "firstName",
    "last_name": "lastName",
    "speciality": "codeSpeciality",
    "speciality_label": "libSpeciality",
    "start": "startOfAuthorization",
    "last_action": "lastActionDate",
    "mode": "mode",
    "right": "specificRight",
}


def read_list_request(element: etree._Element) -> ListMode:
    """Read the request; raise `Hl7Refused` for an unknown mode."""
    expect(element, REQUEST)
    mode = _text(element, "mode")
    if mode not in tuple(ListMode):
        raise Hl7Refused(f"expected {', '.join(ListMode)}, got {mode[:40]!r}", "mode")
    return ListMode(mode)


def write_list_request(mode: ListMode) -> etree._Element:
    """Write the request."""
    root = etree.Element(REQUEST, nsmap=xml.as_default(xml.DMP_HABILITATIONS))
    _add(root, "mode", mode)
    return root


def write_list_answer(listed: tuple[ListedAuthorization, ...]) -> etree._Element:
    """Write the answer."""
    root = etree.Element(RESPONSE, nsmap=xml.as_default(xml.DMP_HABILITATIONS))
    for one in listed:
        holder = etree.SubElement(root, xml.qname(xml.DMP_HABILITATIONS, "listOfAuthorizationByPatient"))
        for field, name in _NAMES.items():
            if text := getattr(one, field):
                _add(holder, name, text)
    _add(root, "status", OK)
    return root


def read_list_answer(element: etree._Element) -> tuple[ListedAuthorization, ...]:
    """Read the answer; raise `Hl7Refused` when its status is not `DMPOk`."""
    expect(element, RESPONSE)
    status = _text(element, "status")
    if status != OK:
        raise Hl7Refused(f"expected {OK}, got {status[:40]!r}", "status")
    return tuple(
        ListedAuthorization(**{field: _text(child, name) for field, name in _NAMES.items()})
        for child in xml.children(element)
        if xml.local_name(child) == "listOfAuthorizationByPatient"
    )


def _text(element: etree._Element, local: str) -> str:
    # NOTE: by local name, because generated clients leave these children unqualified as often as not.
    return xml.text(next((child for child in xml.children(element) if xml.local_name(child) == local), None))


def _add(parent: etree._Element, local: str, text: str) -> None:
    etree.SubElement(parent, xml.qname(xml.DMP_HABILITATIONS, local)).text = text

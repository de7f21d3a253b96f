"""TD0.3: `setAuthorization` and its answer, on the habilitations service of the DMP. Source: [DMP digest 1.4].

The patient is not in the body: it is the `resource-id` of the VIHF.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lxml import etree

from segur.wire import xml
from segur.wire.hl7v3_elements import expect
from segur.wire.hl7v3_values import Hl7Refused

REQUEST: Final = xml.qname(xml.DMP_HABILITATIONS, "setAuthorization")
RESPONSE: Final = xml.qname(xml.DMP_HABILITATIONS, "setAuthorizationResponse")
ACTION: Final = "urn:si-dmp-habilitations:HabilitationsEndPoint:setAuthorization"
RESPONSE_ACTION: Final = "urn:si-dmp-habilitations:HabilitationsEndPoint:setAuthorizationResponse"
WSDL_ACTION: Final = "urn:hl7-org:v3:setAuthorization"
"""What clients generated from the WSDL put into the HTTP content type; accepted beside `ACTION` [DMP digest 1.2]."""
TREATING_DOCTOR: Final = "MEDECIN_TRAITANT"
OK: Final = "DMPOk"


class AuthorizationChange(StrEnum):
    """What becomes of the caller's authorization."""

    ADD = "AJOUT"
    REMOVE = "SUPPRESSION"


@dataclass(frozen=True, slots=True)
class SetAuthorization:
    """Add or remove the caller's authorization, or with `treating_doctor` the role of *médecin traitant*."""

    action: AuthorizationChange
    treating_doctor: bool = False


@dataclass(frozen=True, slots=True)
class SetAuthorizationAnswer:
    """The outcome: `DMPOk` or an error code, and a French sentence."""

    status: str = OK
    context: str = ""


def read_set_authorization(element: etree._Element) -> SetAuthorization:
    """Read the request; raise `Hl7Refused` for an unknown action or role."""
    expect(element, REQUEST)
    action, role = _text(element, "action"), _text(element, "role")
    if action not in tuple(AuthorizationChange):
        raise Hl7Refused(f"expected AJOUT or SUPPRESSION, got {action[:40]!r}", "action")
    if role not in ("", TREATING_DOCTOR):
        raise Hl7Refused(f"expected {TREATING_DOCTOR} or nothing, got {role[:40]!r}", "role")
    return SetAuthorization(AuthorizationChange(action), role == TREATING_DOCTOR)


def write_set_authorization(value: SetAuthorization) -> etree._Element:
    """Write the request."""
    root = etree.Element(REQUEST, nsmap=xml.as_default(xml.DMP_HABILITATIONS))
    _add(root, "action", value.action)
    if value.treating_doctor:
        _add(root, "role", TREATING_DOCTOR)
    return root


def read_set_authorization_answer(element: etree._Element) -> SetAuthorizationAnswer:
    """Read the answer; raise `Hl7Refused` when it has no status."""
    expect(element, RESPONSE)
    output = _child(element, "output")
    status = _text(output, "status") if output is not None else ""
    if output is None or not status:
        raise Hl7Refused("is missing or empty, it is mandatory", "output/status")
    return SetAuthorizationAnswer(status, _text(output, "context"))


def write_set_authorization_answer(value: SetAuthorizationAnswer) -> etree._Element:
    """Write the answer."""
    root = etree.Element(RESPONSE, nsmap=xml.as_default(xml.DMP_HABILITATIONS))
    output = etree.SubElement(root, xml.qname(xml.DMP_HABILITATIONS, "output"))
    _add(output, "status", value.status)
    if value.context:
        _add(output, "context", value.context)
    return root


def _child(element: etree._Element, local: str) -> etree._Element | None:
    # NOTE: by local name, because generated clients leave these children unqualified as often as not.
    return next((child for child in xml.children(element) if xml.local_name(child) == local), None)


def _text(element: etree._Element, local: str) -> str:
    return xml.text(_child(element, local))


def _add(parent: etree._Element, local: str, text: str) -> None:
    etree.SubElement(parent, xml.qname(xml.DMP_HABILITATIONS, local)).text = text

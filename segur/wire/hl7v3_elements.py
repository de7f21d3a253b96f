"""Small pieces of HL7 V3 elements, shared by the codecs of the interactions."""

from __future__ import annotations

from datetime import datetime

from lxml import etree

from segur.wire import xml
from segur.wire.hl7v3_values import INTERACTIONS, Device, Hl7Refused, Identifier, format_ts, parse_ts


def add(parent: etree._Element, local: str, /, **attributes: str) -> etree._Element:
    """Add a child; `type` is written as xsi:type, empty attributes are left out."""
    named = {xml.qname(xml.XSI, key) if key == "type" else key: value for key, value in attributes.items() if value}
    return etree.SubElement(parent, xml.qname(xml.HL7, local), named)


def add_id(parent: etree._Element, value: Identifier, local: str = "id") -> None:
    """Add an II under the given name."""
    add(parent, local, root=value.root, extension=value.extension)


def boolean(value: bool) -> str:
    """The text of a BL."""
    return "true" if value else "false"


def expect(element: etree._Element, tag: str) -> None:
    """Raise `Hl7Refused` unless the element has that name."""
    if element.tag != tag:
        raise Hl7Refused(f"expected {tag}, got {element.tag!s}", "body")


def attribute(element: etree._Element, path: str, name: str) -> str:
    """The attribute of the first element at `path`, stripped; empty when either is absent."""
    found = element.find(path, xml.NS)
    return found.get(name, "").strip() if found is not None else ""


def identifier(element: etree._Element) -> Identifier:
    """Read an II."""
    return Identifier(element.get("root", "").strip(), element.get("extension", "").strip())


def mandatory(text: str, field: str) -> str:
    """The text, or `Hl7Refused` naming the field when it is empty."""
    if not text:
        raise Hl7Refused("is missing or empty, it is mandatory", field)
    return text


def mandatory_id(element: etree._Element, path: str) -> Identifier:
    """The II at `path`; `Hl7Refused` when it is absent or has no root."""
    found = element.find(path, xml.NS)
    field = path.removeprefix("hl7:").replace("/hl7:", "/")
    if found is None or not found.get("root", "").strip():
        raise Hl7Refused("an identifier with a root is mandatory", field)
    return identifier(found)


def start(
    tag: str,
    id: Identifier,
    created: datetime | None,
    processing: str,
    accept: str,
    receiver: Device,
    sender: Device,
) -> etree._Element:
    """The transmission wrapper all interactions share: `accept` is AL in a request, NE in an answer."""
    root = etree.Element(tag, ITSVersion="XML_1.0", nsmap=xml.as_default(xml.HL7, xsi=xml.XSI))
    add_id(root, id)
    if created is not None:
        add(root, "creationTime", value=format_ts(created))
    add(root, "interactionId", root=INTERACTIONS, extension=xml.local_name(root))
    add(root, "processingCode", code=processing)
    add(root, "processingModeCode", code="T")
    add(root, "acceptAckCode", code=accept)
    for role, code, device in (("receiver", "RCV", receiver), ("sender", "SND", sender)):
        holder = add(add(root, role, typeCode=code), "device", classCode="DEV", determinerCode="INSTANCE")
        add_id(holder, Identifier(device.oid))
        if device.name:
            add(holder, "softwareName").text = device.name
    return root


def read_created(element: etree._Element) -> datetime | None:
    """The creationTime, None when absent; raise `Hl7Refused` when it is malformed."""
    text = attribute(element, "hl7:creationTime", "value")
    return parse_ts(text, "creationTime") if text else None


def read_device(element: etree._Element, role: str) -> Device:
    """The device of the sender or receiver; whatever is absent is empty."""
    device = f"hl7:{role}/hl7:device"
    return Device(attribute(element, f"{device}/hl7:id", "root"), xml.find_text(element, f"{device}/hl7:softwareName"))

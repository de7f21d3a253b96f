"""Reading the recurring element shapes of a CDA: identifiers, codes, times, names, structures."""

from __future__ import annotations

from lxml.etree import _Element

from segur.wire import xml
from segur.wire.cda_header import CdaRefused, InstanceId, Organization
from segur.wire.xds_datatypes import InvalidDtm, parse_dtm
from segur.wire.xds_values import NO_CODE, Code


def find(element: _Element, path: str) -> _Element | None:
    """The first element at a path of the HL7 V3 namespace."""
    return element.find(f"hl7:{path}", xml.NS)


def find_all(element: _Element, path: str) -> list[_Element]:
    """Every element at a path."""
    return element.findall(f"hl7:{path}", xml.NS)


def line(element: _Element, path: str) -> str:
    """The text at a path on one line; empty when absent."""
    return " ".join(xml.text(find(element, path)).split())


def attribute(element: _Element, path: str, name: str) -> str:
    """An attribute of the element at a path; empty when absent."""
    found = find(element, path)
    return "" if found is None else found.get(name, "")


def value_of(element: _Element, path: str) -> str:
    """The `value` attribute at a path; empty when absent."""
    return attribute(element, path, "value")


def moment(element: _Element, path: str, *, required: bool = False) -> str:
    """The checked time at a path; raise `CdaRefused` when it cannot be read, or is `required` and absent."""
    value = value_of(element, path)
    if not value:
        if required:
            raise CdaRefused(path, "required, with a value and no nullFlavor")
        return ""
    try:
        parse_dtm(value)
    except InvalidDtm as error:
        raise CdaRefused(path.replace("hl7:", ""), str(error)) from error
    return value


def span(element: _Element, path: str) -> tuple[str, str]:
    """(start, stop) of an interval; a single value is its start."""
    return (
        moment(element, f"{path}/hl7:low") or moment(element, path),
        moment(element, f"{path}/hl7:high"),
    )


def instance_ids(element: _Element, path: str) -> tuple[InstanceId, ...]:
    """The instance identifiers at a path; those without root (nullFlavor) are left out."""
    return tuple(
        InstanceId(found.get("root", ""), found.get("extension", ""))
        for found in find_all(element, path)
        if found.get("root")
    )


def only_id(element: _Element, path: str) -> InstanceId:
    """The one identifier at a path; raise `CdaRefused` when there is none or several."""
    found = instance_ids(element, path)
    if len(found) != 1:
        raise CdaRefused(path, f"exactly one with a root is expected, {len(found)} found")
    return found[0]


def coded(element: _Element | None) -> Code:
    """A coded element as `Code`; `NO_CODE` for none or a nullFlavor."""
    if element is None or not element.get("code"):
        return NO_CODE
    return Code(element.get("code", ""), element.get("codeSystem", ""), element.get("displayName", ""))


def all_coded(element: _Element, path: str) -> tuple[Code, ...]:
    """Every code at a path."""
    return tuple(code for code in map(coded, find_all(element, path)) if code)


def telecoms(element: _Element) -> tuple[str, ...]:
    """The telecom URLs of an entity."""
    return tuple(found.get("value", "") for found in find_all(element, "telecom") if found.get("value"))


def structure(element: _Element | None) -> Organization:
    """A structure element as `Organization`."""
    if element is None:
        return Organization()
    return Organization(
        instance_ids(element, "id"),
        line(element, "name"),
        telecoms(element),
        coded(find(element, "standardIndustryClassCode")),
    )


def name_parts(person: _Element, part: str) -> dict[str, str]:
    """Name parts by qualifier (BR birth, CL used, SP by marriage, none); several of one kind are joined."""
    found: dict[str, str] = {}
    for element in find_all(person, f"name/hl7:{part}"):
        qualifier, value = element.get("qualifier", ""), " ".join(xml.text(element).split())
        found[qualifier] = f"{found[qualifier]} {value}" if qualifier in found else value
    return found

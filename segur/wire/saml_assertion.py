"""SAML 2.0 assertions as values: header, subject, authentication, attributes. The signature is in `saml_signature`.

pysaml2 was considered: it is built around the web profiles and calls an external program to sign; the national tokens
use a dozen elements. Source: [DMP digest 2.1, 2.2], [INS digest 2.5] for the token of the CPx card.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from lxml import etree

from segur.wire import xml

X509_SUBJECT: Final = "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName"
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?\Z")


class VihfRefused(ValueError):
    """The assertion cannot be read or trusted: `field` names the part, `reason` the rule broken and the fix."""

    def __init__(self, reason: str, field: str) -> None:
        self.reason = reason
        self.field = field
        super().__init__(f"VIHF, {field}: {reason}")


@dataclass(frozen=True, slots=True)
class Coded:
    """A coded value of HL7 type CE: code, OID of its system, label, name of the system."""

    code: str
    system: str
    display: str = ""
    system_name: str = ""


@dataclass(frozen=True, slots=True)
class CodedValue:
    """A coded value under the element name it is written with (`Role`, `PurposeOfUse`)."""

    element: str
    value: Coded


AttributeValue = str | CodedValue


@dataclass(frozen=True, slots=True)
class Assertion:
    """An assertion without its signature; instants are aware and in UTC, absent texts are empty."""

    id: str
    issue_instant: datetime
    issuer: str
    name_id: str
    version: str = "2.0"
    issuer_format: str = X509_SUBJECT
    name_qualifier: str = ""
    authn_instant: datetime | None = None
    authn_class: str = ""
    authn_decl: str = ""
    not_before: datetime | None = None
    not_on_or_after: datetime | None = None
    audiences: tuple[str, ...] = ()
    """Whom the token is for, empty when it does not say."""
    attributes: Mapping[str, tuple[AttributeValue, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def texts(self, name: str) -> tuple[str, ...]:
        """The text values of the attribute, its name compared without case (`Authentification_Mode` is seen too)."""
        return tuple(value for value in self._values(name) if isinstance(value, str))

    def codes(self, name: str) -> tuple[Coded, ...]:
        """The coded values of the attribute, in order."""
        return tuple(value.value for value in self._values(name) if isinstance(value, CodedValue))

    def _values(self, name: str) -> Iterable[AttributeValue]:
        wanted = name.casefold()
        return (value for key, values in self.attributes.items() if key.casefold() == wanted for value in values)


def _instant(text: str, where: str) -> datetime | None:
    """Read an xs:dateTime, whose fraction may have any length; without a zone it is taken as UTC."""
    if not text:
        return None
    if _TIME.match(text) is None:
        raise VihfRefused(f"expected a date and time such as 2026-01-05T08:00:00Z, got {text[:40]!r}", where)
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise VihfRefused(f"no such date and time: {text[:40]!r}", where) from None


def _required(text: str, where: str) -> str:
    if not text:
        raise VihfRefused("is missing or empty, it is mandatory", where)
    return text


def read_assertion(element: etree._Element) -> Assertion:
    """Read a `saml2:Assertion`, whatever prefix it uses and with or without `xsi:type`.

    The signature is not looked at: call `verify_signature` first. Raise `VihfRefused` when a mandatory part is absent,
    or when a part that must be unique is repeated.
    """
    if element.tag != xml.qname(xml.SAML2, "Assertion"):
        raise VihfRefused(f"expected a SAML 2.0 Assertion, got {element.tag!s}", "Assertion")
    issuer, name = _only(element, "saml2:Issuer"), _only(element, "saml2:Subject/saml2:NameID")
    statement, conditions = _only(element, "saml2:AuthnStatement"), _only(element, "saml2:Conditions")
    issued = _instant(_required(element.get("IssueInstant", ""), "IssueInstant"), "IssueInstant")
    assert issued is not None
    return Assertion(
        id=_required(element.get("ID", ""), "ID"),
        issue_instant=issued,
        issuer=_required(xml.text(issuer), "Issuer"),
        name_id=_required(xml.text(name), "NameID"),
        version=element.get("Version", ""),
        issuer_format=issuer.get("Format", "") if issuer is not None else "",
        name_qualifier=name.get("NameQualifier", "") if name is not None else "",
        authn_instant=_instant(statement.get("AuthnInstant", ""), "AuthnInstant") if statement is not None else None,
        authn_class=_context(statement, "AuthnContextClassRef"),
        authn_decl=_context(statement, "AuthnContextDecl"),
        not_before=_instant(conditions.get("NotBefore", ""), "NotBefore") if conditions is not None else None,
        not_on_or_after=_instant(conditions.get("NotOnOrAfter", ""), "NotOnOrAfter")
        if conditions is not None
        else None,
        audiences=_audiences(conditions),
        attributes=_read_attributes(element),
    )


def _audiences(conditions: etree._Element | None) -> tuple[str, ...]:
    if conditions is None:
        return ()
    found = conditions.iterfind("saml2:AudienceRestriction/saml2:Audience", xml.NS)
    return tuple(text for audience in found if (text := xml.text(audience)))


def _only(element: etree._Element, path: str) -> etree._Element | None:
    found = element.findall(path, xml.NS)
    if len(found) > 1:
        raise VihfRefused("is given several times, it must be unique", path.rpartition(":")[2])
    return found[0] if found else None


def _context(statement: etree._Element | None, name: str) -> str:
    return "" if statement is None else xml.text(_only(statement, f"saml2:AuthnContext/saml2:{name}"))


def _read_attributes(element: etree._Element) -> Mapping[str, tuple[AttributeValue, ...]]:
    attributes: dict[str, tuple[AttributeValue, ...]] = {}
    seen: set[str] = set()
    for attribute in element.iterfind("saml2:AttributeStatement/saml2:Attribute", xml.NS):
        name = attribute.get("Name", "")
        if name.casefold() in seen:
            raise VihfRefused("is given several times, give one Attribute with its values", name)
        seen.add(name.casefold())
        values = attribute.iterfind("saml2:AttributeValue", xml.NS)
        attributes[name] = tuple(_read_value(value) for value in values)
    return MappingProxyType(attributes)


def _read_value(value: etree._Element) -> AttributeValue:
    # NOTE: real clients put Role in its HL7 namespace, in SAML's by inheritance, or prefixed: the code decides.
    child = next(xml.children(value), None)
    if child is None:
        return xml.text(value)
    coded = Coded(
        child.get("code", "").strip(),
        child.get("codeSystem", "").strip(),
        child.get("displayName", ""),
        child.get("codeSystemName", ""),
    )
    return CodedValue(xml.local_name(child), coded)


def write_assertion(value: Assertion) -> etree._Element:
    """Write the assertion, unsigned, in the element order of the SAML schema."""
    element = etree.Element(
        xml.qname(xml.SAML2, "Assertion"),
        {"ID": value.id, "IssueInstant": format_instant(value.issue_instant), "Version": value.version},
        nsmap={"saml2": xml.SAML2, "xsi": xml.XSI},
    )
    issuer = _add(element, "Issuer", value.issuer)
    if value.issuer_format:
        issuer.set("Format", value.issuer_format)
    name = _add(_add(element, "Subject"), "NameID", value.name_id)
    if value.name_qualifier:
        name.set("NameQualifier", value.name_qualifier)
    if value.not_before is not None or value.not_on_or_after is not None or value.audiences:
        conditions = _add(element, "Conditions")
        for key, moment in (("NotBefore", value.not_before), ("NotOnOrAfter", value.not_on_or_after)):
            if moment is not None:
                conditions.set(key, format_instant(moment))
        if value.audiences:
            restriction = _add(conditions, "AudienceRestriction")
            for audience in value.audiences:
                _add(restriction, "Audience", audience)
    if value.authn_instant is not None or value.authn_class or value.authn_decl:
        statement = _add(element, "AuthnStatement")
        if value.authn_instant is not None:
            statement.set("AuthnInstant", format_instant(value.authn_instant))
        context = _add(statement, "AuthnContext")
        if value.authn_class:
            _add(context, "AuthnContextClassRef", value.authn_class)
        if value.authn_decl:
            _add(context, "AuthnContextDecl", value.authn_decl)
    if value.attributes:
        statement = _add(element, "AttributeStatement")
        for key, values in value.attributes.items():
            attribute = _add(statement, "Attribute")
            attribute.set("Name", key)
            for item in values:
                _write_value(attribute, item)
    return element


def format_instant(moment: datetime) -> str:
    """`2026-01-05T08:00:00Z`, with the fraction only when there is one; `moment` must be aware."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _add(parent: etree._Element, local: str, text: str | None = None) -> etree._Element:
    child = etree.SubElement(parent, xml.qname(xml.SAML2, local))
    child.text = text
    return child


def _write_value(attribute: etree._Element, item: AttributeValue) -> None:
    if isinstance(item, str):
        _add(attribute, "AttributeValue", item)
        return
    coded = item.value
    child = etree.Element(
        xml.qname(xml.HL7, item.element),
        {xml.qname(xml.XSI, "type"): "CE", "code": coded.code, "codeSystem": coded.system},
        nsmap=xml.as_default(xml.HL7),
    )
    _add(attribute, "AttributeValue").append(child)
    if coded.system_name:
        child.set("codeSystemName", coded.system_name)
    if coded.display:
        child.set("displayName", coded.display)

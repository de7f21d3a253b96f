"""What can be searched, per resource type, and where its values lie [PSC digest 3.4].

Every parameter of the national server is known here, those that no resource of this country answers included
(`pharmacy-licence`, `data-registration-authority`): they find nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Kind(StrEnum):
    """The FHIR type of a search parameter."""

    TOKEN = "token"  # noqa: S105 - a FHIR search type, nothing secret
    STRING = "string"
    REFERENCE = "reference"
    DATE = "date"
    URI = "uri"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A search parameter: `paths` are dotted element paths, arrays taken apart; `target` the type referred to."""

    name: str
    kind: Kind
    paths: tuple[str, ...]
    target: str = ""


def _token(name: str, *paths: str) -> Parameter:
    return Parameter(name, Kind.TOKEN, paths)


def _string(name: str, *paths: str) -> Parameter:
    return Parameter(name, Kind.STRING, paths)


_COMMON: Final = (
    _token("_id", "id"),
    Parameter("_lastUpdated", Kind.DATE, ("meta.lastUpdated",)),
    _token("data-information-system", "meta.extension.extension.valueCode"),
    _token("data-registration-authority", "meta.extension.extension.valueCodeableConcept"),
    _token("active", "active"),
    _token("identifier", "identifier"),
)
_MAILBOX: Final = _string("mailbox-mss", "telecom[mss].value")
_ORGANIZATION: Final = Parameter("organization", Kind.REFERENCE, ("organization.reference",), "Organization")


def _table(*parameters: Parameter) -> Mapping[str, Parameter]:
    return MappingProxyType({parameter.name: parameter for parameter in (*_COMMON, *parameters)})


PARAMETERS: Final[Mapping[str, Mapping[str, Parameter]]] = MappingProxyType(
    {
        "Practitioner": _table(
            _token("identifier-type", "identifier.type"),
            _string("family", "name.family"),
            _string("given", "name.given"),
            _string("name", "name.family", "name.given"),
            _MAILBOX,
            _string("number-smartcard", "extension.extension.valueString"),
            _token("type-smartcard", "extension.extension.valueCodeableConcept"),
            _token("qualification-code", "qualification.code"),
        ),
        "PractitionerRole": _table(
            _MAILBOX,
            _ORGANIZATION,
            Parameter("practitioner", Kind.REFERENCE, ("practitioner.reference",), "Practitioner"),
            _token("role", "code"),
        ),
        "Organization": _table(
            _token("identifier-type", "identifier.type"),
            _string("address", "address.line", "address.city", "address.postalCode"),
            _string("address-city", "address.city"),
            _string("address-line", "address.line"),
            _string("address-postalcode", "address.postalCode"),
            _MAILBOX,
            _string("name", "name"),
            _string("pharmacy-licence", "extension.extension.valueString"),
            Parameter("partof", Kind.REFERENCE, ("partOf.reference",), "Organization"),
            _token("type", "type"),
        ),
        "HealthcareService": _table(
            Parameter("_profile", Kind.URI, ("meta.profile",)),
            _token("characteristic", "characteristic"),
            _ORGANIZATION,
            _token("service-category", "category"),
            _token("service-type", "type"),
        ),
        "Device": _table(
            _string("manufacturer", "manufacturer"),
            _string("model", "modelNumber"),
            Parameter("organization", Kind.REFERENCE, ("owner.reference",), "Organization"),
            _token("status", "status"),
            _token("type", "type"),
        ),
    }
)
"""Search parameters by resource type; the keys are the types served."""

INCLUDES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "Practitioner": (),
        "PractitionerRole": ("practitioner", "organization"),
        "Organization": ("partof",),
        "HealthcareService": ("organization",),
        "Device": ("organization",),
    }
)
"""Reference parameters that `_include` follows, by resource type [PSC digest 3.3]."""

REVINCLUDES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = MappingProxyType(
    {
        "Practitioner": (("PractitionerRole", "practitioner"),),
        "PractitionerRole": (),
        "Organization": (
            ("Device", "organization"),
            ("HealthcareService", "organization"),
            ("PractitionerRole", "organization"),
        ),
        "HealthcareService": (),
        "Device": (),
    }
)
"""Types and reference parameters that `_revinclude` brings, by resource type [PSC digest 3.3]."""

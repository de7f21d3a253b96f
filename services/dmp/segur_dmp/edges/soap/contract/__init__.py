"""The contract of the SOAP services: a WSDL each, and the schemas they share [DMP digest 1.1, 1.2].

Written for SégurStack with the national names, no more of ebRIM, XDS and HL7 V3 than a client of the DMP needs. Answers
keep to it; requests are judged by the codecs, which tell the field and the rule.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from typing import Final

from lxml import etree

from segur.wire import xml

SERVICES: Final = ("patients", "habilitations", "registry", "repository")
_WSDL_SOAP12 = "http://schemas.xmlsoap.org/wsdl/soap12/"
_NAME = re.compile(r"[a-z0-9-]{1,40}(\.xsd)?", re.ASCII)


def wsdl(service: str, location: str) -> bytes | None:
    """The WSDL of a service whose address is `location`, None for a service that does not exist."""
    source = _source(f"{service}.wsdl") if service in SERVICES else None
    if source is None:
        return None
    root = xml.parse(source)
    for address in root.iter(xml.qname(_WSDL_SOAP12, "address")):
        address.set("location", location)
    return _linked(root, location)


def schema(name: str, location: str) -> bytes | None:
    """A schema by its name (with or without `.xsd`), whose imports lead to `location`; None when there is none."""
    if not _NAME.fullmatch(name):
        return None
    source = _source(f"{name.removesuffix('.xsd')}.xsd")
    return _linked(xml.parse(source), location) if source is not None else None


def _linked(root: etree._Element, location: str) -> bytes:
    for found in root.iter(xml.qname(xml.XS, "import")):
        found.set("schemaLocation", f"{location}?xsd={found.get('schemaLocation', '')}")
    return xml.serialize(root, declaration=True)


@lru_cache(maxsize=32)
def _source(name: str) -> bytes | None:
    file = files(__name__).joinpath(name)
    return file.read_bytes() if file.is_file() else None

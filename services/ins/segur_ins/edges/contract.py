"""The contract of INSi: the WSDL as clients fetch it, and its schemas for strict checking.

One file serves both, so what is published is what is checked.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from lxml import etree

from segur.wire import insi, xml

_WSDL = "http://schemas.xmlsoap.org/wsdl/"
_WSDL_SOAP12 = "http://schemas.xmlsoap.org/wsdl/soap12/"


@lru_cache(maxsize=1)
def _source() -> bytes:
    return files("segur_ins.edges").joinpath("icir.wsdl").read_bytes()


def wsdl(location: str) -> bytes:
    """The WSDL, with `location` as the address of the service."""
    root = xml.parse(_source())
    for address in root.iter(xml.qname(_WSDL_SOAP12, "address")):
        address.set("location", location)
    return xml.serialize(root, declaration=True)


@lru_cache(maxsize=4)
def _schema(namespace: str) -> etree.XMLSchema:
    root = xml.parse(_source())
    types = root.find(xml.qname(_WSDL, "types"))
    assert types is not None
    found = next(schema for schema in types if schema.get("targetNamespace") == namespace)
    return etree.XMLSchema(xml.parse(xml.serialize(found)))


def broken_rule(element: etree._Element) -> str:
    """The first rule of the contract that a body or context header breaks, empty when it keeps all."""
    schema = _schema(xml.namespace(element))
    alone = xml.parse(xml.serialize(element))
    try:
        schema.assertValid(alone)
    except etree.DocumentInvalid as error:
        return str(error)
    return ""


CHECKED_HEADERS = ((insi.LPS_NS, "ContexteLPS"), (insi.BAM_NS, "ContexteBAM"))
"""Header blocks the contract demands."""

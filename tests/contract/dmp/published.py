"""Every SOAP answer of the DMP against the WSDLs and schemas it publishes."""

from __future__ import annotations

from functools import cache

import httpx
from lxml import etree
from segur_dmp.edges.soap import contract

from segur.scenario.actors.lps import SERVICES
from segur.wire import mtom, soap, xml

WSDL = "http://schemas.xmlsoap.org/wsdl/"
WSAW = "http://www.w3.org/2006/05/addressing/wsdl"
NAMES = ("hl7v3", "gdp", "si-dmp-patients", "si-dmp-habilitations", "rim", "rs", "lcm", "query", "xds-b", "xml")


class Published(etree.Resolver):
    """Answers the imports of a schema as the service does."""

    def resolve(self, system_url: str, public_id: str, context: object) -> object:
        found = contract.schema(system_url.rpartition("=")[2], "http://dmp")
        assert found is not None, system_url
        return self.resolve_string(found, context, base_url=system_url)  # type: ignore[attr-defined]  # lxml-stubs


@cache
def schema_of(namespace: str) -> etree.XMLSchema:
    """The published schema of a namespace."""
    parser = etree.XMLParser()
    parser.resolvers.add(Published())
    for name in NAMES:
        found = contract.schema(name, "http://dmp")
        assert found is not None
        root = etree.fromstring(found, parser)
        if root.get("targetNamespace") == namespace:
            return etree.XMLSchema(root)
    raise AssertionError(f"no schema of {namespace}")


def keep_to_schema(message: etree._Element) -> None:
    """Fail where an element is not as its schema has it; an `xop:Include` stands for the bytes it names."""
    alone = etree.fromstring(etree.tostring(message))
    for include in list(alone.iter(xml.qname(xml.XOP, "Include"))):
        include.getparent().remove(include)  # type: ignore[union-attr]  # an Include stands in a Document
    schema_of(xml.namespace(message)).assertValid(alone)


def operations(root: etree._Element) -> dict[str, tuple[str, str]]:
    """What a WSDL says: element of a request → element and Action of its answer."""
    elements = {
        message.get("name"): _clark(part) for message in root.iter(xml.qname(WSDL, "message")) for part in message
    }
    found = {}
    for operation in root.iterfind(f"{{{WSDL}}}portType/{{{WSDL}}}operation"):
        sent, given = (operation.find(xml.qname(WSDL, way)) for way in ("input", "output"))
        assert sent is not None
        assert given is not None
        asked, answered = (elements[one.get("message", "").partition(":")[2]] for one in (sent, given))
        found[asked] = (answered, given.get(xml.qname(WSAW, "Action"), ""))
    return found


@cache
def answers() -> dict[str, tuple[str, str]]:
    """Element of a request → element and Action of its answer, of all services."""
    found: dict[str, tuple[str, str]] = {}
    for service in contract.SERVICES:
        source = contract.wsdl(service, "http://dmp")
        assert source is not None
        found.update(operations(etree.fromstring(source)))
    return found


def _clark(part: etree._Element) -> str:
    prefix, _, local = part.get("element", "").partition(":")
    return xml.qname(str(part.nsmap[prefix]), local)


async def keeps_to_contract(response: httpx.Response) -> None:
    """A response hook: fail where an answer is not what the WSDL promises the request. Faults are SOAP's own."""
    request = response.request
    if request.method != "POST" or not request.url.path.startswith(SERVICES):
        return
    try:
        await response.aread()
        received = soap.read_envelope(
            mtom.read(response.headers.get("content-type", ""), response.content).root, required=()
        )
        asked = soap.read_envelope(
            mtom.read(request.headers.get("content-type", ""), request.content).root, required=()
        )
    except (ValueError, httpx.HTTPError):
        return  # spoiled by a fault or by the test: what it must be then, the test says
    kind = response.headers["content-type"]
    # Java libraries take a SOAP answer that does not say its charset for ISO-8859-1, whatever RFC 3902 says.
    assert kind.startswith("multipart/related") or kind == "application/soap+xml; charset=UTF-8", kind
    if soap.read_fault(received.body) is not None:
        assert response.status_code == 500
        assert received.action == soap.SOAP_FAULT_ACTION
        return
    element, action = answers()[asked.operation]
    assert (received.operation, received.action) == (element, action)
    assert (received.relates_to, received.to) == (asked.message_id, soap.ANONYMOUS)
    keep_to_schema(received.body)

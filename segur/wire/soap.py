"""SOAP envelopes with WS-Addressing: read 1.1 and 1.2, write 1.2.

zeep and spyne were considered: the first is a client bound to a WSDL, the second is no longer kept; the national
services share one thin envelope, so it is written here. Source: [DMP digest 1.2, 9], [INS digest 2.5, 2.7].
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from lxml import etree

from segur.wire import xml

Version = Literal["1.1", "1.2"]
FaultCode = Literal["Sender", "Receiver"]

ANONYMOUS: Final = "http://www.w3.org/2005/08/addressing/anonymous"
SOAP_FAULT_ACTION: Final = "http://www.w3.org/2005/08/addressing/soap/fault"
ADDRESSING_FAULT_ACTION: Final = "http://www.w3.org/2005/08/addressing/fault"
ADDRESSING: Final = ("MessageID", "To", "ReplyTo", "Action")
"""The headers the DMP demands [DMP digest 1.2]."""

_NAMESPACES: Final[dict[str, Version]] = {xml.SOAP11: "1.1", xml.SOAP12: "1.2"}
_FAULT_CODES: Final[dict[str, FaultCode]] = {"Client": "Sender", "Server": "Receiver"}


class SoapRefused(ValueError):
    """The element is not an envelope we can read; `reason` names the rule broken."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"soap: {reason}")


class AddressingMissing(SoapRefused):
    """A required WS-Addressing header is absent; `header` is its local name."""

    def __init__(self, header: str) -> None:
        self.header = header
        super().__init__(f"header wsa:{header} is missing, send it")


@dataclass(frozen=True, slots=True)
class Envelope:
    """One SOAP message. Texts are empty when the header is absent; `body` is the only child of the Body."""

    version: Version
    body: etree._Element
    action: str = ""
    message_id: str = ""
    to: str = ""
    reply_to: str = ""
    relates_to: str = ""
    security: etree._Element | None = None
    headers: tuple[etree._Element, ...] = ()

    @property
    def operation(self) -> str:
        """The name of the body element in Clark notation: what a request is routed on [DMP digest 0]."""
        return str(self.body.tag)

    @property
    def assertion(self) -> etree._Element | None:
        """The SAML assertion of the security header, None when there is none; `SoapRefused` when there are several."""
        if self.security is None:
            return None
        found = self.security.findall("saml2:Assertion", xml.NS)
        if len(found) > 1:
            raise SoapRefused("wsse:Security holds several assertions, send one")
        return found[0] if found else None

    def header(self, namespace: str, local: str) -> etree._Element | None:
        """The header block of that name, None when absent."""
        tag = xml.qname(namespace, local)
        return next((block for block in self.headers if block.tag == tag), None)


@dataclass(frozen=True, slots=True)
class Fault:
    """A SOAP fault as read: `code` in the words of 1.2, `subcode` without its prefix, `reason` the first text."""

    code: str
    subcode: str
    reason: str
    lang: str = ""
    detail: etree._Element | None = None


def read_envelope(root: etree._Element, *, required: Iterable[str] = ADDRESSING) -> Envelope:
    """Read an envelope of either version.

    `required` names the WS-Addressing headers that must be there (an empty `To` counts as present): all four for the
    DMP, none for INSi. Raise `AddressingMissing` for an absent one, `SoapRefused` for another structure.
    """
    version = _NAMESPACES.get(xml.namespace(root))
    if version is None or xml.local_name(root) != "Envelope":
        raise SoapRefused(f"the root is {root.tag!s}, expected the Envelope of SOAP 1.2 (or 1.1)")
    here = xml.namespace(root)
    bodies, heads = root.findall(xml.qname(here, "Body")), root.findall(xml.qname(here, "Header"))
    if len(bodies) != 1 or len(heads) > 1:
        raise SoapRefused("an Envelope holds one Body and at most one Header")
    contents = list(xml.children(bodies[0]))
    if len(contents) != 1:
        raise SoapRefused(f"the Body holds {len(contents)} elements, expected one")
    blocks = tuple(xml.children(heads[0])) if heads else ()
    addressing: dict[str, etree._Element] = {}
    securities: list[etree._Element] = []
    for block in blocks:
        name = xml.local_name(block)
        if xml.namespace(block) == xml.WSA:
            if name in addressing:
                raise SoapRefused(f"header wsa:{name} is given twice")
            addressing[name] = block
        elif block.tag == xml.qname(xml.WSSE, "Security"):
            securities.append(block)
    if len(securities) > 1:
        raise SoapRefused("several wsse:Security headers, send one")
    for name in required:
        # NOTE: the DMP takes an empty To, but an Action or a MessageID without text identifies nothing.
        if name not in addressing or (name in ("Action", "MessageID") and not xml.text(addressing[name])):
            raise AddressingMissing(name)
    reply_to = addressing.get("ReplyTo")
    return Envelope(
        version=version,
        body=contents[0],
        action=xml.text(addressing.get("Action")),
        message_id=xml.text(addressing.get("MessageID")),
        to=xml.text(addressing.get("To")),
        reply_to=xml.find_text(reply_to, "wsa:Address") if reply_to is not None else "",
        relates_to=xml.text(addressing.get("RelatesTo")),
        security=securities[0] if securities else None,
        headers=blocks,
    )


def write_envelope(
    body: etree._Element,
    *,
    action: str,
    message_id: str = "",
    to: str | None = "",
    reply_to: str | None = ANONYMOUS,
    relates_to: str | None = None,
    assertion: etree._Element | None = None,
    headers: Sequence[etree._Element] = (),
    version: Version = "1.2",
    prefix: str = "soap",
) -> etree._Element:
    """Make an envelope; the defaults are those of a request to the DMP.

    `body` is moved into it, the assertion and the other headers are copied, so that one token serves many calls. None
    leaves a header out, and so does an empty `action` or `message_id`.
    """
    namespace = xml.SOAP12 if version == "1.2" else xml.SOAP11
    root = etree.Element(xml.qname(namespace, "Envelope"), nsmap={prefix: namespace, "wsa": xml.WSA})
    head = etree.SubElement(root, xml.qname(namespace, "Header"))
    for name, value in (("MessageID", message_id or None), ("To", to), ("RelatesTo", relates_to)):
        if value is not None:
            etree.SubElement(head, xml.qname(xml.WSA, name)).text = value or None
    if reply_to is not None:
        address = etree.SubElement(head, xml.qname(xml.WSA, "ReplyTo"))
        etree.SubElement(address, xml.qname(xml.WSA, "Address")).text = reply_to
    if action:
        etree.SubElement(head, xml.qname(xml.WSA, "Action")).text = action
    if assertion is not None:
        security = etree.SubElement(head, xml.qname(xml.WSSE, "Security"), nsmap={"wsse": xml.WSSE})
        security.append(_copied(assertion))
    for block in headers:
        head.append(_copied(block))
    etree.SubElement(root, xml.qname(namespace, "Body")).append(body)
    return root


def _copied(element: etree._Element) -> etree._Element:
    """A copy without the text that follows the element in its old place."""
    twin = copy.deepcopy(element)
    twin.tail = None
    return twin


def answer(
    request: Envelope,
    body: etree._Element,
    *,
    action: str,
    message_id: str,
    prefix: str = "soap",
) -> etree._Element:
    """The envelope of an answer: always 1.2, `To` anonymous, `RelatesTo` the request, no security [DMP digest 1.2]."""
    return write_envelope(
        body,
        action=action,
        message_id=message_id,
        to=ANONYMOUS,
        reply_to=None,
        relates_to=request.message_id or None,
        prefix=prefix,
    )


def fault(
    code: FaultCode,
    reason: str,
    *,
    subcode: str | None = None,
    detail: etree._Element | None = None,
    lang: str = "fr",
    prefix: str = "soap",
) -> etree._Element:
    """The `Fault` of SOAP 1.2, to be put into an envelope and sent with HTTP 500.

    `subcode` is written as given: the DMP's is a bare code, INSi's carries the prefix (`S:siram_40`). `prefix` must be
    that of the envelope around it, because clients look for it in the text [INS digest 2.7].
    """
    root = etree.Element(xml.qname(xml.SOAP12, "Fault"), nsmap={prefix: xml.SOAP12})
    node = etree.SubElement(root, xml.qname(xml.SOAP12, "Code"))
    etree.SubElement(node, xml.qname(xml.SOAP12, "Value")).text = f"{prefix}:{code}"
    if subcode is not None:
        sub = etree.SubElement(node, xml.qname(xml.SOAP12, "Subcode"))
        etree.SubElement(sub, xml.qname(xml.SOAP12, "Value")).text = subcode
    words = etree.SubElement(etree.SubElement(root, xml.qname(xml.SOAP12, "Reason")), xml.qname(xml.SOAP12, "Text"))
    words.set(xml.qname(xml.XML, "lang"), lang)
    words.text = reason
    if detail is not None:
        etree.SubElement(root, xml.qname(xml.SOAP12, "Detail")).append(detail)
    return root


def addressing_fault(missing: AddressingMissing, *, prefix: str = "soap") -> etree._Element:
    """The fault for an absent WS-Addressing header [DMP digest 1.2, 9] [WS-Addressing 1.0 SOAP 6.4.2]."""
    detail = etree.Element(xml.qname(xml.WSA, "ProblemHeaderQName"), nsmap={"wsa": xml.WSA})
    detail.text = f"wsa:{missing.header}"
    return fault(
        "Sender",
        f"Un en-tête WS-Addressing obligatoire est absent du message : {missing.header}.",
        subcode="wsa:MessageAddressingHeaderRequired",
        detail=detail,
        prefix=prefix,
    )


def read_fault(body: etree._Element) -> Fault | None:
    """Read the fault in the body of an answer, of either version; None when the element is not a fault."""
    if body.tag == xml.qname(xml.SOAP11, "Fault"):
        code = xml.text(body.find("faultcode")).rpartition(":")[2]
        head, _, tail = code.partition(".")
        detail = body.find("detail")
        text = xml.text(body.find("faultstring"))
        return Fault(_FAULT_CODES.get(head, head), tail, text, "", _first(detail))
    if body.tag != xml.qname(xml.SOAP12, "Fault"):
        return None
    words = body.find("soap:Reason/soap:Text", xml.NS)
    return Fault(
        code=xml.find_text(body, "soap:Code/soap:Value").rpartition(":")[2],
        subcode=xml.find_text(body, "soap:Code/soap:Subcode/soap:Value").rpartition(":")[2],
        reason=xml.text(words),
        lang=words.get(xml.qname(xml.XML, "lang"), "") if words is not None else "",
        detail=_first(body.find("soap:Detail", xml.NS)),
    )


def _first(element: etree._Element | None) -> etree._Element | None:
    return next(xml.children(element), None) if element is not None else None

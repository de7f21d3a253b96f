"""Safe reading and writing of XML: no DTD, no entity, no network, bounded size.

lxml does the parsing. defusedxml was considered: its lxml module is withdrawn, and the few lines here also say *why* a
document is refused.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from typing import Final, cast

from lxml import etree

SOAP12: Final = "http://www.w3.org/2003/05/soap-envelope"
SOAP11: Final = "http://schemas.xmlsoap.org/soap/envelope/"
WSA: Final = "http://www.w3.org/2005/08/addressing"
WSSE: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
SAML2: Final = "urn:oasis:names:tc:SAML:2.0:assertion"
DS: Final = "http://www.w3.org/2000/09/xmldsig#"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
XS: Final = "http://www.w3.org/2001/XMLSchema"
XML: Final = "http://www.w3.org/XML/1998/namespace"
XOP: Final = "http://www.w3.org/2004/08/xop/include"
HL7: Final = "urn:hl7-org:v3"
DMP_HABILITATIONS: Final = "urn:si-dmp-habilitations"
DMP_PATIENTS: Final = "urn:si-dmp-patients"
XDSB: Final = "urn:ihe:iti:xds-b:2007"
LCM: Final = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"
RIM: Final = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
RS: Final = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0"
QUERY: Final = "urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0"
XADES111: Final = "http://uri.etsi.org/01903/v1.1.1#"
XADES132: Final = "http://uri.etsi.org/01903/v1.3.2#"

NS: Final[dict[str, str]] = {
    "soap": SOAP12,
    "soap11": SOAP11,
    "wsa": WSA,
    "wsse": WSSE,
    "wsu": WSU,
    "saml2": SAML2,
    "ds": DS,
    "xsi": XSI,
    "xs": XS,
    "xop": XOP,
    "hl7": HL7,
    "hab": DMP_HABILITATIONS,
    "pat": DMP_PATIENTS,
    "xdsb": XDSB,
    "lcm": LCM,
    "rim": RIM,
    "rs": RS,
    "query": QUERY,
}
"""Prefixes for XPath and `find`: `element.find("soap:Body", NS)`."""

DEFAULT_MAX_BYTES: Final = 20 * 1024 * 1024
"""Largest XML text read unless told otherwise: the upper bound of a DMP document, in bytes."""

_PROLOG = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)


class XmlRefused(ValueError):
    """The bytes are not XML we accept; `reason` says why and what to do, `line` (1-based) where, when known."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        self.reason = reason
        self.line = line
        super().__init__(f"xml: {reason}" if line is None else f"xml, line {line}: {reason}")


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=False,
    )


def parse(data: bytes | bytearray | memoryview, *, max_bytes: int = DEFAULT_MAX_BYTES) -> etree._Element:
    """Parse one XML document and return its root element.

    Raise `XmlRefused` when the data is empty, larger than `max_bytes`, not well-formed (with the line), or holds a
    DOCTYPE: no national message has one, and entities, external files and default attributes come in through it.
    """
    size = data.nbytes if isinstance(data, memoryview) else len(data)
    if size == 0:
        raise XmlRefused("the document is empty")
    if size > max_bytes:
        raise XmlRefused(f"the document has {size} bytes, at most {max_bytes} are accepted")
    text = data if isinstance(data, bytes) else bytes(data)
    prolog = _PROLOG.match(text)
    if prolog is not None and text[prolog.end() : prolog.end() + 9].upper() == b"<!DOCTYPE":
        raise XmlRefused("a DOCTYPE is not accepted, remove it", text.count(b"\n", 0, prolog.end()) + 1)
    try:
        root = etree.fromstring(text, _parser())
    except etree.XMLSyntaxError as error:
        raise XmlRefused(f"not well-formed: {error.msg}", error.lineno) from None
    except ValueError as error:
        raise XmlRefused(f"not readable: {error}") from None
    # NOTE: the look at the prolog spares the work; this one also holds for encodings the first look cannot read.
    if root.getroottree().docinfo.internalDTD is not None:
        raise XmlRefused("a DOCTYPE is not accepted, remove it")
    return root


def serialize(element: etree._Element, *, declaration: bool = False, pretty: bool = False) -> bytes:
    """Write the element (without its tail) as UTF-8; not indented unless asked, since blanks break signatures."""
    return etree.tostring(element, encoding="UTF-8", xml_declaration=declaration, pretty_print=pretty, with_tail=False)


def serialize_around(text: bytes, around: Callable[[etree._Element], etree._Element]) -> bytes:
    """Write the tree that `around` makes about the element it gets, with `text` in the place of that element.

    For a large part that is written already: it is copied as it is, so it declares the prefixes it uses.
    """
    name = f"place-{secrets.token_hex(16)}"  # nobody can have written it into the tree
    head, found, tail = serialize(around(etree.Element(name))).partition(f"<{name}/>".encode())
    if not found:
        raise ValueError("the tree does not hold the element it was made around")
    return b"".join((head, text, tail))


def qname(namespace: str, local: str) -> str:
    """The name in Clark notation, `{namespace}local`."""
    return f"{{{namespace}}}{local}"


def as_default(namespace: str, **prefixes: str) -> dict[str, str]:
    """The `nsmap` that makes the namespace the default one; lxml wants the key None, its type stubs do not know it."""
    return cast("dict[str, str]", {None: namespace, **prefixes})


def local_name(element: etree._Element) -> str:
    """The name of the element without its namespace; empty for a comment or a processing instruction."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def namespace(element: etree._Element) -> str:
    """The namespace URI of the element, empty when it has none."""
    tag = element.tag
    return tag[1:].partition("}")[0] if isinstance(tag, str) and tag.startswith("{") else ""


def children(element: etree._Element) -> Iterator[etree._Element]:
    """The child elements, without comments and processing instructions."""
    return (child for child in element if isinstance(child.tag, str))


def text(element: etree._Element | None) -> str:
    """The whole character content of the element, stripped; empty when the element is absent or empty.

    All text nodes are joined: a comment in the middle must not cut a value short (a known trick against SAML readers).
    """
    if element is None:
        return ""
    if len(element) == 0:
        return (element.text or "").strip()
    return "".join(piece for piece in element.itertext(etree.Element) if isinstance(piece, str)).strip()


def find_text(element: etree._Element, path: str) -> str:
    """`text` of the first descendant at `path` (prefixes of `NS`); empty when there is none."""
    return text(element.find(path, NS))

"""Documents that carry the stylesheet of their producer: a harmless one and two that must not run."""

from __future__ import annotations

from lxml import etree

_XSL = "http://www.w3.org/1999/XSL/Transform"
_GOOD = '<p class="producteur"><xsl:value-of select="//hl7:title"/></p>'
_SCRIPT = "<script>alert(document.cookie)</script>"


def with_stylesheet(document: bytes, *, body: str = _GOOD) -> bytes:
    """The document inside a stylesheet that shows it, which is the root of a self-presenting document."""
    sheet = (
        f'<xsl:stylesheet version="1.0" xmlns:xsl="{_XSL}" xmlns:hl7="urn:hl7-org:v3" exclude-result-prefixes="hl7">'
        f'<xsl:template match="/"><html><body>{body}</body></html></xsl:template></xsl:stylesheet>'
    )
    root = etree.fromstring(sheet)
    root.append(etree.fromstring(document))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def with_script(document: bytes) -> bytes:
    """The same with a script in what it makes."""
    return with_stylesheet(document, body=_SCRIPT)


def with_external_entity(document: bytes) -> bytes:
    """The same with an entity that reads a file of the reader's machine."""
    return b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>' + etree.tostring(
        etree.fromstring(with_stylesheet(document, body="<p>trait</p>"))
    ).replace(b"trait", b"&f;")

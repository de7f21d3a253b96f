"""How a software shows an integrated CDA: the producer's stylesheet where it is harmless, our own page otherwise.

A self-presenting document (root `xsl:stylesheet`) carries its producer's stylesheet [DMP digest 5.1, CDA/VISU.01]. It
runs without files, network or extensions, and what it makes is shown only when nothing in it could run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from segur.cda.render import render
from segur.wire import cda, xml

_XSL = "{http://www.w3.org/1999/XSL/Transform}"
_FETCHING = frozenset({f"{_XSL}import", f"{_XSL}include"})
_DOCUMENT = re.compile(r"\b(document|unparsed-text|system-property)\s*\(")
_RUNNING = frozenset({"script", "iframe", "object", "embed", "form", "base", "link", "meta"})
_DENIED = etree.XSLTAccessControl.DENY_ALL  # type: ignore[attr-defined]  # the stubs lack it
"""No file, no network."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A page, `by` whom it is laid out (`producteur`, `visualiseur`), and why a producer's stylesheet was not used."""

    page: str
    by: str
    refused: str = ""


def show(content: bytes) -> Shown:
    """The page of a document; raise `CdaRefused` for bytes that are no CDA (an external entity among others)."""
    document, wrapping = cda.clinical_document(content)
    if wrapping != "stylesheet":
        return Shown(render(content), "visualiseur")
    try:
        return Shown(_transformed(xml.parse(content), document), "producteur")
    except _Hostile as reason:
        return Shown(render(content), "visualiseur", str(reason))


class _Hostile(ValueError):
    """A stylesheet that may not run, or whose page may not be shown."""


def _transformed(sheet: etree._Element, document: etree._Element) -> str:
    for element in sheet.iter(etree.Element):
        if element.tag in _FETCHING:
            raise _Hostile("elle va chercher d'autres feuilles de style")
        if any(_DOCUMENT.search(str(value)) for value in element.attrib.values()):
            raise _Hostile("elle va chercher d'autres fichiers")
    bare = etree.fromstring(etree.tostring(sheet))
    for inside in list(bare.iter(f"{{{xml.HL7}}}ClinicalDocument")):
        parent = inside.getparent()
        if parent is not None:
            parent.remove(inside)
    alone = etree.fromstring(etree.tostring(document))
    try:
        page = etree.XSLT(bare, access_control=_DENIED)(alone)
    except (etree.XSLTParseError, etree.XSLTApplyError) as error:
        raise _Hostile(f"elle ne s'applique pas : {error}") from error
    root = page.getroot()
    if root is None:
        raise _Hostile("elle ne produit aucune page")
    for element in root.iter(etree.Element):
        name = etree.QName(element).localname.lower()
        active = [key for key, value in element.attrib.items() if _is_active(str(key), str(value))]
        if name in _RUNNING or active:
            raise _Hostile(f"elle produit du contenu actif ({name})")
    return str(etree.tostring(root, encoding="unicode", method="html"))


def _is_active(name: str, value: str) -> bool:
    local = etree.QName(name).localname.lower()
    return local.startswith("on") or (local in ("href", "src") and not value.startswith(("#", "data:image/")))

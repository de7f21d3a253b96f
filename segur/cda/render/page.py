"""The page of a document: header, embedded file or PDF copy, sections."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import Final

from lxml.etree import _Element

from segur.cda.render.markup import Node, document, tag
from segur.cda.render.media import shown
from segur.cda.render.narrative import Narrative
from segur.cda.render.summary import summary
from segur.wire import cda, xml

_STYLE: Final = files("segur.cda.render").joinpath("page.css").read_text("utf-8")
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        f"style-src 'sha256-{_STYLE_HASH}'",
        "img-src data:",
        "object-src data:",
        "frame-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    )
)
"""The policy a door sends with the page; a page kept in a file carries it too."""

_DEEPEST_HEADING: Final = 6
_PDF_COPY: Final = "1.2.250.1.213.1.1.2.243"
_PRODUCER_STYLE: Final = (
    "Ce document porte une feuille de style de son producteur. Elle n'est pas exécutée : la présentation est celle de "
    "ce visualiseur."
)


def render(content: bytes, *, max_bytes: int = xml.DEFAULT_MAX_BYTES) -> str:
    """The document as one HTML page that needs no other file and can run nothing.

    Raise `CdaRefused` for bytes that are not a CDA or lack what its header must at least say (`cda.read_header`).
    """
    root, wrapping = cda.clinical_document(content, max_bytes=max_bytes)
    header = cda.header_of(root, wrapping)
    main = tag("main", *summary(header))
    if wrapping == "stylesheet":
        main.append(tag("p", _PRODUCER_STYLE, class_="notice"))
    file = _embedded(root)
    if file is not None:
        main.append(tag("h2", "Copie PDF du document" if header.level == cda.STRUCTURED else "Contenu"))
        main.append(file)
    narrative = Narrative(root)
    for section in root.iterfind("hl7:component/hl7:structuredBody/hl7:component/hl7:section", xml.NS):
        _add_section(main, section, narrative, 2)
    main.append(tag("footer", f"Identifiant du document : {header.id}"))
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=CONTENT_SECURITY_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", header.title or "Document"),
        tag("style", _STYLE),
    )
    return document(tag("html", head, tag("body", main), lang=header.language[:2].lower() or "fr"))


def _embedded(root: _Element) -> Node | None:
    try:
        file = cda.embedded_file_of(root)
    except cda.CdaRefused as refusal:
        return tag("p", f"Le fichier porté par ce document est illisible ({refusal}).", class_="notice")
    return None if file is None else shown(file, "Fichier du document")


def _add_section(main: Node, section: _Element, narrative: Narrative, depth: int) -> None:
    title, text = section.find("hl7:title", xml.NS), section.find("hl7:text", xml.NS)
    is_copy = any(one.get("root") == _PDF_COPY for one in section.iterfind("hl7:templateId", xml.NS))
    if not is_copy:  # already shown, above the sections
        coded = section.find("hl7:code", xml.NS)
        label = " ".join(xml.text(title).split()) or ("" if coded is None else coded.get("displayName", ""))
        main.append(tag(f"h{min(depth, _DEEPEST_HEADING)}", label or "Section sans titre"))
        if text is not None:
            main.append(narrative.block(text))
        main.extend(narrative.unnamed_figures(section))
    for inner in section.iterfind("hl7:component/hl7:section", xml.NS):
        _add_section(main, inner, narrative, depth + 1)

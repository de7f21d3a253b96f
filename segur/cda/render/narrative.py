"""The narrative block of a section (CDA R2 NarrativeBlock) as HTML, from a list of known elements.

An element we do not know gives its text only. Addresses are never active: a link inside the document works, any other
is written out beside its text, so that a reader sees where it would have led.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from lxml.etree import _Element

from segur.cda.render.markup import Node, append, tag
from segur.cda.render.media import decoded, shown
from segur.wire import cda, xml

_FIGURE: Final = xml.qname(xml.HL7, "observationMedia")

_PLAIN: Final = frozenset({"paragraph", "item", "caption", "tbody", "tr", "sub", "sup", "br", "footnote", "tfoot"})
_NAMES: Final = {"paragraph": "p", "item": "li", "footnote": "small"}
_STYLES: Final = {"bold": "b", "italics": "i", "bolditalics": "b i", "underline": "u", "emphasis": "i"}
_ORDERED: Final = "ordered"
_MOST_CELLS: Final = 200
_ANCHOR = re.compile(r"[^A-Za-z0-9_.-]")
_IDENTIFIER: Final = "n-"


class Narrative:
    """Turns narrative blocks of one document into HTML; knows its figures (`observationMedia`) by their ID."""

    def __init__(self, root: _Element) -> None:
        self._figures: Mapping[str, _Element] = {
            identifier: figure for figure in root.iter(_FIGURE) if (identifier := figure.get("ID"))
        }
        self._named = {
            identifier
            for reference in root.iter(xml.qname(xml.HL7, "renderMultiMedia"))
            for identifier in reference.get("referencedObject", "").split()
        }
        self._makers: Mapping[str, Callable[[_Element], Node]] = {
            "content": self._content,
            "list": self._list,
            "table": self._table,
            "thead": self._head,
            "th": self._cell,
            "td": self._cell,
            "linkHtml": self._link,
            "renderMultiMedia": self._figure,
            "footnoteRef": self._footnote_reference,
        }

    def block(self, text: _Element) -> Node:
        """A `section/text` as a block of the page."""
        return self._fill(tag("div", class_="narrative"), text)

    def unnamed_figures(self, section: _Element) -> Iterator[Node]:
        """The files of a section that its text does not mention: a reader must not miss an attached document."""
        for entry in section.iterfind("hl7:entry", xml.NS):
            for figure in entry.iter(_FIGURE):
                if figure.get("ID") not in self._named:
                    yield self._shown(figure)

    def _fill(self, node: Node, source: _Element) -> Node:
        append(node, source.text)
        for child in source:
            if isinstance(child.tag, str):
                append(node, self._node(child))
            append(node, child.tail)
        return node

    def _node(self, source: _Element) -> Node:
        name = xml.local_name(source)
        make = self._makers.get(name)
        if make is not None:
            return make(source)
        return self._fill(self._tag(_NAMES.get(name, name) if name in _PLAIN else "span", source), source)

    def _tag(self, name: str, source: _Element) -> Node:
        identifier = source.get("ID")
        return tag(name, id=anchor(identifier) if identifier else None, class_=_classes(source) or None)

    def _content(self, source: _Element) -> Node:
        name = {"insert": "ins", "delete": "del"}.get(source.get("revised", ""), "span")
        return self._fill(self._tag(name, source), source)

    def _list(self, source: _Element) -> Node:
        node = self._tag("ol" if source.get("listType") == _ORDERED else "ul", source)
        for child in xml.children(source):
            # a list of HTML holds items only: its caption becomes the first of them, without a mark
            item = self._node(child)
            append(node, item if item.tag == "li" else tag("li", item, class_="caption"))
        return node

    def _table(self, source: _Element) -> Node:
        node = self._tag("table", source)
        for child in xml.children(source):
            name = xml.local_name(child)
            if name in ("caption", "thead", "tbody", "tfoot"):
                append(node, self._node(child))
            elif name == "tr":
                append(node, tag("tbody", self._node(child)))
        # a wide table scrolls by itself, on a telephone too
        return tag("div", node, class_="table", tabindex="0", role="group", aria_label="Tableau")

    def _head(self, source: _Element) -> Node:
        node = self._tag("thead", source)
        for child in xml.children(source):
            append(node, self._node(child))
        return node

    def _cell(self, source: _Element) -> Node:
        node = self._tag(xml.local_name(source), source)
        for name in ("colspan", "rowspan"):
            value = source.get(name, "")
            if value.isascii() and value.isdigit() and 1 < int(value[:4]) <= _MOST_CELLS:
                node.set(name, str(int(value[:4])))
        return self._fill(node, source)

    def _link(self, source: _Element) -> Node:
        address = source.get("href", "").strip()
        if address.startswith("#") and len(address) > 1:
            return self._fill(tag("a", href=f"#{anchor(address[1:])}"), source)
        node = self._fill(tag("span", class_="link"), source)
        if address and address not in xml.text(source):
            append(node, tag("span", f" [{address[:200]}]", class_="address"))
        return node

    def _footnote_reference(self, source: _Element) -> Node:
        return tag("sup", tag("a", "note", href=f"#{anchor(source.get('IDREF', ''))}"))

    def _figure(self, source: _Element) -> Node:
        node = self._tag("figure", source)
        for identifier in source.get("referencedObject", "").split():
            append(node, self._picture(identifier))
        caption = "".join(xml.text(child) for child in xml.children(source))
        if caption:
            append(node, tag("figcaption", caption))
        return node

    def _picture(self, identifier: str) -> Node:
        figure = self._figures.get(identifier)
        if figure is None:
            return tag("p", f"Image « {identifier[:60]} » absente du document.", class_="notice")
        return self._shown(figure)

    def _shown(self, figure: _Element) -> Node:
        value = figure.find("hl7:value", xml.NS)
        if value is None or value.get("representation") != "B64":
            return tag("p", "Fichier tenu hors du document : il n'est pas cherché.", class_="notice")
        return shown(cda.EmbeddedFile(value.get("mediaType", ""), decoded(xml.text(value))), "Fichier du document")


def anchor(identifier: str) -> str:
    """The id of an element of the page for an ID of the document; it cannot meet an id of ours."""
    return _IDENTIFIER + _ANCHOR.sub("_", identifier)[:100]


def _classes(source: _Element) -> str:
    return " ".join(_class_names(source))


def _class_names(source: _Element) -> Iterator[str]:
    for style in source.get("styleCode", "").lower().split():
        if style in _STYLES:
            yield _STYLES[style]
    if source.get("align") in ("center", "right"):
        yield source.get("align", "")

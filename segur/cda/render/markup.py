"""HTML elements, made one by one: text is text, whatever it looks like."""

from __future__ import annotations

from lxml import etree

Node = etree._Element


def tag(name: str, /, *content: Node | str | None, **attributes: str | None) -> Node:
    """An element; `class_` is the attribute `class`, `data_x` is `data-x`; `None` is left out."""
    element = etree.Element(name)
    for key, value in attributes.items():
        if value is not None:
            element.set(key.rstrip("_").replace("_", "-"), value)
    for part in content:
        append(element, part)
    return element


def append(element: Node, part: Node | str | None) -> None:
    """Put a text or an element at the end of another."""
    if part is None:
        return
    if not isinstance(part, str):
        element.append(part)
    elif len(element):
        element[-1].tail = (element[-1].tail or "") + part
    else:
        element.text = (element.text or "") + part


def document(root: Node) -> str:
    """The page as text."""
    return "<!DOCTYPE html>\n" + etree.tostring(root, method="html", encoding="unicode") + "\n"

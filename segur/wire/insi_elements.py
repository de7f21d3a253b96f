"""Elements of INSi's messages: by local name and in any order, since official fixtures swap elements and prefixes."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from segur.wire import soap, xml


def child(element: etree._Element | None, local: str) -> etree._Element | None:
    """The first child of that local name, None when there is none."""
    children = xml.children(element) if element is not None else iter(())
    return next((child for child in children if xml.local_name(child) == local), None)


def text(element: etree._Element | None, local: str) -> str:
    """The text of the child of that local name, empty without one."""
    return xml.text(child(element, local))


def add_texts(parent: etree._Element, items: Sequence[tuple[str, str]]) -> None:
    """Add children in the namespace of the parent, leaving the empty ones out."""
    for local, value in items:
        if value:
            etree.SubElement(parent, xml.qname(xml.namespace(parent), local)).text = value


def call(
    body: etree._Element,
    action: str,
    *,
    message_id: str,
    headers: Sequence[etree._Element] = (),
    assertion: etree._Element | None = None,
) -> etree._Element:
    """The envelope of a call; `headers` are those of `insi.write_contexts`, the assertion that of the CPx mode only."""
    return soap.write_envelope(
        body, action=action, message_id=message_id, to=None, reply_to=None, assertion=assertion, headers=headers
    )

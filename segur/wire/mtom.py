"""MTOM/XOP packages: one XML root and its attachments, kept apart so that a document is never turned into base64.

A plain SOAP message with its document inline in base64 is read too. Source: [DMP digest 1.2, 1.6], W3C XOP 1.0.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from urllib.parse import quote, unquote

from lxml import etree

from segur.wire import multipart, xml
from segur.wire.multipart import Buffer, HeaderValue, MultipartRefused

ROOT_ID: Final = "root@segurstack"
SOAP_TYPE: Final = "application/soap+xml"
_INCLUDE: Final = xml.qname(xml.XOP, "Include")


class AttachmentMissing(MultipartRefused):
    """An `xop:Include` names a part that is not in the package; `cid` is its decoded name."""

    def __init__(self, cid: str) -> None:
        self.cid = cid
        super().__init__(f"xop:Include: no part has the Content-ID <{cid}>")


@dataclass(frozen=True, slots=True)
class Attachment:
    """An attachment to send: its Content-ID without brackets, its bytes, its media type."""

    cid: str
    data: Buffer
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Message:
    """What was received: the root element, the attachments by Content-ID, and whether it came as a MIME package."""

    root: etree._Element
    attachments: Mapping[str, memoryview] = field(default_factory=lambda: MappingProxyType({}))
    packaged: bool = False

    def content_of(self, element: etree._Element) -> memoryview:
        """The bytes an element such as `Document` stands for: those of its `xop:Include`, else its base64 text.

        Raise `AttachmentMissing` when the part is not there, `MultipartRefused` when the text is not base64.
        """
        cid = included_cid(element)
        if cid is not None:
            found = self.attachments.get(cid)
            if found is None:
                raise AttachmentMissing(cid)
            return found
        try:
            text = "".join(xml.text(element).split())
            return memoryview(binascii.a2b_base64(text, strict_mode=True))
        except ValueError as error:
            name = xml.local_name(element)
            raise MultipartRefused(f"{name}: neither an xop:Include nor readable base64 ({error})") from None


def included_cid(element: etree._Element) -> str | None:
    """The percent-decoded Content-ID of the `xop:Include` in the element, None when there is no such child.

    Raise `MultipartRefused` for an `href` that is not a `cid:` URL.
    """
    include = element.find(_INCLUDE)
    if include is None:
        return None
    href = include.get("href", "")
    if href[:4].lower() != "cid:":
        raise MultipartRefused(f"xop:Include: href must be a cid: URL, got {href[:80]!r}")
    return multipart.strip_brackets(unquote(href[4:]))


def read(
    content_type: str,
    body: Buffer,
    *,
    max_xml_bytes: int = xml.DEFAULT_MAX_BYTES,
    max_parts: int = multipart.DEFAULT_MAX_PARTS,
) -> Message:
    """Read an MTOM package, or a plain XML message when the type is not multipart.

    The root is the part named by `start`, else the first one. Attachments are views of `body`. An inline base64 text is
    bound to 10 MB by the XML parser. Raise `MultipartRefused` (truncated, no such root, two parts of one name) or
    `segur.wire.xml.XmlRefused`.
    """
    header = HeaderValue.parse(content_type)
    if not header.value.startswith("multipart/"):
        return Message(xml.parse(body, max_bytes=max_xml_bytes))
    parts = multipart.parse(content_type, body, max_parts=max_parts)
    start = multipart.strip_brackets(header.parameters.get("start", ""))
    root = next((part for part in parts if part.content_id == start), None) if start else parts[0]
    if root is None:
        raise MultipartRefused(f"Content-Type: start names <{start}>, no part has this Content-ID")
    attachments: dict[str, memoryview] = {}
    for part in parts:
        if part is root:
            continue
        if part.content_id in attachments:
            raise MultipartRefused(f"two parts have the Content-ID <{part.content_id}>")
        if part.content_id:
            attachments[part.content_id] = part.body
    return Message(xml.parse(root.body, max_bytes=max_xml_bytes), MappingProxyType(attachments), packaged=True)


def inclusion(cid: str) -> etree._Element:
    """The `xop:Include` element that stands for the attachment."""
    return etree.Element(_INCLUDE, {"href": "cid:" + quote(cid, safe="@")}, nsmap={"xop": xml.XOP})


def build(
    root: etree._Element,
    attachments: Sequence[Attachment] = (),
    *,
    action: str | None = None,
    boundary: str | None = None,
    root_id: str = ROOT_ID,
) -> tuple[str, Iterator[Buffer]]:
    """Make an MTOM package, request or answer; return its `Content-Type` and the chunks to send.

    The document bytes are yielded as given, so a stored file can leave without a copy.
    """
    root_type = HeaderValue("application/xop+xml", {"charset": "UTF-8", "type": SOAP_TYPE})
    parts: list[tuple[dict[str, str], Buffer]] = [
        (
            {"Content-Type": str(root_type), "Content-Transfer-Encoding": "binary", "Content-ID": f"<{root_id}>"},
            xml.serialize(root),
        )
    ]
    for attachment in attachments:
        headers = {
            "Content-Type": attachment.media_type,
            "Content-Transfer-Encoding": "binary",
            "Content-ID": f"<{attachment.cid}>",
        }
        parts.append((headers, attachment.data))
    parameters = {"type": "application/xop+xml", "start": f"<{root_id}>", "start-info": SOAP_TYPE}
    if action is not None:
        parameters["action"] = action
    return multipart.build(parts, parameters=parameters, boundary=boundary)

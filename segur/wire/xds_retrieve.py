"""The messages of ITI-43: documents asked for by their unique ids, and answered. [DMP digest 1.8]"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree
from lxml.etree import _Element

from segur.wire import xml
from segur.wire.xds_messages import (
    RegistryResponse,
    expect,
    put_bytes,
    read_bytes,
    read_registry_response,
    write_registry_response,
)
from segur.wire.xds_values import MetadataRefused


@dataclass(frozen=True, slots=True)
class DocumentRequest:
    """One document asked for in ITI-43."""

    repository_unique_id: str
    document_unique_id: str
    home_community_id: str = ""


@dataclass(frozen=True, slots=True)
class RetrievedDocument:
    """One document answered in ITI-43; the bytes inline or in a MIME part, as in `DocumentPart`."""

    repository_unique_id: str
    document_unique_id: str
    mime_type: str
    content: bytes | None = None
    content_id: str = ""
    home_community_id: str = ""


@dataclass(frozen=True, slots=True)
class RetrieveResponse:
    """An ITI-43 answer."""

    response: RegistryResponse
    documents: tuple[RetrievedDocument, ...] = ()


def read_retrieve_request(element: _Element) -> tuple[DocumentRequest, ...]:
    """Read a RetrieveDocumentSetRequest; raise `MetadataRefused` when it is empty or an identifier is missing."""
    expect(element, xml.XDSB, "RetrieveDocumentSetRequest")
    requests = tuple(
        DocumentRequest(_child(item, "RepositoryUniqueId"), _child(item, "DocumentUniqueId"), _home(item))
        for item in element.findall("xdsb:DocumentRequest", xml.NS)
    )
    if not requests:
        raise MetadataRefused("DocumentRequest", "at least one is required", code="XDSRepositoryError")
    return requests


def write_retrieve_request(requests: Iterable[DocumentRequest]) -> _Element:
    """Write a RetrieveDocumentSetRequest."""
    element = etree.Element(xml.qname(xml.XDSB, "RetrieveDocumentSetRequest"), nsmap={"xdsb": xml.XDSB})
    for request in requests:
        item = etree.SubElement(element, xml.qname(xml.XDSB, "DocumentRequest"))
        _put_keys(item, request)
    return element


def read_retrieve_response(element: _Element) -> RetrieveResponse:
    """Read a RetrieveDocumentSetResponse."""
    expect(element, xml.XDSB, "RetrieveDocumentSetResponse")
    registry = element.find("rs:RegistryResponse", xml.NS)
    if registry is None:
        raise MetadataRefused("RegistryResponse", "missing in RetrieveDocumentSetResponse")
    documents = []
    for item in element.findall("xdsb:DocumentResponse", xml.NS):
        keys = _child(item, "RepositoryUniqueId"), _child(item, "DocumentUniqueId")
        mime_type = xml.find_text(item, "xdsb:mimeType")
        holder = item.find("xdsb:Document", xml.NS)
        if holder is None:
            raise MetadataRefused("Document", f"missing in the DocumentResponse of {keys[1]}")
        documents.append(RetrievedDocument(*keys, mime_type, *read_bytes(holder), _home(item)))
    return RetrieveResponse(read_registry_response(registry), tuple(documents))


def write_retrieve_response(answer: RetrieveResponse) -> _Element:
    """Write a RetrieveDocumentSetResponse; documents as xop:Include or inline base64."""
    element = etree.Element(xml.qname(xml.XDSB, "RetrieveDocumentSetResponse"), nsmap={"xdsb": xml.XDSB})
    element.append(write_registry_response(answer.response))
    for document in answer.documents:
        item = etree.SubElement(element, xml.qname(xml.XDSB, "DocumentResponse"))
        _put_keys(item, document)
        etree.SubElement(item, xml.qname(xml.XDSB, "mimeType")).text = document.mime_type
        holder = etree.SubElement(item, xml.qname(xml.XDSB, "Document"))
        put_bytes(holder, document.content, document.content_id)
    return element


def _child(item: _Element, name: str) -> str:
    value = xml.find_text(item, f"xdsb:{name}")
    if not value:
        raise MetadataRefused(name, f"missing in {xml.local_name(item)}", code="XDSRepositoryError")
    return value


def _home(item: _Element) -> str:
    return xml.find_text(item, "xdsb:HomeCommunityId")


def _put_keys(item: _Element, keys: DocumentRequest | RetrievedDocument) -> None:
    if keys.home_community_id:
        etree.SubElement(item, xml.qname(xml.XDSB, "HomeCommunityId")).text = keys.home_community_id
    etree.SubElement(item, xml.qname(xml.XDSB, "RepositoryUniqueId")).text = keys.repository_unique_id
    etree.SubElement(item, xml.qname(xml.XDSB, "DocumentUniqueId")).text = keys.document_unique_id

"""The messages of ITI-41, ITI-18 and ITI-57 around the metadata: requests, answers, errors.

Every function takes or gives the element that stands in the SOAP body. [DMP digest 1.6, 1.7, 1.8]
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote

from lxml import etree
from lxml.etree import _Element

from segur.wire import xds_uuids as ids
from segur.wire import xml
from segur.wire.xds_read import read_objects, read_submission
from segur.wire.xds_values import Association, DocumentEntry, MetadataRefused, Submission, SubmissionSet
from segur.wire.xds_write import objects_text, write_objects, write_submission


@dataclass(frozen=True, slots=True)
class DocumentPart:
    """The bytes of one document, inline (`content`) or in the MIME part named by `content_id` (without `cid:`, <>)."""

    id: str
    content: bytes | None = None
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class ProvideAndRegister:
    """An ITI-41 request: metadata, and where the bytes of each document are (`DocumentPart.id` = entry_uuid)."""

    submission: Submission
    documents: tuple[DocumentPart, ...]


@dataclass(frozen=True, slots=True)
class RegistryError:
    """One error or warning of a registry answer."""

    code: str
    context: str
    severity: str = ids.SEVERITY_ERROR
    location: str = ""


@dataclass(frozen=True, slots=True)
class RegistryResponse:
    """Status (`xds_uuids.SUCCESS`, `PARTIAL_SUCCESS`, `FAILURE`) and errors."""

    status: str = ids.SUCCESS
    errors: tuple[RegistryError, ...] = ()

    @property
    def succeeded(self) -> bool:
        """True for a complete success only."""
        return self.status == ids.SUCCESS

    @classmethod
    def failure(cls, *errors: RegistryError) -> RegistryResponse:
        """A Failure with its errors."""
        return cls(ids.FAILURE, errors)

    @classmethod
    def refused(cls, refusal: MetadataRefused) -> RegistryResponse:
        """A Failure saying what the refusal says."""
        return cls.failure(RegistryError(refusal.code, refusal.context))


@dataclass(frozen=True, slots=True)
class QueryResponse:
    """An ITI-18 answer: objects (LeafClass) or their ids (`references`, ObjectRef)."""

    response: RegistryResponse = RegistryResponse()
    entries: tuple[DocumentEntry, ...] = ()
    submission_sets: tuple[SubmissionSet, ...] = ()
    associations: tuple[Association, ...] = ()
    references: tuple[str, ...] = ()


def read_provide_and_register(element: _Element) -> ProvideAndRegister:
    """Read a ProvideAndRegisterDocumentSetRequest.

    Raise `MetadataRefused`: XDSMissingDocument when an entry has no document, XDSMissingDocumentMetadata when a
    document has no entry, and whatever `read_submission` refuses.
    """
    expect(element, xml.XDSB, "ProvideAndRegisterDocumentSetRequest")
    submission = read_submission(element)
    parts = tuple(
        DocumentPart(child.get("id", ""), *read_bytes(child))
        for child in xml.children(element)
        if xml.local_name(child) == "Document"
    )
    provided = [part.id for part in parts]
    described = [entry.entry_uuid for entry in submission.entries]
    for missing in described:
        if missing not in provided:
            context = f"no Document with id {missing!r} for this entry"
            raise MetadataRefused("Document", context, code="XDSMissingDocument")
    for identifier in provided:
        if identifier not in described or provided.count(identifier) > 1:
            context = f"Document {identifier!r} must have exactly one ExtrinsicObject of that id"
            raise MetadataRefused("Document", context, code="XDSMissingDocumentMetadata")
    return ProvideAndRegister(submission, parts)


def write_provide_and_register(request: ProvideAndRegister) -> _Element:
    """Write a ProvideAndRegisterDocumentSetRequest; documents as xop:Include or inline base64, as each part says."""
    element = etree.Element(xml.qname(xml.XDSB, "ProvideAndRegisterDocumentSetRequest"), nsmap={"xdsb": xml.XDSB})
    element.append(write_submission(request.submission))
    for part in request.documents:
        child = etree.SubElement(element, xml.qname(xml.XDSB, "Document"), {"id": part.id})
        put_bytes(child, part.content, part.content_id)
    return element


def read_registry_response(element: _Element) -> RegistryResponse:
    """Read a RegistryResponse, or the status and errors of an AdhocQueryResponse."""
    errors = tuple(
        RegistryError(
            error.get("errorCode", ""),
            error.get("codeContext", ""),
            error.get("severity", ids.SEVERITY_ERROR),
            error.get("location", ""),
        )
        for error in element.iter(xml.qname(xml.RS, "RegistryError"))
    )
    status = element.get("status", "")
    if not status:
        raise MetadataRefused("status", f"missing on {xml.local_name(element)}")
    return RegistryResponse(ids.PARTIAL_SUCCESS if status == ids.PARTIAL_SUCCESS_EBXML else status, errors)


def write_registry_response(response: RegistryResponse) -> _Element:
    """Write an rs:RegistryResponse; the highest severity is computed."""
    element = etree.Element(xml.qname(xml.RS, "RegistryResponse"), {"status": response.status}, nsmap={"rs": xml.RS})
    _put_errors(element, response.errors)
    return element


def read_query_response(element: _Element) -> QueryResponse:
    """Read an AdhocQueryResponse, LeafClass or ObjectRef."""
    expect(element, xml.QUERY, "AdhocQueryResponse")
    response = read_registry_response(element)
    objects = element.find("rim:RegistryObjectList", xml.NS)
    if objects is None:
        return QueryResponse(response)
    sets, entries, associations, references = read_objects(objects)
    return QueryResponse(response, entries, sets, associations, references)


def write_query_response(answer: QueryResponse) -> _Element:
    """Write an AdhocQueryResponse; sets come first, then entries, associations, ObjectRef."""
    element = _query_response(answer)
    element.append(write_objects(_objects(answer), answer.references))
    return element


def query_response_text(answer: QueryResponse) -> bytes:
    """What `write_query_response` writes, serialized: a tenth of the work for an answer of hundreds of objects."""

    def around(place: _Element) -> _Element:
        element = _query_response(answer)
        element.append(place)
        return element

    return xml.serialize_around(objects_text(_objects(answer), answer.references), around)


def _objects(answer: QueryResponse) -> tuple[SubmissionSet | DocumentEntry | Association, ...]:
    return (*answer.submission_sets, *answer.entries, *answer.associations)


def _query_response(answer: QueryResponse) -> _Element:
    attributes = {
        "status": answer.response.status,
        "startIndex": "0",
        "totalResultCount": str(len(_objects(answer)) + len(answer.references)),
    }
    element = etree.Element(xml.qname(xml.QUERY, "AdhocQueryResponse"), attributes, nsmap={"q": xml.QUERY})
    _put_errors(element, answer.response.errors)
    return element


def expect(element: _Element, namespace: str, name: str) -> None:
    """Refuse an element that is not `{namespace}name`."""
    if element.tag != xml.qname(namespace, name):
        raise MetadataRefused(name, f"{{{namespace}}}{name} expected, {element.tag} found")


def read_bytes(holder: _Element) -> tuple[bytes | None, str]:
    """(bytes, "") of an inline base64 document, or (None, content id) of an xop:Include."""
    include = next(xml.children(holder), None)
    if include is not None:
        href = include.get("href", "")
        if include.tag != xml.qname(xml.XOP, "Include") or not href.startswith("cid:"):
            raise MetadataRefused("Document", "xop:Include with an href cid:… or base64 text expected")
        # NOTE: some senders percent-encode the content id, some do not [DMP digest 1.6].
        return None, unquote(href[4:]).strip("<>")
    try:
        return base64.b64decode("".join(xml.text(holder).split()), validate=True), ""
    except (binascii.Error, ValueError) as error:
        raise MetadataRefused("Document", f"not base64: {error}", code="XDSRepositoryError") from error


def put_bytes(holder: _Element, content: bytes | None, content_id: str) -> None:
    """Write an xop:Include when there is a content id, inline base64 otherwise."""
    if content_id:
        include = etree.SubElement(holder, xml.qname(xml.XOP, "Include"), nsmap={"xop": xml.XOP})
        include.set("href", "cid:" + quote(content_id, safe="@.-_~!$&'()*+,;=:"))
    else:
        holder.text = base64.b64encode(content or b"").decode()


def _put_errors(element: _Element, errors: Iterable[RegistryError]) -> None:
    listed = tuple(errors)
    if not listed:
        return
    worst = ids.SEVERITY_ERROR if any(e.severity == ids.SEVERITY_ERROR for e in listed) else ids.SEVERITY_WARNING
    holder = etree.SubElement(element, xml.qname(xml.RS, "RegistryErrorList"), {"highestSeverity": worst})
    for error in listed:
        attributes = {
            "errorCode": error.code, "codeContext": error.context, "location": error.location,
            "severity": error.severity,
        }  # fmt: skip
        etree.SubElement(holder, xml.qname(xml.RS, "RegistryError"), attributes)

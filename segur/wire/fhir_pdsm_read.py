"""Reading PDSm: DocumentReference and ITI-65 Bundle become XDS values. [DMP digest 4.2, 4.4]"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from segur.wire import xds_uuids as ids
from segur.wire.fhir_json import RFC3986, FhirRefused, Node, Resource, scheme_of
from segur.wire.fhir_pdsm_write import IS_ARCHIVED, MHD
from segur.wire.fhir_people import Resolver
from segur.wire.xds_datatypes import reference_id
from segur.wire.xds_values import NO_CODE, Association, Code, DocumentEntry, Submission, SubmissionSet

_STATUS: Final = {"current": ids.APPROVED, "superseded": ids.DEPRECATED, "entered-in-error": ids.DELETED}
_MAX_ENTRIES: Final = 500


@dataclass(frozen=True, slots=True)
class ReceivedBundle:
    """An ITI-65 transaction as a submission.

    `documents` are the bytes by `entry_uuid` (the fullUrl); `request_order` is (resource type, fullUrl or request url)
    of each entry, which the answer must follow. Replaced documents are RPLC associations of the submission.
    """

    submission: Submission
    documents: Mapping[str, bytes]
    request_order: tuple[tuple[str, str], ...]


def submission_from_bundle(bundle: Resource) -> ReceivedBundle:
    """Read an ITI-65 transaction Bundle: one submission-set List, DocumentReferences, Binaries, PATCHes of old ones.

    Raise `FhirRefused` naming the element and the rule.
    """
    root = Node(bundle, "Bundle")
    if root.text("resourceType") != "Bundle" or root.text("type") != "transaction":
        raise FhirRefused("Bundle.type", "a Bundle of type transaction is expected", status=400)
    parts = list(root.items("entry"))
    if len(parts) > _MAX_ENTRIES:
        raise FhirRefused("Bundle.entry", f"{len(parts)} entries, at most {_MAX_ENTRIES} are read", issue="too-long")
    by_url: dict[str, Node] = {}
    order: list[tuple[str, str]] = []
    patched: list[tuple[str, Node]] = []
    kinds: dict[str, list[str]] = {"List": [], "DocumentReference": [], "Binary": []}
    for part in parts:
        resource, request = part.get("resource"), part.get("request")
        kind, method = resource.text("resourceType", required=True), request.text("method", required=True)
        if method == "PATCH" and kind == "Parameters":
            target = request.text("url", required=True)
            patched.append((target, resource))
            order.append((kind, target))
            continue
        url = part.text("fullUrl", required=True)
        if method != "POST" or kind not in kinds:
            raise FhirRefused(part.path, f"{method} of {kind} is not part of this transaction", issue="not-supported")
        if url in by_url:
            raise FhirRefused(f"{part.path}.fullUrl", f"{url} occurs twice")
        by_url[url] = resource
        kinds[kind].append(url)
        order.append((kind, url))
    if len(kinds["List"]) != 1 or not kinds["DocumentReference"]:
        raise FhirRefused("Bundle.entry", "one submission-set List and at least one DocumentReference are required")
    set_url = kinds["List"][0]
    submission_set = _submission_set(by_url[set_url], set_url, by_url)
    entries, links, documents = [], [], {}
    for number, url in enumerate(kinds["DocumentReference"], start=1):
        node = by_url[url]
        entry, replaced = _entry(node, url, by_url)
        # Within a transaction an id of the client's means nothing: the fullUrl is the name, the server gives the id.
        entries.append(replace(entry, entry_uuid=url, status=""))
        documents[url] = _content(node.first("content").get("attachment"), by_url)
        links.append(Association(f"member{number}", ids.HAS_MEMBER, set_url, url, submission_set_status="Original"))
        links += [Association(f"replace{number}", ids.REPLACES, url, target) for target in replaced]
    _check_members(by_url[set_url], kinds["DocumentReference"])
    _check_patches(patched, {link.target for link in links if link.type == ids.REPLACES})
    submission = Submission(submission_set, tuple(entries), tuple(links))
    return ReceivedBundle(submission, MappingProxyType(documents), tuple(order))


def entry_from_document_reference(resource: Resource, *, entry_uuid: str = "") -> tuple[DocumentEntry, tuple[str, ...]]:
    """Read one DocumentReference as (entry, documents it replaces); `entry_uuid` is used when it has no id.

    Raise `FhirRefused` naming the element and the rule.
    """
    return _entry(Node(resource, "DocumentReference"), entry_uuid, {})


def inline_content(resource: Resource) -> bytes:
    """The content of a simplified publish (ITI-105): `attachment.data`, where a url is forbidden. [DMP digest 4.2]"""
    attachment = Node(resource, "DocumentReference").first("content").get("attachment")
    if attachment.get("url"):
        raise FhirRefused(f"{attachment.path}.url", "forbidden in a simplified publish, put the content in data")
    return _content(attachment, {})


def _entry(node: Node, url: str, bundle: Mapping[str, Node]) -> tuple[DocumentEntry, tuple[str, ...]]:
    if node.text("resourceType") != "DocumentReference":
        raise FhirRefused(node.path, "a DocumentReference is expected", status=400)
    people = Resolver(node, bundle)
    content, context = node.first("content"), node.get("context")
    attachment = content.get("attachment")
    if not attachment:
        raise FhirRefused(attachment.path, "required", issue="required")
    period = context.get("period")
    source_id, source_info = people.source_patient(context.get("sourcePatientInfo"))
    identity = node.text("id")
    status = status_of(node)
    size = attachment.get("size").value
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 0):
        raise FhirRefused(f"{attachment.path}.size", "a number of bytes is expected", issue="value", status=400)
    version = node.get("meta").text("versionId")
    entry = DocumentEntry(
        entry_uuid=f"urn:uuid:{identity}" if identity else url,
        unique_id=_unique_id(node.get("masterIdentifier")),
        patient_id=people.patient_id(node.get("subject")),
        mime_type=attachment.text("contentType", required=True),
        type_code=node.get("type").code(),
        class_code=node.first("category").code(),
        format_code=content.get("format").code(),
        facility_type=context.get("facilityType").code(),
        practice_setting=context.get("practiceSetting").code(),
        confidentiality=codes_of(node, "securityLabel"),
        event_codes=codes_of(context, "event"),
        authors=people.authors(node.items("author")),
        title=attachment.text("title", required=True),
        comments=node.text("description"),
        language=attachment.text("language"),
        creation_time=node.time("date", required=True),
        service_start=period.time("start"),
        service_stop=period.time("end"),
        legal_authenticator=people.person(node.get("authenticator")),
        source_patient_id=source_id,
        source_patient_info=source_info,
        reference_ids=tuple(_reference_id(item.get("identifier")) for item in context.items("related")),
        hash=_hash(attachment),
        size=size,
        logical_id=next(
            (item.text("value") for item in node.items("identifier") if item.text("use") == "secondary"), ""
        ),
        version=int(version) if version.isascii() and version.isdigit() else None,
        status=status if identity else "",
    )
    return entry, tuple(_replaced(relation) for relation in node.items("relatesTo"))


def _submission_set(node: Node, url: str, bundle: Mapping[str, Node]) -> SubmissionSet:
    people = Resolver(node, bundle)
    content_type: Code = NO_CODE
    source_id = ""
    for extension in node.items("extension"):
        match extension.text("url").removeprefix(MHD):
            case "ihe-designationType":
                content_type = extension.get("valueCodeableConcept").code()
            case "ihe-sourceId":
                source_id = _bare(extension.get("valueIdentifier").text("value", required=True))
    if not content_type or not source_id:
        rule = "extensions ihe-designationType and ihe-sourceId are required"
        raise FhirRefused(f"{node.path}.extension", rule, issue="required")
    source = node.get("source")
    if not source:
        raise FhirRefused(f"{node.path}.source", "required", issue="required")
    unique = next((item for item in node.items("identifier") if item.text("use") != "official"), None)
    if unique is None:
        raise FhirRefused(f"{node.path}.identifier", "the unique id of the set is required", issue="required")
    return SubmissionSet(
        entry_uuid=url,
        unique_id=_unique_id(unique),
        patient_id=people.patient_id(node.get("subject")),
        source_id=source_id,
        submission_time=node.time("date", required=True),
        content_type=content_type,
        authors=(people.author(source),),
        title=node.text("title"),
        comments=node.first("note").text("text"),
    )


def status_of(node: Node) -> str:
    """The XDS status a DocumentReference's status and isArchived extension say."""
    status = node.text("status", required=True)
    if status not in _STATUS:
        raise FhirRefused(f"{node.path}.status", f"{status!r}: one of {', '.join(_STATUS)} is expected", issue="value")
    archived = any(
        item.text("url") == IS_ARCHIVED and item.get("valueBoolean").value is True for item in node.items("extension")
    )
    return ids.ARCHIVED if archived and status == "current" else _STATUS[status]


def _unique_id(identifier: Node) -> str:
    if not identifier:
        raise FhirRefused(identifier.path, "required", issue="required")
    system, value = identifier.text("system"), identifier.component("value", required=True)
    if system in ("", RFC3986):
        return _bare(value)
    return f"{scheme_of(system)}^{value}"


def _bare(urn: str) -> str:
    return re.sub(r"^urn:(oid|uuid):", "", urn)


def codes_of(node: Node, name: str) -> tuple[Code, ...]:
    """The codes of a repeating CodeableConcept."""
    return tuple(code for code in (item.code() for item in node.items(name)) if code)


def _reference_id(identifier: Node) -> str:
    kind = identifier.get("type").code().code if identifier.get("type") else ""
    authority = scheme_of(identifier.component("system"))
    return reference_id(identifier.component("value", required=True), authority, kind)


def _replaced(relation: Node) -> str:
    if relation.text("code") != "replaces":
        raise FhirRefused(f"{relation.path}.code", "only replaces is supported", issue="not-supported")
    target = relation.get("target").text("reference", required=True)
    found = re.search(r"(?:^|/)DocumentReference/([A-Za-z0-9.-]{1,64})$", target)
    return f"urn:uuid:{found[1]}" if found else target


def _hash(attachment: Node) -> str:
    text = attachment.text("hash")
    try:
        return base64.b64decode(text, validate=True).hex()
    except (binascii.Error, ValueError) as error:
        raise FhirRefused(f"{attachment.path}.hash", "base64 of the SHA-1 is expected", issue="value") from error


def _content(attachment: Node, bundle: Mapping[str, Node]) -> bytes:
    """The bytes of an attachment: inline data, or the Binary its url names."""
    holder = attachment
    if not attachment.get("data"):
        url = attachment.text("url", required=True)
        found = bundle.get(url)
        if found is None or found.text("resourceType") != "Binary":
            raise FhirRefused(f"{attachment.path}.url", f"no Binary of fullUrl {url} in the Bundle", issue="not-found")
        holder = found
    try:
        return base64.b64decode(holder.text("data", required=True), validate=True)
    except (binascii.Error, ValueError) as error:
        raise FhirRefused(f"{holder.path}.data", f"not base64: {error}", issue="value", status=400) from error


def _check_members(node: Node, urls: list[str]) -> None:
    listed = [item.get("item").text("reference", required=True) for item in node.items("entry")]
    if sorted(listed) != sorted(urls):
        raise FhirRefused(f"{node.path}.entry", "must list each DocumentReference of the Bundle, once, by its fullUrl")


def _check_patches(patched: list[tuple[str, Node]], replaced: set[str]) -> None:
    """A PATCH may only supersede a document that one of the submission replaces."""
    for url, parameters in patched:
        target = re.search(r"(?:^|/)DocumentReference/([A-Za-z0-9.-]{1,64})$", url)
        if target is None or f"urn:uuid:{target[1]}" not in replaced:
            raise FhirRefused("Bundle.entry.request.url", f"{url} is not a document replaced in this Bundle")
        parts = {
            part.text("name"): part.text("valueCode") or part.text("valueString")
            for operation in parameters.items("parameter")
            for part in operation.items("part")
        }
        if parts != {"type": "replace", "path": "DocumentReference.status", "value": "superseded"}:
            rule = "only the replacement of DocumentReference.status by superseded is allowed"
            raise FhirRefused(parameters.path, rule, issue="not-supported", status=405)

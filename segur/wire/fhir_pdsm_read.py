"""Reading PDSm: DocumentReference and submission-set List become XDS values. [DMP digest 4.2, 4.4]"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Final

from segur.wire import xds_uuids as ids
from segur.wire.fhir_json import RFC3986, FhirRefused, Node, Resource, scheme_of
from segur.wire.fhir_pdsm_write import IS_ARCHIVED, MHD
from segur.wire.fhir_people import Resolver
from segur.wire.xds_datatypes import reference_id
from segur.wire.xds_values import NO_CODE, Code, DocumentEntry, SubmissionSet

_STATUS: Final = {"current": ids.APPROVED, "superseded": ids.DEPRECATED, "entered-in-error": ids.DELETED}


def entry_from_document_reference(resource: Resource, *, entry_uuid: str = "") -> tuple[DocumentEntry, tuple[str, ...]]:
    """Read one DocumentReference as (entry, documents it replaces); `entry_uuid` is used when it has no id.

    Raise `FhirRefused` naming the element and the rule.
    """
    return read_entry(Node(resource, "DocumentReference"), entry_uuid, {})


def inline_content(resource: Resource) -> bytes:
    """The content of a simplified publish (ITI-105): `attachment.data`, where a url is forbidden. [DMP digest 4.2]

    Raise `FhirRefused` for that, and for what the profile has beside: current, one custodian, one event at most.
    """
    root = Node(resource, "DocumentReference")
    attachment = root.first("content").get("attachment")
    if attachment.get("url"):
        raise FhirRefused(f"{attachment.path}.url", "forbidden in a simplified publish, put the content in data")
    check_new(root)
    event = root.get("context").get("event")
    if len(list(root.get("context").items("event"))) > 1:
        raise FhirRefused(event.path, "one at most in a simplified publish", issue="structure")
    return content_of(attachment, {})


def check_new(node: Node) -> None:
    """A document that comes in is current and has a custodian; raise `FhirRefused`. [DMP digest 4.2]"""
    if status_of(node) != ids.APPROVED:
        rule = "a new document is current and not archived: archive or delete it afterwards, by a PATCH"
        raise FhirRefused(f"{node.path}.status", rule, issue="value")
    if not node.get("custodian"):
        raise FhirRefused(f"{node.path}.custodian", "required", issue="required")


def read_entry(node: Node, url: str, bundle: Mapping[str, Node]) -> tuple[DocumentEntry, tuple[str, ...]]:
    """A DocumentReference, the Bundle it came in by fullUrl, as (entry, documents it replaces); raise `FhirRefused`.

    `url` names the entry when the resource has no id.
    """
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


def read_submission_set(node: Node, url: str, bundle: Mapping[str, Node]) -> SubmissionSet:
    """A submission-set List of a Bundle; raise `FhirRefused`."""
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


def content_of(attachment: Node, bundle: Mapping[str, Node]) -> bytes:
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

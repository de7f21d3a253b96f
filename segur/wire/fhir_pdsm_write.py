"""Writing PDSm: XDS values become DocumentReference, List, Bundle. [DMP digest 4.2, 4.4]"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from segur.vocab import oids
from segur.wire import xds_uuids as ids
from segur.wire.fhir_json import (
    RFC3986,
    FhirRefused,
    Resource,
    coding,
    concept,
    fhir_time,
    operation_outcome,
    system_of,
    uri_of,
)
from segur.wire.fhir_people import Contained, patient_reference
from segur.wire.xds_datatypes import Person, cx_key
from segur.wire.xds_values import DocumentEntry, Submission, SubmissionSet

PDSM: Final = "https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/"
MHD: Final = "https://profiles.ihe.net/ITI/MHD/StructureDefinition/"
LIST_TYPES: Final = "https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes"
IS_ARCHIVED: Final = PDSM + "pdsm-ext-is-archived"

_CUSTODIAN: Final = {"identifier": {"system": RFC3986, "value": f"urn:oid:{oids.DMP_CUSTODIAN}"}, "display": "DMP"}
_STATUS: Final = {
    "": "current",
    ids.APPROVED: "current",
    ids.ARCHIVED: "current",
    ids.DEPRECATED: "superseded",
    ids.DELETED: "entered-in-error",
}


def document_reference(
    entry: DocumentEntry, *, url: str = "", data: bytes | None = None, replaces: Iterable[str] = ()
) -> Resource:
    """A DocumentReference of the comprehensive profile.

    `url` is where the content is read (or the fullUrl of its Binary); `data` puts it inline instead (simplified
    publish). `replaces` are references to, or entryUUIDs of, the documents this one replaces.
    """
    contained = Contained()
    authors = [reference for author in entry.authors for reference in contained.author(author)]
    resource: Resource = {"resourceType": "DocumentReference"}
    if entry.entry_uuid.startswith("urn:uuid:"):
        resource["id"] = entry.entry_uuid.removeprefix("urn:uuid:")
    resource["meta"] = {"profile": [PDSM + "pdsm-comprehensive-document-reference"]}
    if entry.version is not None:
        resource["meta"]["versionId"] = str(entry.version)
    resource["contained"] = contained.resources
    if entry.status == ids.ARCHIVED:
        resource["extension"] = [{"url": IS_ARCHIVED, "valueBoolean": True}]
    resource["masterIdentifier"] = _unique_identifier(entry.unique_id)
    resource["identifier"] = [
        {"use": use, "system": RFC3986, "value": value}
        for use, value in (("official", entry.entry_uuid), ("secondary", entry.logical_id))
        if value.startswith("urn:")
    ]
    resource["status"] = _status(entry.status)
    resource["type"] = concept(entry.type_code)
    resource["category"] = [concept(entry.class_code)]
    resource["subject"] = patient_reference(entry.patient_id)
    resource["date"] = fhir_time(entry.creation_time, instant=True) if entry.creation_time else ""
    resource["author"] = authors
    if entry.legal_authenticator:
        resource["authenticator"] = contained.practitioner(Person.parse(entry.legal_authenticator))
    resource["custodian"] = {
        "identifier": {"system": RFC3986, "value": f"urn:oid:{oids.DMP_CUSTODIAN}"},
        "display": "DMP",
    }
    resource["relatesTo"] = [{"code": "replaces", "target": {"reference": _reference(old)}} for old in replaces]
    resource["description"] = entry.comments
    resource["securityLabel"] = [concept(code) for code in entry.confidentiality]
    resource["content"] = [{"attachment": _attachment(entry, url, data), "format": coding(entry.format_code)}]
    resource["context"] = _context(entry, contained)
    return _without_empty(resource)


def submission_set_list(submission_set: SubmissionSet, references: Iterable[str]) -> Resource:
    """A List of the comprehensive submission-set profile; its one `source` is the first author."""
    contained = Contained()
    sources = [reference for author in submission_set.authors[:1] for reference in contained.author(author)]
    resource: Resource = {"resourceType": "List"}
    if submission_set.entry_uuid.startswith("urn:uuid:"):
        resource["id"] = submission_set.entry_uuid.removeprefix("urn:uuid:")
    resource["meta"] = {"profile": [PDSM + "pdsm-submissionset-comprehensive"]}
    resource["contained"] = contained.resources
    resource["extension"] = [
        {"url": MHD + "ihe-designationType", "valueCodeableConcept": concept(submission_set.content_type)},
        {
            "url": MHD + "ihe-sourceId",
            "valueIdentifier": {"system": RFC3986, "value": uri_of(submission_set.source_id)},
        },
    ]
    resource["identifier"] = [{"use": "usual", **_unique_identifier(submission_set.unique_id)}]
    if submission_set.entry_uuid.startswith("urn:uuid:"):
        official = {"use": "official", "system": RFC3986, "value": submission_set.entry_uuid}
        resource["identifier"].append(official)
    resource["status"] = "current"
    resource["mode"] = "working"
    resource["title"] = submission_set.title
    resource["code"] = {"coding": [{"system": LIST_TYPES, "code": "submissionset"}]}
    resource["subject"] = patient_reference(submission_set.patient_id)
    if submission_set.submission_time:
        resource["date"] = fhir_time(submission_set.submission_time)
    resource["source"] = sources[0] if sources else {}
    resource["note"] = [{"text": submission_set.comments}] if submission_set.comments else []
    resource["entry"] = [{"item": {"reference": reference}} for reference in references]
    return _without_empty(resource)


def bundle_from_submission(submission: Submission, documents: Mapping[str, bytes]) -> Resource:
    """The ITI-65 transaction of a submission: List, DocumentReferences, Binaries, a PATCH for each replaced document.

    `documents` are by `entry_uuid`; symbolic ids become `urn:uuid:` fullUrls made from the submission's unique id.
    Raise `FhirRefused` when an entry has no document.
    """
    submission_set = submission.submission_set
    urls = {entry.entry_uuid: _full_url(submission_set, entry.entry_uuid) for entry in submission.entries}
    own_url = _full_url(submission_set, submission_set.entry_uuid)
    parts = [_post(own_url, submission_set_list(submission_set, urls.values()), "List")]
    binaries: list[Resource] = []
    replaced: list[str] = []
    for entry in submission.entries:
        content = documents.get(entry.entry_uuid)
        if content is None:
            raise FhirRefused("Bundle.entry", f"no document given for {entry.entry_uuid!r}", issue="required")
        binary_url = _full_url(submission_set, f"{entry.entry_uuid}/content")
        old = [a.target for a in submission.of_type(ids.REPLACES) if a.source == entry.entry_uuid]
        replaced += old
        reference = document_reference(entry, url=binary_url, replaces=old)
        parts.append(_post(urls[entry.entry_uuid], reference, "DocumentReference"))
        binary = {"resourceType": "Binary", "contentType": entry.mime_type}
        binaries.append(_post(binary_url, binary | {"data": base64.b64encode(content).decode()}, "Binary"))
    patches = [_supersede(_reference(old)) for old in replaced]
    profile = {"profile": [PDSM + "pdsm-comprehensive-provide-document-bundle"]}
    return {"resourceType": "Bundle", "meta": profile, "type": "transaction", "entry": parts + binaries + patches}


def transaction_response(locations: Sequence[tuple[str, str]]) -> Resource:
    """The answer to a transaction: (status, location) of each entry, in the order of the request."""
    entries = [
        {"response": {"status": status} | ({"location": location} if location else {})}
        for status, location in locations
    ]
    return {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}


def searchset(
    matches: Sequence[tuple[str, Resource]], *, self_url: str, total: int | None = None, warnings: Iterable[str] = ()
) -> Resource:
    """A searchset Bundle of (fullUrl, resource); warnings become one OperationOutcome entry each."""
    entries: list[Resource] = [
        {"fullUrl": url, "resource": resource, "search": {"mode": "match"}} for url, resource in matches
    ]
    entries += [
        {"resource": operation_outcome("not-supported", text, severity="warning"), "search": {"mode": "outcome"}}
        for text in warnings
    ]
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(matches) if total is None else total,
        "link": [{"relation": "self", "url": self_url}],
    } | ({"entry": entries} if entries else {})


def _status(status: str) -> str:
    try:
        return _STATUS[status]
    except KeyError:
        raise FhirRefused("DocumentReference.status", f"{status!r} has no FHIR status") from None


def _unique_identifier(unique_id: str) -> Resource:
    root, caret, extension = unique_id.partition("^")
    if caret:
        return {"system": system_of(root), "value": extension}
    return {"system": RFC3986, "value": uri_of(root)}


def _reference(target: str) -> str:
    return f"DocumentReference/{target.removeprefix('urn:uuid:')}" if target.startswith("urn:uuid:") else target


def _attachment(entry: DocumentEntry, url: str, data: bytes | None) -> Resource:
    attachment: Resource = {"contentType": entry.mime_type, "language": entry.language, "title": entry.title}
    if data is not None:
        attachment["data"] = base64.b64encode(data).decode()
    else:
        attachment["url"] = url or entry.uri
    if entry.size is not None:
        attachment["size"] = entry.size
    if entry.hash:
        attachment["hash"] = base64.b64encode(bytes.fromhex(entry.hash)).decode()
    if entry.creation_time:
        attachment["creation"] = fhir_time(entry.creation_time)
    return attachment


def _context(entry: DocumentEntry, contained: Contained) -> Resource:
    period = {
        end: fhir_time(value) for end, value in (("start", entry.service_start), ("end", entry.service_stop)) if value
    }
    context: Resource = {"event": [concept(code) for code in entry.event_codes], "period": period}
    context["facilityType"] = concept(entry.facility_type) if entry.facility_type else {}
    context["practiceSetting"] = concept(entry.practice_setting) if entry.practice_setting else {}
    context["sourcePatientInfo"] = contained.source_patient(entry.source_patient_id, entry.source_patient_info) or {}
    context["related"] = [{"identifier": _reference_identifier(text)} for text in entry.reference_ids]
    return context


def _reference_identifier(text: str) -> Resource:
    value, authority = cx_key(text)
    kind = next(iter(text.split("^")[4:5]), "")
    identifier: Resource = {"type": {"coding": [{"system": RFC3986, "code": kind}]}} if kind else {}
    return identifier | ({"system": system_of(authority)} if authority else {}) | {"value": value}


def _full_url(submission_set: SubmissionSet, symbol: str) -> str:
    if symbol.startswith("urn:uuid:"):
        return symbol
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, f'{submission_set.unique_id}/{symbol}')}"


def _post(full_url: str, resource: Resource, kind: str) -> Resource:
    return {"fullUrl": full_url, "resource": resource, "request": {"method": "POST", "url": kind}}


def _supersede(url: str) -> Resource:
    """The PATCH that goes with a replacement: a FHIRPath patch of the old document's status. [DMP digest 4.4]"""
    operation = [
        {"name": "type", "valueCode": "replace"},
        {"name": "path", "valueString": "DocumentReference.status"},
        {"name": "value", "valueCode": "superseded"},
    ]
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": operation}]}
    # The PATCH has no fullUrl of its own: it is about the resource its request names.
    return {"resource": parameters, "request": {"method": "PATCH", "url": url}}


def _without_empty(resource: Resource) -> Resource:
    """FHIR has no empty text, array or object: leave them out."""
    kept: Resource = {}
    for name, value in resource.items():
        cleaned = _without_empty(value) if isinstance(value, dict) else value
        if cleaned not in ("", [], {}):
            kept[name] = cleaned
    return kept

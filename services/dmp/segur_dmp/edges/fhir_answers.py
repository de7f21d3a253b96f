"""What the FHIR door says: resources, outcomes, and what it can do [DMP digest 4]."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

import orjson
from starlette.responses import Response

from segur.kernel.errors import Kind, SegurError
from segur.wire.fhir_json import FhirRefused, Resource
from segur.wire.fhir_pdsm_write import PDSM
from segur.wire.xds import MetadataRefused
from segur_dmp.domain.submission import SubmissionRefused

MEDIA_TYPE: Final = "application/fhir+json"
XDS_ERRORS: Final = "urn:ihe:iti:xds:errors"
"""Our name for the system of the XDS and DMP error codes, which have none."""

_ISSUES: Final = {
    Kind.MALFORMED: "invalid",
    Kind.UNAUTHENTICATED: "login",
    Kind.FORBIDDEN: "forbidden",
    Kind.NOT_FOUND: "not-found",
    Kind.CONFLICT: "conflict",
    Kind.BUSY: "transient",
    Kind.BROKEN: "exception",
}
_OF_METADATA: Final = {
    "XDSDocumentUniqueIdError": ("not-found", 404),
    "XDSDuplicateUniqueIdInRegistry": ("duplicate", 422),
    "XDSNonIdenticalHash": ("duplicate", 422),
    "XDSTooManyResults": ("too-costly", 422),
}
SEARCHES: Final = {
    "DocumentReference": (
        "patient", "patient.identifier", "status", "type", "category", "format", "setting", "facility", "event",
        "security-label", "identifier", "creation", "date", "period", "period-start", "period-end", "isArchived",
        "author.given", "author.family", "related", "_id", "_count",
    ),
    "List": (
        "patient", "patient.identifier", "code", "status", "date", "identifier", "designationType", "sourceId", "title",
        "_id", "_count",
    ),
    "Patient": ("identifier",),
}  # fmt: skip
_TOKENS: Final = frozenset({"status", "type", "category", "format", "setting", "facility", "event", "security-label"})
_DATES: Final = frozenset({"creation", "date", "period", "period-start", "period-end"})


def fhir(resource: Resource, status: int = 200, **headers: str) -> Response:
    """A resource as JSON."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(orjson.dumps(resource), status, named, f"{MEDIA_TYPE};charset=utf-8")


def refused(refusal: SegurError | MetadataRefused | FhirRefused) -> Response:
    """A refusal as an OperationOutcome: code, field, rule and fix."""
    if isinstance(refusal, FhirRefused):
        return fhir(_outcome((refusal.issue, "", str(refusal), refusal.path)), refusal.status)
    if isinstance(refusal, MetadataRefused):
        every = refusal.refusals if isinstance(refusal, SubmissionRefused) else (refusal,)
        issues = [
            (_OF_METADATA.get(one.code, ("business-rule", 0))[0], one.code, one.context, one.field) for one in every
        ]
        return fhir(_outcome(*issues), _OF_METADATA.get(refusal.code, ("", 422))[1])
    headers = {"www_authenticate": 'Bearer realm="dmp"'} if refusal.kind is Kind.UNAUTHENTICATED else {}
    if refusal.kind is Kind.BUSY:
        headers["retry_after"] = "1"
    issue = (_ISSUES[refusal.kind], refusal.code, refusal.detail, refusal.field)
    return fhir(_outcome(issue), refusal.kind.value, **headers)


def _outcome(*issues: tuple[str, str, str, str]) -> Resource:
    """An OperationOutcome of (issue code, national code, sentence, element) each."""
    listed: list[dict[str, Any]] = []
    for issue, code, sentence, element in issues:
        detail: dict[str, Any] = {"severity": "error", "code": issue, "diagnostics": sentence}
        if code:
            detail["details"] = {"coding": [{"system": XDS_ERRORS, "code": code}]}
        if element:
            detail["expression"] = [element]
        listed.append(detail)
    return {"resourceType": "OperationOutcome", "issue": listed}


def page_links(url: str, pairs: list[tuple[str, str]], *, offset: int, count: int, total: int) -> list[dict[str, str]]:
    """Self and, when there is more, next; `url` is the search's address without parameters."""

    def at(start: int) -> str:
        more = [("_count", str(count))] + ([("_offset", str(start))] if start else [])
        return f"{url}?{urlencode([*pairs, *more])}"

    links = [{"relation": "self", "url": at(offset)}]
    if offset + count < total:
        links.append({"relation": "next", "url": at(offset + count)})
    return links


def capability(base: str, moment: datetime) -> Resource:
    """The CapabilityStatement at `/metadata`."""
    reads = ["read", "search-type"]
    resources = [
        _served("DocumentReference", ["create", *reads], PDSM + "pdsm-comprehensive-document-reference"),
        _served("List", reads, PDSM + "pdsm-submissionset-comprehensive"),
        _served("Binary", ["read"]),
        _served("Patient", ["search-type"]),
    ]
    security = {
        "description": "Access token of Pro Santé Connect (Bearer), client certificate of the structure, or both"
    }
    rest = {"mode": "server", "security": security, "resource": resources, "interaction": [{"code": "transaction"}]}
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": moment.isoformat(timespec="seconds"),
        "publisher": "SégurStack",
        "kind": "instance",
        "software": {"name": "SégurStack DMP"},
        "implementation": {"description": "PDSm on the DMP emulated by SégurStack", "url": base},
        "fhirVersion": "4.0.1",
        "format": [MEDIA_TYPE, "json"],
        "rest": [rest],
    }


def _served(name: str, interactions: list[str], profile: str = "") -> Resource:
    resource: Resource = {"type": name, "interaction": [{"code": code} for code in interactions]}
    if profile:
        resource["supportedProfile"] = [profile]
    if name in SEARCHES:
        resource["searchParam"] = [{"name": one, "type": _kind(one)} for one in SEARCHES[name]]
    return resource


def _kind(parameter: str) -> str:
    if parameter in _TOKENS or "identifier" in parameter or parameter in ("_id", "code", "isArchived", "sourceId"):
        return "token"
    if parameter in _DATES:
        return "date"
    if parameter == "_count":
        return "number"
    return "reference" if parameter in ("patient", "related") else "string"

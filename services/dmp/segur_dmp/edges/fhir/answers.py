"""How the FHIR door says it: resources and outcomes [DMP digest 4.4]."""

from __future__ import annotations

from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from segur.kernel.errors import Kind, SegurError
from segur.wire.fhir_json import FhirRefused, Resource, operation_outcome
from segur.wire.xds import MetadataRefused
from segur_dmp.domain.lifecycle import AlreadyDeleted
from segur_dmp.domain.submission import SubmissionRefused
from segur_dmp.edges.fhir.negotiate import FHIR_JSON, preference

MEDIA_TYPE: Final = FHIR_JSON
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
    "XDSMetadataVersionError": ("conflict", 409),
}
_NO_SUCH_DOCUMENT: Final = ("XDSMetadataUpdateError", "targetObject")
"""Code and field of the refusal to change a document that is not there, or not for the caller."""


def fhir(resource: Resource, status: int = 200, **headers: str) -> Response:
    """A resource as JSON."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(orjson.dumps(resource), status, named, f"{MEDIA_TYPE};charset=utf-8")


def written(request: Request, resource: Resource, status: int = 200, **headers: str) -> Response:
    """A resource that was created or changed, as `Prefer: return=` wants it: itself, nothing, or an outcome."""
    wanted = preference(request, "return")
    if wanted == "minimal":
        return Response(status_code=status, headers={name.replace("_", "-"): value for name, value in headers.items()})
    if wanted == "OperationOutcome":
        return fhir(operation_outcome("informational", "done", severity="information"), status, **headers)
    return fhir(resource, status, **headers)


def refused(refusal: SegurError | MetadataRefused | FhirRefused) -> Response:
    """A refusal as an OperationOutcome: code, field, rule and fix."""
    if isinstance(refusal, FhirRefused):
        return fhir(_outcome((refusal.issue, "", str(refusal), refusal.path)), refusal.status)
    if isinstance(refusal, MetadataRefused):
        every = refusal.refusals if isinstance(refusal, SubmissionRefused) else (refusal,)
        if isinstance(refusal, AlreadyDeleted):
            return fhir(_outcome(("deleted", refusal.code, refusal.context, refusal.field)), 410)
        issues = [
            (_OF_METADATA.get(one.code, ("business-rule", 0))[0], one.code, one.context, one.field) for one in every
        ]
        if (refusal.code, refusal.field) == _NO_SUCH_DOCUMENT:
            return fhir(_outcome(*(("not-found", *issue[1:]) for issue in issues)), 404)
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

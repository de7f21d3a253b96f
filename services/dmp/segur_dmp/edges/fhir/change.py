"""PATCH of a DocumentReference: mask, show, archive, delete, the acts of TD3.3a to d [DMP digest 4.4]."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from segur.wire import fhir_pdsm
from segur.wire.fhir_json import FhirRefused
from segur_dmp.domain.rights import Act
from segur_dmp.edges.fhir import answers, negotiate, requests
from segur_dmp.edges.fhir.desk import Desk, etag, reference_of, unknown, url
from segur_dmp.operations.survey_documents import replaced_by
from segur_dmp.operations.update_documents import change_as_professional
from segur_dmp.pipeline import Caller
from segur_dmp.store import StoredDocument

JSON_PATCH: Final = "application/json-patch+json"
FORMATS: Final = (JSON_PATCH, "application/fhir+json")
"""JSON Patch, and FHIRPath Patch as a Parameters resource. NOTE: XML Patch is answered 415."""


async def by_id(desk: Desk, request: Request) -> Response:
    """PATCH DocumentReference/id."""
    async with desk.attempt("TD3.3") as trial:
        kind = _kind(request)
        stored, caller = await desk.stored(request, trial, "DocumentReference", Act.MASK)
        return await _changed(desk, request, kind, stored, caller)


async def by_identifier(desk: Desk, request: Request) -> Response:
    """Conditional PATCH, by uniqueId, logicalId or entryUUID: none is 404, and never are there several."""
    async with desk.attempt("TD3.3") as trial:
        kind = _kind(request)
        visitor = await desk.visitor(request, Act.MASK)
        wanted = fhir_pdsm.documents_named(request.query_params.multi_items())
        found = await desk.named(wanted)
        if found is None:
            [named] = wanted.unique_ids or wanted.entry_uuids
            raise unknown("DocumentReference", named)
        caller = desk.caller(trial, visitor, found.entry.patient_id, "DocumentReference.subject")
        return await _changed(desk, request, kind, found, caller)


async def _changed(desk: Desk, request: Request, kind: str, stored: StoredDocument, caller: Caller) -> Response:
    body = await request.body()
    replaces = await replaced_by(desk.context, stored)
    before = reference_of(stored, replaces)
    if kind == JSON_PATCH:
        after = fhir_pdsm.patched_by_json(before, requests.read_body(body))
    else:
        after = fhir_pdsm.patched_by_fhirpath(before, requests.read_json(body))
    confidentiality, status = fhir_pdsm.change_of(before, after)
    condition = request.headers.get("if-match", "*")
    if not negotiate.is_met(condition, etag(stored)):
        rule = f"{condition[:60]} is not the version there is: read the resource again"
        raise FhirRefused("If-Match", rule, issue="conflict", status=412)
    entry = await change_as_professional(desk.context, caller, stored, confidentiality=confidentiality, status=status)
    new = await desk.context.records.documents.of_entry(entry.entry_uuid)
    if new is None:  # changed again by somebody faster
        raise unknown("DocumentReference", entry.entry_uuid)
    place = url("DocumentReference", entry.entry_uuid)
    return answers.written(request, reference_of(new, replaces), etag=etag(new), content_location=place)


def _kind(request: Request) -> str:
    """The format of the patch; raise `FhirRefused` 415 or 406."""
    negotiate.check_media_types(request, with_body=False)
    sent = negotiate.content_type(request)
    if sent == JSON_PATCH:
        return sent
    if sent not in negotiate.JSON:
        rule = f"{sent[:60]!r}: {' or '.join(FORMATS)} (FHIRPath Patch) is expected"
        raise FhirRefused("Content-Type", rule, issue="not-supported", status=415)
    return FORMATS[1]

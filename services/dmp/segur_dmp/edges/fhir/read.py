"""Reads of one resource, and of contents (ITI-68) [DMP digest 4.1]."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from segur.kernel.blobs import PIECE, Blobs
from segur.wire.fhir_json import FhirRefused
from segur.wire.xds import DocumentRequest
from segur.wire.xds_query import SubmissionSetFilter
from segur_dmp.domain.rights import Act
from segur_dmp.edges.fhir import answers, negotiate, requests, results
from segur_dmp.edges.fhir.desk import Desk, etag, list_of, reference_of, unknown
from segur_dmp.operations.find_submission_sets import find_submission_sets
from segur_dmp.operations.retrieve_documents import retrieve_documents
from segur_dmp.operations.survey_documents import survey_one


async def document(desk: Desk, request: Request) -> Response:
    """A DocumentReference, a former version too."""
    async with desk.attempt("TD3.1") as trial:
        negotiate.check_media_types(request, with_body=False)
        wanted = requests.read_part(request.query_params.multi_items())
        stored, caller = await desk.stored(request, trial, "DocumentReference")
        found = await survey_one(desk.context, caller, stored)
        for one in found.documents:
            tag = etag(one)
            if negotiate.is_met(request.headers.get("if-none-match", ""), tag):
                return Response(status_code=304, headers={"etag": tag})
            resource = reference_of(one, found.replaces.get(one.entry.entry_uuid, ()))
            return answers.fhir(results.part(resource, wanted), etag=tag)
        raise unknown("DocumentReference", request.path_params["id"])


async def submission_set(desk: Desk, request: Request) -> Response:
    """A List."""
    async with desk.attempt("TD3.1") as trial:
        negotiate.check_media_types(request, with_body=False)
        part = requests.read_part(request.query_params.multi_items())
        visitor = await desk.visitor(request, Act.READ)
        known = await desk.context.records.sets.one(entry_uuid=f"urn:uuid:{request.path_params['id']}")
        if known is None:
            raise unknown("List", request.path_params["id"])
        lot = known.submission_set
        caller = desk.caller(trial, visitor, lot.patient_id, "List.subject")
        wanted = SubmissionSetFilter(entry_uuids=(lot.entry_uuid,))
        for stored in await find_submission_sets(desk.context, caller, wanted):
            return answers.fhir(results.part(list_of(stored), part))
        raise unknown("List", request.path_params["id"])


async def content(desk: Desk, request: Request) -> Response:
    """ITI-68: the bytes as they came, or a part of them, or a Binary resource for who asks for JSON."""
    async with desk.attempt("TD3.2") as trial:
        known, caller = await desk.stored(request, trial, "Binary")
        raw = negotiate.wants_raw(request, known.entry.mime_type)
        wanted = DocumentRequest(known.entry.repository_unique_id, known.entry.unique_id)
        retrieved = await retrieve_documents(desk.context, caller, [wanted])
    [stored] = retrieved.documents
    blobs, entry = desk.context.floor.blobs, stored.entry
    form = "" if raw else "-json"  # two forms of one content are two representations, each with a tag of its own
    headers = {"etag": f'"{stored.digest}{form}"', "vary": "accept"}
    if negotiate.is_met(request.headers.get("if-none-match", ""), headers["etag"]):
        return Response(status_code=304, headers=headers)
    if not raw:
        data = base64.b64encode(await blobs.get(stored.digest)).decode()
        identity = request.path_params["id"]
        resource = {"resourceType": "Binary", "id": identity, "contentType": entry.mime_type, "data": data}
        return answers.fhir(resource, etag=headers["etag"], vary="accept")
    headers["accept-ranges"] = "bytes"
    size = blobs.size(stored.digest)
    part = requests.read_range(request, size, headers["etag"])
    if part is None:
        if size <= PIECE:
            return Response(await blobs.get(stored.digest), media_type=entry.mime_type, headers=headers)
        headers["content-length"] = str(size)
        return StreamingResponse(blobs.stream(stored.digest), media_type=entry.mime_type, headers=headers)
    first, last = part
    if first > last:
        rule = f"bytes 0 to {size - 1} are there"
        raise FhirRefused("Range", rule, issue="value", status=416)
    headers |= {"content-range": f"bytes {first}-{last}/{size}", "content-length": str(last - first + 1)}
    return StreamingResponse(_between(blobs, stored.digest, first, last), 206, headers, entry.mime_type)


async def _between(blobs: Blobs, digest: str, first: int, last: int) -> AsyncIterator[bytes]:
    at = 0
    async for piece in blobs.stream(digest):
        start, stop = max(first - at, 0), min(last + 1 - at, len(piece))
        if start < stop:
            yield piece[start:stop]
        at += len(piece)
        if at > last:
            return

"""Documents come in: a transaction of one submission set (ITI-65), one document alone (ITI-105) [DMP digest 4.4]."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from segur.wire import fhir_pdsm
from segur.wire.fhir_json import Resource
from segur.wire.xds import Submission, dtm
from segur_dmp.domain.rights import Act
from segur_dmp.edges.fhir import answers, negotiate, requests
from segur_dmp.edges.fhir.desk import DOOR, Desk, etag, identity, reference_of, unknown, url
from segur_dmp.operations.submit_document import Registered, submit_document
from segur_dmp.pipeline import attempt
from segur_dmp.store import StoredDocument


async def transaction(desk: Desk, request: Request) -> Response:
    """ITI-65."""
    body = await request.body()
    async with attempt(desk.context, "TD2.1", DOOR, lambda: requests.documents_named(body)) as trial:
        negotiate.check_media_types(request, with_body=True)
        visitor = await desk.visitor(request, Act.FEED)
        bundle = requests.read_json(body)
        meant = await _meant(desk, bundle)
        known = {place: stored.entry.entry_uuid for place, stored in meant.items()}
        received = fhir_pdsm.submission_from_bundle(bundle, known)
        caller = desk.caller(trial, visitor, received.submission.submission_set.patient_id, "List.subject.identifier")
        theirs = {place: uuid for place, uuid in known.items() if meant[place].patient == caller.patient}
        if theirs != known:  # another patient's document is told as one that is not there
            received = fhir_pdsm.submission_from_bundle(bundle, theirs)
        stored = await submit_document(desk.context, caller, received.submission, received.documents)
    if desk.loses_answer(caller):
        return Response(status_code=504)
    ids = _given_ids(received.submission, stored)
    ids |= {binary: ids[owner] for binary, owner in received.owners.items()}
    locations = [
        ("200 OK", target) if kind == fhir_pdsm.PATCH else ("201 Created", f"{kind}/{ids[target]}")
        for kind, target in received.request_order
    ]
    return answers.fhir(fhir_pdsm.transaction_response(locations))


async def publish(desk: Desk, request: Request) -> Response:
    """ITI-105: one DocumentReference with its content inline."""
    body = await request.body()
    async with attempt(desk.context, "TD2.1", DOOR, lambda: requests.documents_named(body)) as trial:
        negotiate.check_media_types(request, with_body=True)
        visitor = await desk.visitor(request, Act.FEED)
        submission, data = requests.single(requests.read_json(body), dtm(desk.context.floor.clock.now()))
        [entry] = submission.entries
        caller = desk.caller(trial, visitor, entry.patient_id, "DocumentReference.subject.identifier")
        registered = await submit_document(desk.context, caller, submission, {entry.entry_uuid: data})
    if desk.loses_answer(caller):
        return Response(status_code=504)
    [entry] = registered.entries
    stored = await desk.context.records.documents.of_entry(entry.entry_uuid)
    if stored is None:  # changed already by somebody faster
        raise unknown("DocumentReference", entry.entry_uuid)
    replaces = tuple(link.target for link in submission.associations if link.source == submission.entries[0].entry_uuid)
    resource, place = reference_of(stored, replaces), url("DocumentReference", entry.entry_uuid)
    return answers.written(request, resource, 201, location=place, etag=etag(stored))


async def _meant(desk: Desk, bundle: Resource) -> dict[str, StoredDocument]:
    """The documents that the conditional URLs of a transaction name, those that there are."""
    found: dict[str, StoredDocument] = {}
    for place in fhir_pdsm.conditional_urls(bundle):
        stored = await desk.named(fhir_pdsm.document_meant(place))
        if stored is not None:
            found[place] = stored
    return found


def _given_ids(asked: Submission, stored: Registered) -> dict[str, str]:
    """fullUrl of the set and of each entry → the id the DMP gave."""
    pairs = [(asked.submission_set.entry_uuid, stored.submission_set.entry_uuid)]
    pairs += [(one.entry_uuid, other.entry_uuid) for one, other in zip(asked.entries, stored.entries, strict=True)]
    return {name: identity(uuid) for name, uuid in pairs}

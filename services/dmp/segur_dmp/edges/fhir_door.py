"""The FHIR door (PDSm) under `/dmp/fhir`: submit, search, read, on the operations of the SOAP door [DMP digest 4].

The DMP publishes no FHIR endpoint today: path and authentication are ours (`operations.identify_by_token`).
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from segur.kernel import request as present
from segur.kernel.errors import SegurError
from segur.wire import fhir_pdsm
from segur.wire.fhir_json import FhirRefused, Resource, scheme_of, system_of
from segur.wire.xds import DocumentEntry, DocumentRequest, MetadataRefused, Submission, cx, dtm
from segur.wire.xds_query import DocumentFilter, SubmissionSetFilter
from segur_dmp import faults
from segur_dmp.context import Context
from segur_dmp.domain.rights import Act
from segur_dmp.edges import fhir_answers as answers
from segur_dmp.edges import fhir_requests as requests
from segur_dmp.operations.find_documents import find_documents
from segur_dmp.operations.find_submission_sets import find_submission_sets
from segur_dmp.operations.identify_by_token import Visitor, about, identify_by_token
from segur_dmp.operations.retrieve_documents import retrieve_documents
from segur_dmp.operations.submit_document import Registered, submit_document
from segur_dmp.operations.test_existence import test_existence
from segur_dmp.pipeline import Attempt, Caller, attempt
from segur_dmp.store import StoredDocument, StoredSet

DOOR: Final = "fhir"
BASE: Final = "/dmp/fhir"

Handler = Callable[[Request], Awaitable[Response]]


class FhirDoor:
    """Reads requests, calls the acts, writes resources, bundles and outcomes."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """The routes under `/dmp/fhir`."""
        acts: tuple[tuple[str, Handler, list[str]], ...] = (
            ("/metadata", self._metadata, ["GET"]),
            ("", self._transaction, ["POST"]),
            ("/", self._transaction, ["POST"]),
            ("/DocumentReference", self._publish, ["POST"]),
            ("/DocumentReference", self._search_documents, ["GET"]),
            ("/DocumentReference/_search", self._search_documents, ["POST"]),
            ("/DocumentReference/{id}", self._read_document, ["GET"]),
            ("/List", self._search_sets, ["GET"]),
            ("/List/_search", self._search_sets, ["POST"]),
            ("/List/{id}", self._read_set, ["GET"]),
            ("/Binary/{id}", self._read_content, ["GET"]),
            ("/Patient", self._test_existence, ["GET"]),
            ("/Patient/_search", self._test_existence, ["POST"]),
            ("/{rest:path}", self._unsupported, ["GET", "POST", "PUT", "PATCH", "DELETE"]),
        )
        return [Route(BASE + path, self._entered(act), methods=methods) for path, act, methods in acts]

    def _entered(self, act: Handler) -> Handler:
        async def enter(request: Request) -> Response:
            try:
                return await act(request)
            except (SegurError, MetadataRefused, FhirRefused) as refusal:
                return answers.refused(refusal)

        return enter

    async def _metadata(self, request: Request) -> Response:
        return answers.fhir(answers.capability(_base(), self._context.floor.clock.now()))

    async def _unsupported(self, request: Request) -> Response:
        rule = f"{request.method} is not offered here, see {BASE}/metadata"
        raise FhirRefused(request.url.path.removeprefix(BASE)[:80], rule, issue="not-supported", status=405)

    async def _transaction(self, request: Request) -> Response:
        """ITI-65: a Bundle of one submission set."""
        body = await request.body()
        async with attempt(self._context, "TD2.1", DOOR, lambda: requests.documents_named(body)) as trial:
            requests.check_media_types(request, with_body=True)
            visitor = await self._visitor(request, Act.FEED)
            bundle = requests.read_json(body)
            received = fhir_pdsm.submission_from_bundle(bundle)
            ins = requests.ins_of(received.submission.submission_set.patient_id, "List.subject.identifier")
            caller = about(self._context, trial, visitor, ins)
            stored = await submit_document(self._context, caller, received.submission, received.documents)
        if self._loses_answer(caller):
            return Response(status_code=504)
        ids = _given_ids(received.submission, stored)
        ids |= {binary: ids[owner] for binary, owner in requests.contents_of(bundle).items() if owner in ids}
        locations = [
            ("200 OK", target) if kind == "Parameters" else ("201 Created", f"{kind}/{ids[target]}")
            for kind, target in received.request_order
        ]
        return answers.fhir(fhir_pdsm.transaction_response(locations))

    async def _publish(self, request: Request) -> Response:
        """ITI-105: one DocumentReference with its content inline."""
        body = await request.body()
        async with attempt(self._context, "TD2.1", DOOR, lambda: requests.documents_named(body)) as trial:
            requests.check_media_types(request, with_body=True)
            visitor = await self._visitor(request, Act.FEED)
            now = dtm(self._context.floor.clock.now())
            submission, data = requests.single(requests.read_json(body), now)
            [entry] = submission.entries
            ins = requests.ins_of(entry.patient_id, "DocumentReference.subject.identifier")
            caller = about(self._context, trial, visitor, ins)
            stored = await submit_document(self._context, caller, submission, {entry.entry_uuid: data})
        if self._loses_answer(caller):
            return Response(status_code=504)
        [registered] = stored.entries
        return answers.fhir(_reference(registered), 201, location=_url("DocumentReference", registered.entry_uuid))

    async def _search_documents(self, request: Request) -> Response:
        """ITI-67."""
        async with self._attempt("TD3.1") as trial:
            requests.check_media_types(request, with_body=False)
            visitor = await self._visitor(request, Act.READ)
            pairs, offset, count = await requests.read_parameters(request)
            search = fhir_pdsm.document_search(pairs)
            caller = self._caller(trial, visitor, search.criteria.patient_id)
            found = await find_documents(self._context, caller, search.criteria)
        latest_first = sorted(found, key=lambda entry: entry.creation_time, reverse=True)
        page = [
            (_url("DocumentReference", entry.entry_uuid), _reference(entry))
            for entry in latest_first[offset : offset + count]
        ]
        return _searchset("DocumentReference", page, pairs, offset, count, len(found), search.ignored)

    async def _search_sets(self, request: Request) -> Response:
        """ITI-66."""
        async with self._attempt("TD3.1") as trial:
            requests.check_media_types(request, with_body=False)
            visitor = await self._visitor(request, Act.READ)
            pairs, offset, count = await requests.read_parameters(request)
            search = fhir_pdsm.submission_set_search(pairs)
            caller = self._caller(trial, visitor, search.criteria.patient_id)
            found = await find_submission_sets(self._context, caller, search.criteria)
        latest_first = sorted(found, key=lambda stored: stored.submission_set.submission_time, reverse=True)
        page = [
            (_url("List", stored.submission_set.entry_uuid), _list_of(stored))
            for stored in latest_first[offset : offset + count]
        ]
        return _searchset("List", page, pairs, offset, count, len(found), search.ignored)

    async def _read_document(self, request: Request) -> Response:
        async with self._attempt("TD3.1") as trial:
            requests.check_media_types(request, with_body=False)
            stored, caller = await self._stored(request, trial, "DocumentReference")
            wanted = DocumentFilter(entry_uuids=(stored.entry.entry_uuid,))
            for entry in await find_documents(self._context, caller, wanted):
                return answers.fhir(_reference(entry), etag=f'W/"{entry.version}"')
            raise _unknown("DocumentReference", request)

    async def _read_set(self, request: Request) -> Response:
        async with self._attempt("TD3.1") as trial:
            requests.check_media_types(request, with_body=False)
            visitor = await self._visitor(request, Act.READ)
            known = await self._context.records.sets.one(entry_uuid=f"urn:uuid:{request.path_params['id']}")
            if known is None:
                raise _unknown("List", request)
            lot = known.submission_set
            caller = about(self._context, trial, visitor, requests.ins_of(lot.patient_id, "List.subject"))
            wanted = SubmissionSetFilter(entry_uuids=(lot.entry_uuid,))
            for stored in await find_submission_sets(self._context, caller, wanted):
                return answers.fhir(_list_of(stored))
            raise _unknown("List", request)

    async def _read_content(self, request: Request) -> Response:
        """ITI-68: the bytes as they came, or a Binary resource for who asks for JSON."""
        async with self._attempt("TD3.2") as trial:
            known, caller = await self._stored(request, trial, "Binary")
            wanted = DocumentRequest(known.entry.repository_unique_id, known.entry.unique_id)
            retrieved = await retrieve_documents(self._context, caller, [wanted])
        [stored] = retrieved.documents
        blobs, entry = self._context.floor.blobs, stored.entry
        if "json" in request.headers.get("accept", ""):
            data = base64.b64encode(await blobs.get(stored.digest)).decode()
            identity = request.path_params["id"]
            return answers.fhir(
                {"resourceType": "Binary", "id": identity, "contentType": entry.mime_type, "data": data}
            )
        length = {"content-length": str(entry.size)}
        return StreamingResponse(blobs.stream(stored.digest), media_type=entry.mime_type, headers=length)

    async def _test_existence(self, request: Request) -> Response:
        """TD0.2: `Patient.active` tells whether the DMP is open; no trait is given (RG_0320)."""
        async with self._attempt("TD0.2") as trial:
            requests.check_media_types(request, with_body=False)
            visitor = await self._visitor(request, Act.TEST)
            pairs, offset, count = await requests.read_parameters(request)
            system, bar, value = dict(pairs).get("identifier", "").rpartition("|")
            if not bar or not value:
                raise FhirRefused(
                    "identifier", "mandatory, as urn:oid:<authority of the INS>|<matricule>", issue="value", status=400
                )
            patient = cx(value, scheme_of(system), "NH")
            caller = self._caller(trial, visitor, patient)
            found = await test_existence(self._context, caller, patient, act=Act.TEST)
        page = []
        if found.account is not None:
            identity = {"system": system_of(caller.ins.oid), "value": caller.ins.matricule}
            known: Resource = {"resourceType": "Patient", "id": caller.patient, "identifier": [identity]}
            page.append((f"{_base()}/Patient/{caller.patient}", known | {"active": found.active}))
        return _searchset("Patient", page, pairs, offset, count, len(page), ())

    def _attempt(self, operation: str) -> AbstractAsyncContextManager[Attempt]:
        return attempt(self._context, operation, DOOR)

    async def _visitor(self, request: Request, act: Act) -> Visitor:
        """Who asks, before anything of the question is judged."""
        return await identify_by_token(self._context, request.headers.get("authorization", ""), act)

    def _caller(self, trial: Attempt, visitor: Visitor, patient: str) -> Caller:
        return about(self._context, trial, visitor, requests.ins_of(patient, "patient.identifier"))

    async def _stored(self, request: Request, trial: Attempt, kind: str) -> tuple[StoredDocument, Caller]:
        """The document of an id in the path and the caller about its patient; the unknown is told after who asks."""
        visitor = await self._visitor(request, Act.READ)
        stored = await self._context.records.documents.of_entry(f"urn:uuid:{request.path_params['id']}")
        if stored is None:
            raise _unknown(kind, request)
        ins = requests.ins_of(stored.entry.patient_id, f"{kind}.subject")
        return stored, about(self._context, trial, visitor, ins)

    def _loses_answer(self, caller: Caller) -> bool:
        struck = self._context.floor.faults.strikes(
            faults.SUBMIT_LOST_ANSWER, patient=caller.patient, actor=caller.id_nat
        )
        return struck is not None


def _base() -> str:
    return present.current().base + BASE


def _url(kind: str, entry_uuid: str) -> str:
    return f"{_base()}/{kind}/{entry_uuid.removeprefix('urn:uuid:')}"


def _reference(entry: DocumentEntry) -> Resource:
    return fhir_pdsm.document_reference(entry, url=_url("Binary", entry.entry_uuid))


def _list_of(stored: StoredSet) -> Resource:
    references = [f"DocumentReference/{member.removeprefix('urn:uuid:')}" for member in stored.members]
    return fhir_pdsm.submission_set_list(stored.submission_set, references)


def _unknown(kind: str, request: Request) -> FhirRefused:
    return FhirRefused(f"{kind}/{request.path_params['id'][:64]}", "unknown", issue="not-found", status=404)


def _given_ids(asked: Submission, stored: Registered) -> dict[str, str]:
    """fullUrl of the set and of each entry → the id the DMP gave."""
    pairs = [(asked.submission_set.entry_uuid, stored.submission_set.entry_uuid)]
    pairs += [(one.entry_uuid, other.entry_uuid) for one, other in zip(asked.entries, stored.entries, strict=True)]
    return {url: uuid.removeprefix("urn:uuid:") for url, uuid in pairs}


def _searchset(
    kind: str,
    page: list[tuple[str, Resource]],
    pairs: requests.Pairs,
    offset: int,
    count: int,
    total: int,
    ignored: tuple[str, ...],
) -> Response:
    warnings = [f"parameter {name[:60]} is not supported, it was ignored" for name in ignored]
    bundle = fhir_pdsm.searchset(page, self_url="", total=total, warnings=warnings)
    bundle["link"] = answers.page_links(f"{_base()}/{kind}", pairs, offset=offset, count=count, total=total)
    return answers.fhir(bundle)

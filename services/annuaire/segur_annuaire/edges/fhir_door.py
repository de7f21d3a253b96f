"""The FHIR door: `/fhir/v2/…` and the unversioned `/fhir/…` [PSC digest 3.1, 3.2, 3.3].

Refusals of the FHIR server are OperationOutcomes; those of the national gateway in front of it (key, quota) are its own
JSON, with no FHIR in it.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segur.kernel import request as call
from segur.kernel.errors import Kind, SegurError
from segur.wire.fhir_json import operation_outcome
from segur_annuaire import errors, faults
from segur_annuaire.context import Context
from segur_annuaire.domain.criteria import UpdatedClause
from segur_annuaire.domain.distortions import DISTORTIONS
from segur_annuaire.domain.pieces import Resource
from segur_annuaire.domain.systems import SUBSETTED
from segur_annuaire.edges.capability import capability_statement
from segur_annuaire.edges.fhir_query import check_format, read_query
from segur_annuaire.edges.national_gateway import NationalGateway
from segur_annuaire.edges.page_token import NextPage, PageTokens
from segur_annuaire.operations.read_resource import known_type, read_resource
from segur_annuaire.operations.search_resources import Page, search_resources

_STATUS: Final = {
    errors.UNSUPPORTED: 405,
    errors.PAGE_GONE: 410,
    errors.V1_CLOSED: 410,
    errors.QUOTA: 429,
    errors.TIMEOUT: 504,
}
"""Statuses that no kind of refusal has."""
_GATEWAY: Final = (errors.UNAUTHORIZED, errors.QUOTA, errors.TIMEOUT)
_ISSUES: Final = {Kind.BUSY: "transient", Kind.BROKEN: "exception"}
"""Issue codes of refusals that come from under the service and have none of FHIR's."""
_MOST_PARAMETERS: Final = 200
_SEARCH: Final = "annuaire.search"
_ALWAYS: Final = ("resourceType", "id", "meta")

Handler = Callable[[Request], Awaitable[Response]]


class FhirDoor:
    """Reads requests, calls the acts, writes resources, bundles and outcomes."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._gateway = NationalGateway(context)
        self._pages = PageTokens(context.settings.home)

    def routes(self) -> list[Route]:
        """Every address of this door, versioned first; what nothing else answers is refused here too."""
        acts: tuple[tuple[str, Handler, list[str]], ...] = (
            ("/metadata", self._metadata, ["GET"]),
            ("/_page", self._next, ["GET"]),
            ("/{type}", self._search, ["GET"]),
            ("/{type}/_search", self._search, ["POST"]),
            ("/{type}/{id}", self._read, ["GET"]),
        )
        every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        routes = [
            Route(prefix + path, self._entered(act), methods=methods)
            for prefix in ("/fhir/v2", "/fhir")
            for path, act, methods in acts
        ]
        closed, other = self._entered(self._v1), self._entered(self._unsupported)
        return [
            Route("/fhir/v1/{rest:path}", closed, methods=every),
            *routes,
            Route("/fhir", other, methods=every),
            Route("/{rest:path}", other, methods=every),
        ]

    def _entered(self, act: Handler) -> Handler:
        async def enter(request: Request) -> Response:
            try:
                self._gateway.check(request)
                return await act(request)
            except SegurError as refusal:
                return _refused(refusal)

        return enter

    async def _metadata(self, request: Request) -> Response:
        call.note(operation="annuaire.metadata")
        return _fhir(capability_statement(_base(request), self._context.floor.clock.now()))

    async def _v1(self, request: Request) -> Response:
        raise errors.V1_CLOSED.error()

    async def _unsupported(self, request: Request) -> Response:
        raise errors.UNSUPPORTED.error(method=request.method, path=request.url.path)

    async def _read(self, request: Request) -> Response:
        call.note(operation="annuaire.read")
        check_format(request.query_params.get("_format", "json"))
        found = await read_resource(self._context, request.path_params["type"], request.path_params["id"])
        return _fhir(found)

    async def _search(self, request: Request) -> Response:
        call.note(operation=_SEARCH)
        resource_type = known_type(request.path_params["type"])
        pairs = request.query_params.multi_items()
        if request.method == "POST":
            pairs += _form(await request.body())
        if len(pairs) > _MOST_PARAMETERS:
            raise errors.BAD_PARAMETER.error(rule=f"at most {_MOST_PARAMETERS} parameters are read")
        page = NextPage(resource_type, tuple(pairs), "")
        tail = f"?{urlencode(pairs)}" if pairs else ""
        return await self._answer(request, page, f"/{resource_type}{tail}")

    async def _next(self, request: Request) -> Response:
        call.note(operation=_SEARCH)
        token = request.query_params.get("id", "")
        page = self._pages.read(call.current_sandbox(), token)
        return await self._answer(request, page, f"/_page?{urlencode({'id': token})}")

    async def _answer(self, request: Request, wanted: NextPage, self_link: str) -> Response:
        base = _base(request)
        told, board = self._context.settings, self._context.floor.faults
        actor = self._actor(request, wanted)
        if await board.delayed(faults.SEARCH_UNAVAILABLE, actor=actor, operation=_SEARCH):
            raise errors.SEARCH_UNAVAILABLE.error()
        if await board.delayed(faults.SEARCH_TIMEOUT, actor=actor, operation=_SEARCH):
            raise errors.TIMEOUT.error()
        query = read_query(
            wanted.resource_type, wanted.pairs, page=told.annuaire_page, largest_page=told.annuaire_largest_page
        )
        delta = any(isinstance(clause, UpdatedClause) for clause in query.clauses)
        forgetful = delta and bool(board.strikes(faults.DELTA_INCOMPLETE, actor=actor, operation=_SEARCH))
        page = await search_resources(self._context, query, wanted.after, forgetful=forgetful)
        links = [{"relation": "self", "url": base + self_link}]
        if page.last:
            token = self._pages.write(call.current_sandbox(), NextPage(wanted.resource_type, wanted.pairs, page.last))
            links.append({"relation": "next", "url": f"{base}/_page?{urlencode({'id': token})}"})
        if board.strikes(faults.NO_TOTAL, actor=actor, operation=_SEARCH):
            page = replace(page, total=None)
        for point in faults.DISTORTIONS:
            if board.strikes(point, actor=actor, operation=_SEARCH):
                changed = [tuple(map(DISTORTIONS[point], shown)) for shown in (page.matches, page.included)]
                page = replace(page, matches=changed[0], included=changed[1])
        return _fhir(_bundle(base, page, links, query.elements))

    def _actor(self, request: Request, wanted: NextPage) -> str:
        """Whom a rule may be about: a professional searched by number when a rule names one, else the key's holder."""
        numbers = {text for name, value in wanted.pairs if name == "identifier" for text in value.split(",")}
        numbers = {text.rpartition("|")[2] for text in numbers}
        named = (rule.actor for rule in self._context.floor.faults.rules if rule.actor in numbers)
        return next(named, None) or request.headers.get("esante-api-key", "")


def _form(body: bytes) -> list[tuple[str, str]]:
    try:
        text = body.decode("utf-8")
        return parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError as error:
        raise errors.BAD_PARAMETER.error(
            rule=f"the body is not a form in UTF-8 of at most {_MOST_PARAMETERS} fields"
        ) from error


def _base(request: Request) -> str:
    """The address of the FHIR server, in the form the caller used."""
    versioned = request.url.path.startswith("/fhir/v2/")
    return call.current().base + ("/fhir/v2" if versioned else "/fhir")


def _bundle(base: str, page: Page, links: list[dict[str, str]], elements: tuple[str, ...]) -> Resource:
    bundle: Resource = {"resourceType": "Bundle", "id": str(uuid.uuid4()), "type": "searchset"}
    if page.total is not None:
        bundle["total"] = page.total
    bundle["link"] = links
    entries: list[Resource] = []
    for mode, resources in (("match", page.matches), ("include", page.included)):
        for resource in resources:
            url = f"{base}/{resource['resourceType']}/{resource['id']}"
            shown = _subset(resource, elements) if elements and mode == "match" else resource
            entries.append({"fullUrl": url, "resource": shown, "search": {"mode": mode}})
    if entries:  # FHIR has no empty arrays
        bundle["entry"] = entries
    return bundle


def _subset(resource: Resource, elements: tuple[str, ...]) -> Resource:
    kept = {name: value for name, value in resource.items() if name in (*_ALWAYS, *elements)}
    return kept | {"meta": {**kept["meta"], "tag": [{"system": SUBSETTED, "code": "SUBSETTED"}]}}


def _refused(refusal: SegurError) -> Response:
    row = refusal.refusal
    status = _STATUS.get(row, row.kind.value)
    if row in _GATEWAY:
        body = {"message": refusal.text, "http_status_code": status}
        headers = {}
        if row is errors.QUOTA:
            headers = {"X-Rate-Limit-Limit": "17", "X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "1"}
        return Response(orjson.dumps(body), status, headers, "application/json")
    code = refusal.code if row.code.islower() else _ISSUES.get(row.kind, "processing")
    return _fhir(operation_outcome(code, refusal.detail), status)


def _fhir(resource: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(resource), status, media_type="application/fhir+json;charset=utf-8")

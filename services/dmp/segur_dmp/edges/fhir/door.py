"""The routes of the FHIR door, and the outcome of every refusal; `openapi.json` beside this module describes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segur.kernel.errors import SegurError
from segur.kernel.openapi import openapi_route
from segur.wire.fhir_json import FhirRefused
from segur.wire.xds import MetadataRefused
from segur_dmp.context import Context
from segur_dmp.edges.fhir import answers, change, existence, read, search, submit
from segur_dmp.edges.fhir.capability import capability
from segur_dmp.edges.fhir.desk import BASE, Desk, base

Interaction = Callable[[Desk, Request], Awaitable[Response]]


async def _metadata(desk: Desk, request: Request) -> Response:
    return answers.fhir(capability(base(), desk.context.floor.clock.now()))


async def _unsupported(desk: Desk, request: Request) -> Response:
    rule = f"{request.method} is not offered here, see {BASE}/metadata"
    raise FhirRefused(request.url.path.removeprefix(BASE)[:80], rule, issue="not-supported", status=405)


INTERACTIONS: Final[tuple[tuple[str, str, Interaction], ...]] = (
    ("GET", "/metadata", _metadata),
    ("POST", "", submit.transaction),
    ("POST", "/", submit.transaction),
    ("POST", "/DocumentReference", submit.publish),
    ("PATCH", "/DocumentReference", change.by_identifier),
    ("GET", "/DocumentReference", search.documents),
    ("POST", "/DocumentReference/_search", search.documents),
    ("GET", "/DocumentReference/{id}", read.document),
    ("PATCH", "/DocumentReference/{id}", change.by_id),
    ("GET", "/List", search.sets),
    ("POST", "/List/_search", search.sets),
    ("GET", "/List/{id}", read.submission_set),
    ("GET", "/Binary/{id}", read.content),
    ("GET", "/Patient", existence.search),
    ("POST", "/Patient/_search", existence.search),
    ("GET", "/Patient/{id}", existence.read),
)


class FhirDoor:
    """Reads requests, calls the acts, writes resources, bundles and outcomes."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._desk = Desk(context)

    def routes(self) -> list[Route]:
        """The routes under `/dmp/fhir`."""
        found = [Route(BASE + path, self._entered(act), methods=[method]) for method, path, act in INTERACTIONS]
        every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        described = openapi_route(BASE + "/openapi.json", __package__)
        return [described, *found, Route(BASE + "/{rest:path}", self._entered(_unsupported), methods=every)]

    def _entered(self, act: Interaction) -> Callable[[Request], Awaitable[Response]]:
        async def enter(request: Request) -> Response:
            try:
                return await act(self._desk, request)
            except (SegurError, MetadataRefused, FhirRefused) as refusal:
                return answers.refused(refusal)

        return enter

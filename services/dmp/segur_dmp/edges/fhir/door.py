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
from segur_dmp.edges.fhir import answers, change, existence, negotiate, read, search, submit
from segur_dmp.edges.fhir.capability import capability
from segur_dmp.edges.fhir.desk import BASE, Desk, base

Interaction = Callable[[Desk, Request], Awaitable[Response]]


async def _metadata(desk: Desk, request: Request) -> Response:
    negotiate.check_media_types(request, with_body=False)
    return answers.fhir(capability(base(), desk.context.floor.clock.now()))


async def _unsupported(desk: Desk, request: Request) -> Response:
    """What is served in another way is 405 with the ways there are; a type or a place that is not served is 404."""
    place = request.url.path.removeprefix(BASE)
    ways = sorted({method for method, path, _ in INTERACTIONS if _fits(path, place)})
    rule = f"{request.method} is not offered here, see {BASE}/metadata"
    refusal = FhirRefused(place[:80] or "/", rule, issue="not-supported", status=405 if ways else 404)
    answer = answers.refused(refusal)
    if ways:
        answer.headers["allow"] = ", ".join(ways)
    return answer


def _fits(path: str, place: str) -> bool:
    """Whether a place is of the form of a route's path."""
    ours, theirs = path.split("/"), place.split("/")
    return len(ours) == len(theirs) and all(one in ("{id}", other) for one, other in zip(ours, theirs, strict=True))


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
        others = [Route(BASE + path, self._entered(_unsupported), methods=every) for path in ("", "/{rest:path}")]
        return [described, *found, *others]

    def _entered(self, act: Interaction) -> Callable[[Request], Awaitable[Response]]:
        async def enter(request: Request) -> Response:
            try:
                return await act(self._desk, request)
            except (SegurError, MetadataRefused, FhirRefused) as refusal:
                return answers.refused(refusal)

        return enter

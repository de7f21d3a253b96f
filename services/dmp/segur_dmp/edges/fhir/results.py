"""Searchset Bundles: pages with opaque links, parts of resources, warnings [DMP digest 4.3]."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from starlette.responses import Response

from segur.wire import fhir_pdsm
from segur.wire.fhir_json import Resource
from segur_dmp.edges.fhir import answers, requests
from segur_dmp.edges.fhir.desk import base

Entry = tuple[str, Resource]
"""fullUrl and resource."""
T = TypeVar("T")
Key = Callable[[T], Any]

_ALWAYS: Final = ("resourceType", "id", "meta", "status", "content", "mode", "code")
"""Mandatory elements stay in whatever part of a resource is asked for."""
_SUMMARY: Final = (
    "masterIdentifier", "identifier", "type", "category", "subject", "date", "author", "relatesTo", "description",
    "securityLabel", "title", "source", "active",
)  # fmt: skip
_SUBSETTED: Final = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}


def searchset(
    kind: str,
    matches: Sequence[Entry],
    asked: requests.Search,
    total: int,
    ignored: Sequence[str],
    included: Sequence[Entry] = (),
) -> Response:
    """One page of what was found; `ignored` parameters are warned of."""
    counting = asked.summary == "count"
    shown = [] if counting else [(where, part(resource, asked)) for where, resource in matches]
    warnings = [f"parameter {name[:80]} is not supported, it was ignored" for name in ignored]
    bundle = fhir_pdsm.searchset(shown, self_url="", total=total, warnings=warnings)
    more = [
        {"fullUrl": where, "resource": part(resource, asked), "search": {"mode": "include"}}
        for where, resource in ([] if counting else included)
    ]
    if more:
        at = len(shown)
        bundle["entry"] = [*bundle["entry"][:at], *more, *bundle["entry"][at:]]
    bundle["link"] = _links(f"{base()}/{kind}", asked, 0 if counting else total, ignored)
    return answers.fhir(bundle)


def part(resource: Resource, asked: requests.Search) -> Resource:
    """The elements asked for (`_elements`, `_summary`), marked as a part.

    No resource of this door has a narrative: `_summary=text` gives what is mandatory, `data` everything.
    """
    wanted: tuple[str, ...]
    if asked.summary == "true":
        wanted = (*_ALWAYS, *_SUMMARY)
    elif asked.summary == "text":
        wanted = _ALWAYS
    elif asked.elements:
        wanted = (*_ALWAYS, *asked.elements)
    else:
        return resource
    kept = {name: value for name, value in resource.items() if name in wanted}
    if "contained" in resource and any(name in kept for name in ("author", "authenticator", "source", "context")):
        kept["contained"] = resource["contained"]  # references lead there
    kept["meta"] = {**resource.get("meta", {}), "tag": [_SUBSETTED]}
    return kept


def _links(url: str, asked: requests.Search, total: int, ignored: Sequence[str]) -> list[Resource]:
    """Self, and where there are more pages the links to them, which mean something to this server only."""
    here = asked.offset
    links = [
        {"relation": "self", "url": f"{url}?_page={asked.token(here)}" if here else f"{url}?{asked.query(ignored)}"}
    ]
    places = {"first": 0 if here else None, "previous": max(0, here - asked.count) if here else None}
    places["next"] = here + asked.count if asked.count and here + asked.count < total else None
    links += [
        {"relation": relation, "url": f"{url}?_page={asked.token(offset)}"}
        for relation, offset in places.items()
        if offset is not None
    ]
    return links

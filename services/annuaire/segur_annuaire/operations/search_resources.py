"""Search resources: a page of matches, what comes with them, and where the next page begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from segur_annuaire.context import Context
from segur_annuaire.domain.criteria import Query
from segur_annuaire.domain.parameters import PARAMETERS
from segur_annuaire.domain.pieces import Resource


@dataclass(frozen=True, slots=True)
class Page:
    """`total` is None when it was not asked for; `last` the id after which the next page begins, empty at the end."""

    matches: tuple[Resource, ...]
    included: tuple[Resource, ...]
    total: int | None
    last: str


async def search_resources(context: Context, query: Query, after: str = "", *, forgetful: bool = False) -> Page:
    """One page, ordered by id, beginning after the id `after` [PSC digest 3.3].

    A `forgetful` search shows no inactive shell at all, as a delta older than the retention does.
    """
    directory = context.directory
    days = -1 if forgetful else context.settings.annuaire_retention_days
    kept = context.floor.clock.now() - timedelta(days=days)
    matches, more, count = await directory.search(query, after, f"{kept:%Y%m%d%H%M%S}")
    total = count if query.total or not query.count else None
    here = {f"{query.resource_type}/{resource['id']}" for resource in matches}
    included = await directory.referred(
        reference
        for resource in matches
        for parameter in query.includes
        for reference in _references(resource, parameter)
    )
    for resource_type, parameter in query.revincludes:
        included += await directory.referring(resource_type, parameter, sorted(here))
    beside = {f"{resource['resourceType']}/{resource['id']}": resource for resource in included}
    others = tuple(resource for reference, resource in beside.items() if reference not in here)
    return Page(tuple(matches), others, total, matches[-1]["id"] if more else "")


def _references(resource: Resource, parameter: str) -> Iterator[str]:
    for path in PARAMETERS[resource["resourceType"]][parameter].paths:
        holder = resource.get(path.removesuffix(".reference"))
        if holder:
            yield holder["reference"]

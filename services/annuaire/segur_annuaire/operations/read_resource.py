"""Read one resource by its id."""

from __future__ import annotations

from segur_annuaire import errors
from segur_annuaire.context import Context
from segur_annuaire.domain.parameters import PARAMETERS
from segur_annuaire.domain.pieces import Resource


def known_type(resource_type: str) -> str:
    """The type itself; raise `errors.UNKNOWN_TYPE` for one the directory does not serve."""
    if resource_type not in PARAMETERS:
        raise errors.UNKNOWN_TYPE.error(type=resource_type)
    return resource_type


async def read_resource(context: Context, resource_type: str, identifier: str) -> Resource:
    """The resource; raise `errors.UNKNOWN_TYPE` or `errors.UNKNOWN_RESOURCE`."""
    found = await context.directory.read(known_type(resource_type), identifier)
    if found is None:
        raise errors.UNKNOWN_RESOURCE.error(type=resource_type, id=identifier)
    return found

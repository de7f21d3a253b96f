"""How a resource shown can differ from the tidy one, each on demand [PSC digest 4.4]."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from segur_annuaire import faults
from segur_annuaire.domain import systems
from segur_annuaire.domain.pieces import Resource

_VERSION: Final = "|1.2.0-snapshot-2"


def _without_organization(resource: Resource) -> Resource:
    if resource["resourceType"] != "PractitionerRole":
        return resource
    return {name: value for name, value in resource.items() if name != "organization"}


def _with_other_rank_system(resource: Resource) -> Resource:
    identifiers = [
        one | {"system": systems.RPPS} if one.get("system") == systems.RPPS_RANK else one
        for one in resource.get("identifier", ())
    ]
    return resource | ({"identifier": identifiers} if identifiers else {})


def _with_versioned_profiles(resource: Resource) -> Resource:
    meta = resource["meta"]
    return resource | {"meta": meta | {"profile": [profile + _VERSION for profile in meta["profile"]]}}


DISTORTIONS: Final[Mapping[str, Callable[[Resource], Resource]]] = MappingProxyType(
    {
        faults.ROLE_WITHOUT_ORGANIZATION: _without_organization,
        faults.RPPSRANG_SYSTEM: _with_other_rank_system,
        faults.PROFILE_VERSIONED: _with_versioned_profiles,
    }
)
"""By fault point."""

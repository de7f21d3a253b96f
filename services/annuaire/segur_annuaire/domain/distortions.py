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


def _with_v1_ids(resource: Resource) -> Resource:
    """The two numbers of an id change places, here and in references; organisations keep theirs."""
    changed = dict(resource)
    if resource["resourceType"] in ("Practitioner", "PractitionerRole"):
        changed["id"] = _swapped(resource["id"])
    if resource["resourceType"] == "PractitionerRole":
        kind, _, identifier = resource.get("practitioner", {}).get("reference", "").partition("/")
        if identifier:
            changed["practitioner"] = {"reference": f"{kind}/{_swapped(identifier)}"}
    return changed


def _swapped(identifier: str) -> str:
    prefix, _, numbers = identifier.partition("-")
    first, _, second = numbers.partition("-")
    return f"{prefix}-{second}-{first}"


def _of_another_structure(resource: Resource) -> Resource:
    if resource["resourceType"] != "Organization" or "type" not in resource:
        return resource
    types = [one | {"coding": [_other_sector(coding) for coding in one["coding"]]} for one in resource["type"]]
    return resource | {"type": types, "name": f"{resource['name']} - ANCIEN SITE"}


def _other_sector(coding: Resource) -> Resource:
    if coding["system"] != systems.SECTOR:
        return coding
    return coding | {"code": "SA07" if coding["code"] != "SA07" else "SA08"}


DISTORTIONS: Final[Mapping[str, Callable[[Resource], Resource]]] = MappingProxyType(
    {
        faults.ROLE_WITHOUT_ORGANIZATION: _without_organization,
        faults.RPPSRANG_SYSTEM: _with_other_rank_system,
        faults.PROFILE_VERSIONED: _with_versioned_profiles,
        faults.V1_IDS: _with_v1_ids,
        faults.OTHER_STRUCTURE: _of_another_structure,
    }
)
"""By fault point."""

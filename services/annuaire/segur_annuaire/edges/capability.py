"""What the directory says of itself at `/metadata` [PSC digest 3.2, 3.3, 3.4]."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from segur_annuaire.domain.parameters import INCLUDES, PARAMETERS, REVINCLUDES


def capability_statement(base: str, moment: datetime) -> dict[str, Any]:
    """The CapabilityStatement of the server at `base`, made from the same tables that searches are read with."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": moment.isoformat(timespec="seconds"),
        "publisher": "SégurStack",
        "kind": "instance",
        "software": {"name": "SégurStack Annuaire"},
        "implementation": {"description": "Annuaire Santé emulated with fictional professionals", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [{"mode": "server", "resource": [_resource(name) for name in PARAMETERS]}],
    }


def _resource(name: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "type": name,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "searchInclude": [f"{name}:{parameter}" for parameter in INCLUDES[name]],
        "searchRevInclude": [f"{kind}:{parameter}" for kind, parameter in REVINCLUDES[name]],
        "searchParam": [
            {"name": parameter.name, "type": parameter.kind.value} for parameter in PARAMETERS[name].values()
        ],
    }
    return {field: value for field, value in told.items() if value}  # FHIR has no empty arrays

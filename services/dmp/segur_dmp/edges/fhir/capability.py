"""What the FHIR door can do: the CapabilityStatement at `/metadata` [DMP digest 4]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from segur.wire.fhir_json import Resource
from segur.wire.fhir_pdsm_write import PDSM
from segur.wire.fhir_search import DOCUMENT_INCLUDES, SET_INCLUDES
from segur_dmp.edges.fhir.answers import MEDIA_TYPE
from segur_dmp.edges.fhir.change import FORMATS

_MHD: Final = "https://profiles.ihe.net/ITI/MHD/"
_TOKENS: Final = (
    "_id", "identifier", "status", "type", "category", "format", "setting", "facility", "event", "security-label",
    "isArchived", "code", "designationType", "sourceId", "patient.identifier",
)  # fmt: skip
_DATES: Final = ("creation", "date", "period", "period-start", "period-end")
_STRINGS: Final = ("author.given", "author.family", "source.given", "source.family", "title")
SEARCHES: Final[Mapping[str, Sequence[str]]] = {
    "DocumentReference": (
        "patient", "patient.identifier", "status", "type", "category", "format", "setting", "facility", "event",
        "security-label", "identifier", "creation", "date", "period", "period-start", "period-end", "isArchived",
        "author", "author.given", "author.family", "relatesto", "related", "_id",
    ),
    "List": (
        "patient", "patient.identifier", "code", "status", "date", "identifier", "designationType", "sourceId", "title",
        "source", "source.given", "source.family", "authorOrg", "isArchived", "_id",
    ),
    "Patient": ("identifier",),
}  # fmt: skip
"""Every search parameter of each resource."""
_PROFILES: Final = {
    "DocumentReference": (
        f"{PDSM}pdsm-comprehensive-document-reference",
        f"{PDSM}pdsm-simplified-publish",
    ),
    "List": (f"{PDSM}pdsm-submissionset-comprehensive",),
    "Binary": (),
    "Patient": (),
}
_INTERACTIONS: Final = {
    "DocumentReference": ("create", "read", "patch", "search-type"),
    "List": ("read", "search-type"),
    "Binary": ("read",),
    "Patient": ("read", "search-type"),
}


def capability(base: str, moment: datetime) -> Resource:
    """The CapabilityStatement of the door at `base`."""
    security = {
        "description": "Access token of Pro Santé Connect (Bearer), client certificate of the structure, or both"
    }
    rest = {
        "mode": "server",
        "documentation": "patient (or patient.identifier) and status are mandatory in searches, code too for List",
        "security": security,
        "resource": [_resource(name) for name in _INTERACTIONS],
        "interaction": [{"code": "transaction", "documentation": "ITI-65: one submission set"}],
    }
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": moment.isoformat(timespec="seconds"),
        "publisher": "SégurStack",
        "kind": "instance",
        "software": {"name": "SégurStack DMP"},
        "implementation": {"description": "PDSm on the DMP emulated by SégurStack", "url": base},
        "fhirVersion": "4.0.1",
        "format": [MEDIA_TYPE, "json"],
        "patchFormat": list(FORMATS),
        "implementationGuide": ["https://interop.esante.gouv.fr/ig/fhir/pdsm/ImplementationGuide/ans.fhir.fr.pdsm"],
        "instantiates": [f"{_MHD}CapabilityStatement/IHE.MHD.DocumentResponder"],
        "rest": [rest],
    }


def _resource(name: str) -> Resource:
    resource: Resource = {"type": name, "interaction": [{"code": code} for code in _INTERACTIONS[name]]}
    if _PROFILES[name]:
        resource["supportedProfile"] = list(_PROFILES[name])
    if name == "DocumentReference":
        resource |= {
            "versioning": "versioned-update",
            "conditionalUpdate": False,
            "searchInclude": sorted(DOCUMENT_INCLUDES - {"List:item"}),
            "searchRevInclude": ["List:item"],
        }
    elif name == "List":
        resource["searchInclude"] = sorted(SET_INCLUDES)
    if name in SEARCHES:
        resource["searchParam"] = [{"name": one, "type": _kind(one)} for one in SEARCHES[name]]
    return resource


def _kind(parameter: str) -> str:
    for kind, names in (("token", _TOKENS), ("date", _DATES), ("string", _STRINGS)):
        if parameter in names:
            return kind
    return "reference"

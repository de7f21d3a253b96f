"""TD0.2 by FHIR: does the patient have a DMP [DMP digest 4.1, 4.2]."""

from __future__ import annotations

from datetime import date
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from segur.wire.fhir_json import FhirRefused, Resource, scheme_of, system_of
from segur.wire.xds import MetadataRefused, cx
from segur_dmp.domain.account import Account
from segur_dmp.domain.rights import Act
from segur_dmp.edges.fhir import answers, negotiate, requests, results
from segur_dmp.edges.fhir.desk import Desk, base, unknown
from segur_dmp.operations.test_existence import Existence, reread_existence, test_existence
from segur_dmp.pipeline import UNKNOWN_PATIENT, Caller

_EXTENSIONS: Final = "https://interop.esante.gouv.fr/ig/fhir/pdsm4dmp/StructureDefinition/"
"""NOTE: the names are those of the draft guide, its canonical is inferred."""


async def search(desk: Desk, request: Request) -> Response:
    """GET Patient?identifier=…: `active` tells whether the DMP is open; no trait is given (RG_0320)."""
    async with desk.attempt("TD0.2") as trial:
        negotiate.check_media_types(request, with_body=False)
        visitor = await desk.visitor(request, Act.TEST)
        asked = await requests.read_search(request)
        ignored = tuple(dict.fromkeys(name for name, _ in asked.pairs if name != "identifier"))
        negotiate.check_handled(request, ignored)
        named = [value for name, value in asked.pairs if name == "identifier"]
        system, bar, value = (named[0] if len(named) == 1 else "").rpartition("|")
        if not bar or not value:
            rule = "mandatory, once, as urn:oid:<authority of the INS>|<matricule>"
            raise FhirRefused("identifier", rule, issue="value", status=400)
        patient = cx(value, scheme_of(system), "NH")
        caller = desk.caller(trial, visitor, patient, "identifier")
        found = await test_existence(desk.context, caller, patient, act=Act.TEST)
    matches = []
    if found.account is not None:
        matches.append((f"{base()}/Patient/{caller.patient}", _patient(caller, found, found.account)))
    return results.searchset("Patient", matches, asked, len(matches), ignored)


async def read(desk: Desk, request: Request) -> Response:
    """GET Patient/id: the id is a pseudonym, what it stands for is told to who may search that DMP.

    A closed DMP is nobody's to search: it is found by the INS alone.
    """
    async with desk.attempt("TD0.2") as trial:
        negotiate.check_media_types(request, with_body=False)
        wanted = requests.read_part(request.query_params.multi_items())
        visitor = await desk.visitor(request, Act.SEARCH)
        account = await desk.context.records.accounts.of(request.path_params["id"])
        if account is None:
            raise unknown("Patient", request.path_params["id"])
        caller = desk.caller(trial, visitor, account.ins, "Patient.identifier")
        try:
            found = await reread_existence(desk.context, caller)
        except MetadataRefused as refusal:
            if refusal.code != UNKNOWN_PATIENT:
                raise
            raise unknown("Patient", request.path_params["id"]) from refusal
        if found.account is None:
            raise unknown("Patient", request.path_params["id"])
    return answers.fhir(results.part(_patient(caller, found, found.account), wanted))


def _patient(caller: Caller, found: Existence, account: Account) -> Resource:
    identity = {"system": system_of(caller.ins.oid), "value": caller.ins.matricule}
    extensions: list[Resource] = [
        {"url": f"{_EXTENSIONS}dmp-rattachement-mes", "valueBoolean": account.attached},
        {"url": f"{_EXTENSIONS}dmp-medecin-traitant", "valueBoolean": found.treating},
    ]
    if account.closed_at is not None and not found.active:
        extensions.append({"url": f"{_EXTENSIONS}dmp-fermeture", "extension": _closing(account, account.closed_at)})
    return {
        "resourceType": "Patient",
        "id": caller.patient,
        "extension": extensions,
        "identifier": [identity],
        "active": found.active,
    }


def _closing(account: Account, day: date) -> list[Resource]:
    parts: list[Resource] = [{"url": "dateFermeture", "valueDate": f"{day:%Y-%m-%d}"}]
    for name, text in (("motifFermeture", account.motif), ("raisonFermeture", account.raison)):
        if text:
            parts.append({"url": name, "valueString": text})
    return parts

"""What the DMP is made of."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Route

from segur.kernel.service import Floor, Service
from segur.personas.country import build_country
from segur_dmp import faults
from segur_dmp.clients import TokenCheck
from segur_dmp.context import Context
from segur_dmp.domain.directory import Directory
from segur_dmp.domain.rights import Grant
from segur_dmp.edges.fhir_door import FhirDoor
from segur_dmp.edges.mes_door import MesDoor
from segur_dmp.edges.soap.door import SoapDoor
from segur_dmp.listeners import handlers
from segur_dmp.settings import Settings
from segur_dmp.store import Records


def build(settings: Settings) -> Service:
    """The DMP and Mon espace santé, described."""
    floor = Floor.of("dmp", settings)
    floor.faults.declare(faults.POINTS)
    country = build_country(settings.seed, settings.population, settings.professionals)
    records = Records(floor.store)
    context = Context(floor, settings, records, Directory.of(country), TokenCheck(settings))
    soap = SoapDoor(context)
    app = Starlette(
        routes=[
            Route("/si-dmp-server/v2/services/{service:path}", soap.__call__, methods=["POST"]),
            *FhirDoor(context).routes(),
            *MesDoor(context).routes(),
        ]
    )

    async def seed(sandbox: str) -> None:
        now = floor.clock.now()
        accounts, authorizations = [], []
        for patient in country.patients:
            pseudonym = floor.pseudonyms.of(patient.ins)
            accounts.append(
                records.accounts.document(
                    sandbox,
                    pseudonym,
                    patient.ins,
                    state=patient.dmp.value,
                    given=list(patient.given_names),
                    birth_name=patient.birth_name,
                    sex=patient.sex,
                    birth_date=patient.birth_date.strftime("%Y%m%d"),
                )
            )
            for key in dict.fromkeys((*patient.authorised, *filter(None, (patient.treating_doctor,)))):
                grant = Grant(now, treating=key == patient.treating_doctor)
                id_nat = str(country.professional(key).id_nat)
                authorizations.append(records.authorizations.document(sandbox, pseudonym, id_nat, grant))
        if accounts:
            await records.accounts.table.insert(*accounts)
        if authorizations:
            await records.authorizations.table.insert(*authorizations)

    return Service(floor, app, handlers=handlers(context), seed=seed, closing=[context.tokens.close])

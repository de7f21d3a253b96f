"""What the DMP is made of."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Route

from segur.kernel.service import Floor, Service
from segur.personas.country import build_country
from segur_dmp import faults
from segur_dmp.context import Context
from segur_dmp.edges.mes_door import MesDoor
from segur_dmp.edges.soap_door import SoapDoor
from segur_dmp.settings import Settings
from segur_dmp.store import Records


def build(settings: Settings) -> Service:
    """The DMP and Mon espace santé, described."""
    floor = Floor.of("dmp", settings)
    floor.faults.declare(faults.POINTS)
    context = Context(floor, settings, Records(floor.store))
    soap = SoapDoor(context)
    app = Starlette(
        routes=[
            Route("/si-dmp-server/v2/services/{service:path}", soap.__call__, methods=["POST"]),
            *MesDoor(context).routes(),
        ]
    )

    async def seed(sandbox: str) -> None:
        country = build_country(settings.seed, settings.population, settings.professionals)
        accounts = [
            context.records.account_document(
                sandbox,
                floor.pseudonyms.of(patient.ins),
                patient.ins,
                state=patient.dmp.value,
                given=list(patient.given_names),
                birth_name=patient.birth_name,
                sex=patient.sex,
                birth_date=patient.birth_date.strftime("%Y%m%d"),
            )
            for patient in country.patients
        ]
        if accounts:
            await context.records.accounts.insert(*accounts)

    return Service(floor, app, seed=seed)

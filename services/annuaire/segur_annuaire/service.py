"""What the directory is made of."""

from __future__ import annotations

from starlette.applications import Starlette

from segur.kernel.openapi import openapi_route
from segur.kernel.service import Floor, Service
from segur_annuaire import faults
from segur_annuaire.context import Context
from segur_annuaire.edges.extraction_door import ExtractionDoor
from segur_annuaire.edges.fhir_door import FhirDoor
from segur_annuaire.edges.register_door import RegisterDoor
from segur_annuaire.jobs import jobs
from segur_annuaire.operations.load_population import Loader
from segur_annuaire.operations.seed import seed
from segur_annuaire.settings import Settings
from segur_annuaire.store.directory import Directory
from segur_annuaire.store.register import Register


def build(settings: Settings) -> Service:
    """The Annuaire Santé, described."""
    floor = Floor.of("annuaire", settings)
    floor.faults.declare(faults.POINTS)
    register = Register(floor.store)
    context = Context(floor, settings, Directory(floor.store, register), register)

    loader = Loader(context)
    doors = (RegisterDoor(context, loader), ExtractionDoor(context), FhirDoor(context))
    described = openapi_route("/annuaire/openapi.json", "segur_annuaire.edges")
    app = Starlette(routes=[described, *(route for door in doors for route in door.routes())])

    async def fill(sandbox: str) -> None:
        await seed(context, sandbox)

    async def ready() -> None:
        await context.directory.catalogues.current()  # the first search need not wait for it

    return Service(floor, app, seed=fill, jobs=jobs(context, loader), opened=[ready], closing=[loader.stop])

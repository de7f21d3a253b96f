"""What the directory is made of."""

from __future__ import annotations

from segur.kernel.service import Floor, Service
from segur_annuaire import faults
from segur_annuaire.context import Context
from segur_annuaire.edges.fhir_door import FhirDoor
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

    async def fill(sandbox: str) -> None:
        await seed(context, sandbox)

    return Service(floor, FhirDoor(context).app(), seed=fill)

"""What INSi is made of."""

from __future__ import annotations

from segur.kernel.service import Floor, Service
from segur_ins import faults
from segur_ins.context import Context
from segur_ins.edges.soap_door import SoapDoor
from segur_ins.operations.seed import seed
from segur_ins.settings import Settings
from segur_ins.store import Register


def build(settings: Settings) -> Service:
    """INSi, described."""
    floor = Floor.of("ins", settings)
    floor.faults.declare(faults.POINTS)
    context = Context(floor, settings, Register(floor.store))

    async def fill(sandbox: str) -> None:
        await seed(context, sandbox)

    return Service(floor, SoapDoor(context).app(), seed=fill)

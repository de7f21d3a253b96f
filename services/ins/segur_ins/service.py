"""What INSi is made of."""

from __future__ import annotations

from starlette.applications import Starlette

from segur.kernel.service import Floor, Service
from segur_ins import faults
from segur_ins.clients import ApiTokens
from segur_ins.context import Context
from segur_ins.edges.soap_door import SoapDoor
from segur_ins.edges.verification_door import VerificationDoor
from segur_ins.jobs import verifier
from segur_ins.operations.seed import seed
from segur_ins.settings import Settings
from segur_ins.store import Batches, Register


def build(settings: Settings) -> Service:
    """INSi, described."""
    floor = Floor.of("ins", settings)
    floor.faults.declare(faults.POINTS)
    context = Context(floor, settings, Register(floor.store), Batches(floor.store), ApiTokens(settings))

    async def fill(sandbox: str) -> None:
        await seed(context, sandbox)

    app = Starlette(routes=[*SoapDoor(context).routes(), *VerificationDoor(context).routes()])
    return Service(floor, app, seed=fill, jobs=[verifier(context)], closing=[context.tokens.close])

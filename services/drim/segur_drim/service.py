"""What the source DRIMbox is made of."""

from __future__ import annotations

from segur.kernel.service import Floor, Service
from segur_drim import faults
from segur_drim.clients import DmpClient, token_check
from segur_drim.context import Context
from segur_drim.edges.dicomweb import DicomWeb
from segur_drim.jobs import Publisher
from segur_drim.listeners import MllpListener, handlers
from segur_drim.operations.seed import seed
from segur_drim.settings import Settings
from segur_drim.store import Archive


def build(settings: Settings) -> Service:
    """The box, described."""
    floor = Floor.of("drim", settings)
    floor.faults.declare(faults.POINTS)
    context = Context(floor, settings, Archive(floor.store), token_check(settings), DmpClient(settings))

    async def fill(sandbox: str) -> None:
        await seed(context, sandbox)

    publisher = Publisher(context)
    return Service(
        floor,
        DicomWeb(context).app(),
        handlers=handlers(context),
        jobs=[publisher.job()],
        listeners=[MllpListener(context)],
        seed=fill,
        closing=[context.tokens.close, context.dmp.close, publisher.stop],
    )

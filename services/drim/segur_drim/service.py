"""What the source DRIMbox is made of."""

from __future__ import annotations

from datetime import UTC, datetime

from segur.kernel.service import Floor, Service
from segur_drim import faults
from segur_drim.clients import DmpClient, token_check
from segur_drim.context import Context
from segur_drim.domain.pauses import read_pauses, resumes_at
from segur_drim.edges.administration import Administration
from segur_drim.edges.dicomweb import DicomWeb
from segur_drim.jobs import Publisher, Resynchroniser
from segur_drim.listeners import MllpListener, handlers
from segur_drim.operations.seed import seed
from segur_drim.settings import Settings
from segur_drim.store import Archive, Publications, Reports, Resyncs


def build(settings: Settings) -> Service:
    """The box, described; raise `ValueError` for pauses of the resynchronisation that are none."""
    resumes_at(read_pauses(settings.drim_resync_pauses), datetime.now(UTC))
    floor = Floor.of("drim", settings)
    floor.faults.declare(faults.POINTS)
    context = Context(
        floor,
        settings,
        archive=Archive(floor.store),
        reports=Reports(floor.store),
        publications=Publications(floor.store),
        resyncs=Resyncs(floor.store),
        tokens=token_check(settings),
        dmp=DmpClient(settings),
    )

    async def fill(sandbox: str) -> None:
        await seed(context, sandbox)

    publisher = Publisher(context)
    return Service(
        floor,
        DicomWeb(context).app(Administration(context).routes()),
        handlers=handlers(context),
        jobs=[publisher.job(), Resynchroniser(context).job()],
        listeners=[MllpListener(context)],
        seed=fill,
        closing=[context.tokens.close, context.dmp.close, publisher.stop],
    )

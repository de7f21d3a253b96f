"""What the MSSanté operator is made of."""

from __future__ import annotations

from segur.kernel.service import Floor, Service
from segur_mssante import faults
from segur_mssante.clients import token_check
from segur_mssante.context import Context
from segur_mssante.edges.doors import ImapListener, SmtpListener, mail_tls
from segur_mssante.edges.http import HttpDoor
from segur_mssante.jobs import jobs
from segur_mssante.listeners import handlers
from segur_mssante.operations import seed
from segur_mssante.settings import Settings
from segur_mssante.store import MailStore, PscSessions


def build(settings: Settings) -> Service:
    """The operator, described."""
    floor = Floor.of("mssante", settings)
    floor.faults.declare(faults.POINTS)
    context = Context(floor, settings, MailStore(floor.store), token_check(settings), PscSessions(floor.store))
    tls = mail_tls(settings)

    async def fill(sandbox: str) -> None:
        await seed.seed(context, sandbox)

    return Service(
        floor,
        HttpDoor(context).app(),
        handlers=handlers(context),
        jobs=jobs(context),
        listeners=[
            SmtpListener(context, tls),
            ImapListener(context, tls),
            ImapListener(context, tls, secured=True),
        ],
        seed=fill,
        closing=[context.tokens.close],
    )

"""What the DMP does by itself: the deadlines of Mon espace santé, by each sandbox's clock."""

from __future__ import annotations

from segur.kernel import request
from segur.kernel.service import Job
from segur_dmp.context import Context
from segur_dmp.operations.mes.meet_deadlines import meet_deadlines


async def meet_everywhere(context: Context) -> None:
    """Meet what is due, sandbox by sandbox."""
    for sandbox in await context.floor.store.sandboxes.find({}):
        token = request.enter(request.Request(sandbox=str(sandbox["_id"])))
        try:
            await meet_deadlines(context)
        finally:
            request.leave(token)


def jobs(context: Context) -> tuple[Job, ...]:
    """The jobs of the service."""
    return (Job("meet deadlines", context.settings.mes_jobs_every, lambda: meet_everywhere(context)),)

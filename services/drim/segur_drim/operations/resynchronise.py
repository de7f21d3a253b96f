"""Resynchronisation: the box walks its KOS and brings those in line that are not what they should be [DB/SO.28].

A message of the RIS that was lost, an exam that left the PACS: what the walk finds is published or removed as any other
change is, after it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from segur.contracts.drim import KosResynchronised
from segur.kernel import request, tracing
from segur.kernel.store import Document, Insert
from segur_drim.context import Context
from segur_drim.domain.pauses import read_pauses, resumes_at
from segur_drim.operations.follow_report import why_behind
from segur_drim.store import FOLLOW


async def ask_resynchronisation(context: Context) -> Document:
    """Ask for one in the present sandbox; give its row: `asked`, and `due`, after the hours in which it waits."""
    now = datetime.now(UTC)
    asking = context.resyncs.asking(now, resumes_at(read_pauses(context.settings.drim_resync_pauses), now))
    await context.archive.commit([asking])
    context.resync_asked.ring()
    return asking.document


async def resynchronise(context: Context, row: Document) -> None:
    """Make one that was asked for, in its sandbox; raise `Conflict` when another process made it."""
    publications, now = context.publications, datetime.now(UTC)
    trace = tracing.current_traceparent()
    walked = 0
    found: list[Insert] = []
    async for current in publications.each_in_force():
        walked += 1
        study = str(current["study_uid"])
        is_behind, cause = await why_behind(context, current)
        if is_behind and not await publications.is_awaited(study):
            message = str(current.get("message", ""))
            found.append(publications.asking(study, message, trace, now, act=FOLLOW, cause=cause))
    run = str(row["_id"]).rpartition(":")[2]
    request.note(operation="drim.resync")
    await context.archive.commit(
        [*found, context.resyncs.ending(row, now, walked=walked, changed=len(found))],
        KosResynchronised(run=run, walked=walked, changed=len(found)),
    )
    context.due.ring(one.document for one in found)

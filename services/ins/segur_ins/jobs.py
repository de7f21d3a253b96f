"""What INSi does by itself: it verifies deposited files."""

from __future__ import annotations

import logging
from datetime import timedelta

from segur.kernel import request
from segur.kernel.errors import StoreAway
from segur.kernel.service import Job
from segur_ins.context import Context
from segur_ins.operations.verify_file import verify_batch

log = logging.getLogger("segur.ins.verifier")

_EVERY = timedelta(milliseconds=300)


def verifier(context: Context) -> Job:
    """Verifies each deposited file once its time has come, in its sandbox."""

    async def round_() -> None:
        for row in await context.batches.open():
            inside = request.enter(request.Request(sandbox=row["sandbox"], notes={}))
            try:
                if row["due_at"] <= context.floor.clock.now():
                    await verify_batch(context, row)
            except StoreAway:
                raise
            except Exception:  # a defect of ours on one file must not hold up the others; it is tried again
                log.exception("batch %s", row["_id"])
            finally:
                request.leave(inside)

    return Job("verify files", _EVERY, round_)

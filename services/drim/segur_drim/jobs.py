"""What the box does by itself: it brings each KOS to the DMP, again and again until it is decided [DMP/ALI/PROG.06]."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from datetime import UTC, datetime, timedelta

from opentelemetry.trace import SpanKind

from segur.kernel import request, tracing
from segur.kernel.errors import StoreAway
from segur.kernel.service import Job
from segur.kernel.store import Conflict, Document
from segur_drim.clients import DmpAway
from segur_drim.context import Context
from segur_drim.operations.publish_kos import publish_kos

log = logging.getLogger("segur.drim.publisher")

_BATCH = 8
"""Publications under way at a time."""
_LEASE, _RENEW_S = timedelta(seconds=10), 3.0
"""A publisher that died gives its publication back after the lease; one that works on renews it."""
_BEHIND = timedelta(milliseconds=500)
_LISTEN_S = 1.0
"""How long to wait for the bell before looking at what back-off has made due."""


class Publisher:
    """Publishes what is due, oldest first, one at a time for each study."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._under_way: dict[str, asyncio.Task[None]] = {}

    def job(self) -> Job:
        """The job; a report that arrives wakes it at once."""
        return Job("publish KOS", timedelta(milliseconds=5), self.round)

    async def round(self) -> None:
        """Wait for something to do, a second at most, and begin it.

        Each attempt is a task of its own: one that hangs (a row still locked by a process that died) holds up nobody.
        """
        bell = self._context.due
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(bell.wait(), _LISTEN_S)
        bell.clear()
        for publication in await self._context.archive.due(datetime.now(UTC), 2 * _BATCH):
            name = str(publication["_id"])
            if len(self._under_way) < _BATCH and name not in self._under_way:
                self._under_way[name] = task = asyncio.create_task(self._attempt(publication), name=f"publish {name}")
                task.add_done_callback(self._ended)

    async def stop(self) -> None:
        """End the attempts under way; what they have not settled waits for the next start."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Make room, and look for the next one at once unless the store was away."""
        self._under_way = {name: other for name, other in self._under_way.items() if other is not task}
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            self._context.due.set()
        else:
            log.error("publisher: %s", type(error).__name__)

    async def _attempt(self, publication: Document) -> None:
        """Try once, in the sandbox and the trace of the report, unless it is not its turn."""
        archive, now = self._context.archive, datetime.now(UTC)
        if await archive.is_behind(publication):
            await archive.postpone(publication, now + _BEHIND, "an earlier publication of this study waits")
            return
        if not await archive.claim(publication, now, now + _LEASE):
            return
        entered = request.enter(request.Request(sandbox=publication["sandbox"], notes={}))
        reason = "interrupted"
        pause = timedelta()
        settled = False
        holding = asyncio.create_task(self._hold(publication))
        try:
            with tracing.span(
                "publish KOS", kind=SpanKind.INTERNAL, parent=tracing.context_of(publication["traceparent"])
            ):
                await publish_kos(self._context, publication)
            settled = True
        except Conflict:
            settled = True  # another publisher ended it
        except DmpAway as away:
            reason, pause = str(away), self._pause(publication["attempts"])
            log.info("KOS of a study in %s: the DMP is away (%s)", publication["sandbox"], reason)
        except StoreAway:
            reason, pause = "the store is away", self._pause(publication["attempts"])
        except Exception as bug:  # a defect of ours must not lose a KOS: it stays waiting, and loudly so
            reason, pause = type(bug).__name__, self._pause(publication["attempts"])
            log.exception("publication %s", publication["_id"])
        finally:
            holding.cancel()
            request.leave(entered)
            if not settled:
                await archive.postpone(publication, datetime.now(UTC) + pause, reason)

    async def _hold(self, publication: Document) -> None:
        while True:
            await asyncio.sleep(_RENEW_S)
            with contextlib.suppress(StoreAway):  # the store is away: the lease may run out, nothing is lost by it
                await self._context.archive.extend(publication, datetime.now(UTC) + _LEASE)

    def _pause(self, attempts: int) -> timedelta:
        told = self._context.settings
        longest = min(told.drim_retry_first_s * 2 ** min(attempts, 16), told.drim_retry_longest_s)
        return timedelta(seconds=longest * random.uniform(0.75, 1.0))  # noqa: S311 - spreads retries, no secret

"""What the box does by itself: it brings each KOS to the DMP, again and again until it is decided [DMP/ALI/PROG.06].

And it makes the resynchronisations that were asked for, or whose time has come [DB/SO.28].
"""

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
from segur_drim.operations.follow_report import follow_report
from segur_drim.operations.publish_kos import publish_kos
from segur_drim.operations.resynchronise import ask_resynchronisation, resynchronise
from segur_drim.store import FOLLOW

log = logging.getLogger("segur.drim.publisher")

_BATCH = 8
"""Publications under way at a time."""
_LEASE, _RENEW_S = timedelta(seconds=6), 2.0
"""A publisher that died gives its publication back after the lease; one that works on renews it."""
_BEHIND = timedelta(milliseconds=500)
_LISTEN_S = 1.0
"""How long to wait for the bell before looking at what back-off has made due."""
_SEARCH_S, _ATTEMPT_S = 5.0, 30.0
"""How long a search for what is due, and one attempt, may take: a store or a neighbour that hangs ends neither."""


class Publisher:
    """Publishes what is due, oldest first, one at a time for each study."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._fresh: list[Document] = []
        """What was handed on from memory and found no room yet."""

    def job(self) -> Job:
        """The job; a report that arrives wakes it at once."""
        return Job("publish KOS", timedelta(milliseconds=5), self.round)

    async def round(self) -> None:
        """Wait for something to do, a second at most, and begin it.

        What was just asked comes from memory and begins at once; the store is searched for the rest. Each attempt is a
        task of its own: one that hangs (a row still locked by a process that died) holds up nobody.
        """
        rung = await self._context.due.heard(_LISTEN_S)
        waiting, self._fresh = [*self._fresh, *self._context.due.take()], []
        for publication in waiting:
            if not self._begin(publication):
                self._fresh.append(publication)
        publications, now = self._context.publications, datetime.now(UTC)
        async with asyncio.timeout(_SEARCH_S):
            found = await publications.due(now, 2 * _BATCH)
            if not rung:
                found += await publications.adrift(now + self._longest(), 2 * _BATCH)
        for publication in found:
            self._begin(publication)

    async def stop(self) -> None:
        """End the attempts under way; what they have not settled waits for the next start."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, publication: Document) -> bool:
        """Begin an attempt, if it is not under way and there is room; whether it is under way now."""
        name = str(publication["_id"])
        if name not in self._under_way and len(self._under_way) < _BATCH:
            self._under_way[name] = task = asyncio.create_task(self._attempt(publication), name=f"publish {name}")
            task.add_done_callback(self._ended)
        return name in self._under_way

    def _longest(self) -> timedelta:
        """Longer than any row waits that was put off while the clock told the present time."""
        return 2 * max(_LEASE, timedelta(seconds=self._context.settings.drim_retry_longest_s))

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Make room, and look for the next one at once unless the store was away."""
        self._under_way = {name: other for name, other in self._under_way.items() if other is not task}
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            self._context.due.ring()
        else:
            log.error("publisher: %s", type(error).__name__)

    async def _attempt(self, publication: Document) -> None:
        """Try once, in the sandbox and the trace of the report, unless it is not its turn."""
        publications, now = self._context.publications, datetime.now(UTC)
        # a claim given up too early may have been made: the publication would wait for its lease to run out
        async with asyncio.timeout(_ATTEMPT_S):
            if await publications.is_behind(publication):
                await publications.postpone(publication, now + _BEHIND, "an earlier publication of this study waits")
                return
            claimed = await publications.claim(publication, now + _LEASE)
        if claimed is None:
            return
        entered = request.enter(request.Request(sandbox=claimed["sandbox"], notes={}))
        holding = asyncio.create_task(self._hold(claimed))
        reason, pause = "interrupted", timedelta()
        try:
            reason, pause = await self._once(claimed)
        finally:
            holding.cancel()
            request.leave(entered)
            if reason:
                async with asyncio.timeout(_ATTEMPT_S):
                    await publications.postpone(claimed, datetime.now(UTC) + pause, reason)

    async def _once(self, claimed: Document) -> tuple[str, timedelta]:
        """One attempt; why it is to be made again, empty when it is settled, and after which pause."""
        act = follow_report if claimed.get("act") == FOLLOW else publish_kos
        parent = tracing.context_of(claimed["traceparent"])
        pause = self._pause(claimed["attempts"])
        try:
            with tracing.span("publish KOS", kind=SpanKind.INTERNAL, parent=parent):
                async with asyncio.timeout(_ATTEMPT_S):
                    await act(self._context, claimed)
        except Conflict:
            return "", pause  # another publisher ended it
        except DmpAway as away:
            reason = str(away)
        except StoreAway:
            reason = "the store is away"
        except TimeoutError:
            reason = f"not done in {_ATTEMPT_S:g} s"
        except Exception as bug:  # a defect of ours must not lose a KOS: it stays waiting, and loudly so
            log.exception("publication %s", claimed["_id"])
            return type(bug).__name__, pause
        else:
            return "", pause
        log.warning(
            "KOS of a study in %s is tried again in %.1f s: %s", claimed["sandbox"], pause.total_seconds(), reason
        )
        return reason, pause

    async def _hold(self, claimed: Document) -> None:
        while True:
            await asyncio.sleep(_RENEW_S)
            with contextlib.suppress(StoreAway):  # the store is away: the lease may run out, nothing is lost by it
                await self._context.publications.extend(claimed, datetime.now(UTC) + _LEASE)

    def _pause(self, attempts: int) -> timedelta:
        told = self._context.settings
        longest = min(told.drim_retry_first_s * 2 ** min(attempts, 16), told.drim_retry_longest_s)
        return timedelta(seconds=longest * random.uniform(0.75, 1.0))  # noqa: S311 - spreads retries, no secret


class Resynchroniser:
    """Makes the resynchronisations that are due, one after the other."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def job(self) -> Job:
        """The job; who asks for one wakes it."""
        return Job("resynchronise", timedelta(milliseconds=5), self.round)

    async def round(self) -> None:
        """Wait for something to do, a second at most, and do it."""
        context = self._context
        if not await context.resync_asked.heard(_LISTEN_S):
            await self._ask_by_itself()
        for row in await context.resyncs.due(datetime.now(UTC)):
            entered = request.enter(request.Request(sandbox=row["sandbox"], notes={}))
            try:
                with tracing.span("resynchronise", kind=SpanKind.INTERNAL), contextlib.suppress(Conflict):
                    await resynchronise(context, row)
            finally:
                request.leave(entered)

    async def _ask_by_itself(self) -> None:
        every = self._context.settings.drim_resync_every_s
        if not every:
            return
        since = datetime.now(UTC) - timedelta(seconds=every)
        for sandbox in await self._context.resyncs.sandboxes_without(since):
            entered = request.enter(request.Request(sandbox=sandbox, notes={}))
            try:
                await ask_resynchronisation(self._context)
            finally:
                request.leave(entered)

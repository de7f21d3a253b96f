"""A sandbox (bac à sable) in one service: its name, and how it is filled, emptied, kept and brought back.

What was begun and not finished, because the process died in the middle, is marked in the sandbox's row and done again
at the next occasion: at the start of the service, or when the control plane asks.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

from segur.kernel import request, snapshots
from segur.kernel.ids import new_id
from segur.kernel.service import Service
from segur.kernel.snapshots import Snapshot
from segur.kernel.store import Store

log = logging.getLogger("segur.sandbox")

NAME = r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?"
"""How a sandbox and a snapshot are named: they stand in host names, paths and keys."""
NAME_RULE = "1 à 40 lettres minuscules, chiffres et traits d'union, sans trait d'union au début ni à la fin"

_NAME = re.compile(NAME)
_FINISHED = {"seeding": None, "restoring": None}


def is_name(text: str) -> bool:
    """Whether `text` may name a sandbox or a snapshot."""
    return _NAME.fullmatch(text) is not None


async def extras_of(store: Store, sandbox: str) -> frozenset[str]:
    """What a sandbox was asked to hold beside the usual country, by name; a seed reads those it knows."""
    row = await store.sandboxes.find_one({"_id": sandbox})
    return frozenset((row or {}).get("extras", ()))


class Sandboxes:
    """The sandboxes of one service; one thing at a time happens to each."""

    def __init__(self, service: Service) -> None:
        self._service, self._store = service, service.floor.store
        self.boot = new_id()
        """Tells one life of the service from the next."""
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def are_seeded(self) -> bool:
        """Whether the service has a country to show."""
        return self._service.seed is None or await self._store.sandboxes.count(_FINISHED) > 0

    async def seed(self, sandbox: str, extras: Sequence[str] = ()) -> None:
        """Fill a sandbox once, with what it is to hold beside the usual country (`extras`).

        A second call does nothing, or ends what was interrupted.
        """
        async with self._alone(sandbox):
            row = await self._store.sandboxes.find_one({"_id": sandbox})
            if row is not None and "restoring" in row:
                try:
                    await self._restore(sandbox, str(row["restoring"]))
                    return
                except snapshots.Unusable:
                    log.exception("sandbox %s was half restored and cannot be: filling it anew", sandbox)
            elif row is not None and "seeding" not in row:
                return
            if row is not None:
                await self._empty(sandbox)
                extras = (*extras, *row.get("extras", ()))
            told = {"_id": sandbox, **({"extras": sorted(set(extras))} if extras else {})}
            await self._store.sandboxes.put({**told, "seeding": True})
            if self._service.seed is not None:
                await self._service.seed(sandbox)
            await self._store.sandboxes.put(told)

    async def shift(self, sandbox: str, offset_s: float) -> None:
        """Let a sandbox live `offset_s` seconds ahead (or behind, when negative); a restart does not change it."""
        self._service.floor.clock.set_offset(sandbox, timedelta(seconds=offset_s))
        await self._store.sandboxes.update({"_id": sandbox}, {"$set": {"offset_s": offset_s}})

    async def recall_clocks(self) -> None:
        """Give every sandbox the time it had before the service was restarted."""
        for row in await self._store.sandboxes.find({}):
            self._service.floor.clock.set_offset(str(row["_id"]), timedelta(seconds=float(row.get("offset_s", 0))))

    async def wipe(self, sandbox: str) -> None:
        """Forget all that a sandbox holds but its snapshots. Blobs stay: a snapshot may refer to them."""
        async with self._alone(sandbox):
            await self._store.sandboxes.put({"_id": sandbox, "seeding": True})
            await self._empty(sandbox)
            await self._store.sandboxes.delete({"_id": sandbox})

    async def keep(self, sandbox: str, label: str) -> Snapshot:
        """Take a snapshot; one of the same label is replaced."""
        async with self._alone(sandbox):
            return await snapshots.take(self._store, sandbox, label)

    async def restore(self, sandbox: str, label: str) -> Snapshot:
        """Make the sandbox what it was; raise `snapshots.Unusable`, and then nothing has changed."""
        async with self._alone(sandbox):
            return await self._restore(sandbox, label)

    async def check(self, sandbox: str, label: str) -> Snapshot:
        """Whether a snapshot could be restored: all of it is there and whole. Raise `snapshots.Unusable`."""
        return await snapshots.check(self._store, sandbox, label)

    async def forget(self, sandbox: str, label: str | None) -> None:
        """Delete a snapshot, or all of a sandbox."""
        async with self._alone(sandbox):
            await snapshots.forget(self._store, sandbox, label)

    async def _restore(self, sandbox: str, label: str) -> Snapshot:
        snapshot = await snapshots.check(self._store, sandbox, label)
        await self._store.sandboxes.put({"_id": sandbox, "restoring": label})
        await self._empty(sandbox)
        await snapshots.bring_back(self._store, snapshot)
        await self._store.sandboxes.put({"_id": sandbox})
        return snapshot

    async def _empty(self, sandbox: str) -> None:
        for collection in self._store.collections:
            if collection.per_sandbox:
                await collection.delete({"sandbox": sandbox})

    @contextlib.asynccontextmanager
    async def _alone(self, sandbox: str) -> AsyncIterator[None]:
        """Nothing else happens to the sandbox meanwhile, and the code runs in its name (facts, clock)."""
        async with self._locks[sandbox]:
            inside = request.enter(request.Request(sandbox=sandbox, notes={}))
            try:
                yield
            finally:
                request.leave(inside)

"""Sandboxes across all services: made, reset, kept, restored, deleted; each all or an error that says who did not."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field, field_validator

from segur.console import errors
from segur.console.fleet import Fleet
from segur.console.read import stamp
from segur.console.settings import Settings
from segur.console.store import ConsoleStore, shown
from segur.kernel.request import DEFAULT_SANDBOX
from segur.kernel.sandbox import NAME_RULE, is_name

_TRIES = 4
_CENTURY_S = 36_525 * 86_400.0


class SandboxWanted(BaseModel, extra="forbid"):
    """A sandbox to make, or whose clock to shift: `offset_s` seconds ahead of real time.

    `extras` are what a new sandbox holds beside the usual country; of one that exists they say nothing.
    """

    id: str
    offset_s: float = Field(default=0, ge=-_CENTURY_S, le=_CENTURY_S, allow_inf_nan=False)
    extras: tuple[Literal["insi-test-identities"], ...] = Field(default=(), max_length=8)

    @field_validator("id")
    @classmethod
    def _is_name(cls, value: str) -> str:
        if not is_name(value):
            raise ValueError(NAME_RULE)
        return value


class SnapshotWanted(BaseModel, extra="forbid"):
    """A snapshot to take; without label it is named by the time."""

    label: str = ""

    @field_validator("label")
    @classmethod
    def _is_name(cls, value: str) -> str:
        if value and not is_name(value):
            raise ValueError(NAME_RULE)
        return value


class Countries:
    """What can be done with a sandbox. One thing at a time happens to each."""

    def __init__(self, settings: Settings, store: ConsoleStore, fleet: Fleet) -> None:
        self._settings, self._store, self._fleet = settings, store, fleet
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def make(self, wanted: SandboxWanted) -> tuple[dict[str, Any], bool]:
        """Make a sandbox in every service, or shift the clock of one that exists; give it and whether it is new.

        The row is written first: a service that is away makes the sandbox when it is back.
        """
        async with self._locks[wanted.id]:
            isnew = await self._store.offset_of(wanted.id) is None
            if isnew and await self._store.countries.count({}) >= self._settings.most_sandboxes:
                raise errors.NO_ROOM.error(limit=self._settings.most_sandboxes, what="bacs à sable")
            extras = list(wanted.extras) if isnew else await self._store.extras_of(wanted.id)
            row = {"offset_s": wanted.offset_s, **({"extras": extras} if extras else {})}
            await self._store.countries.put({"_id": wanted.id, **row})
            await self._fill(wanted.id, wanted.offset_s)
            return {"id": wanted.id, **row}, isnew

    async def reset(self, sandbox: str) -> dict[str, Any]:
        """Back to the state of its creation; snapshots stay."""
        async with self._locks[sandbox]:
            offset_s = await self._offset(sandbox)
            await self._fleet.drain(sandbox)
            await self._fleet.order("DELETE", f"/_segur/sandboxes/{sandbox}")
            await self._fill(sandbox, offset_s)
            return {"id": sandbox, "offset_s": offset_s}

    async def delete(self, sandbox: str) -> None:
        """Forget it everywhere, with its snapshots and fault rules; the row goes last, so that it can be retried."""
        if sandbox == DEFAULT_SANDBOX:
            raise errors.DEFAULT_STAYS.error()
        async with self._locks[sandbox]:
            await self._offset(sandbox)
            await self._fleet.drain(sandbox)
            await self._fleet.order("DELETE", f"/_segur/sandboxes/{sandbox}")
            await self._fleet.order("DELETE", f"/_segur/sandboxes/{sandbox}/snapshots")
            await self._store.kept.delete({"sandbox": sandbox})
            await self._store.rules.delete({"rule.sandbox": sandbox})
            await self._fleet.arm()
            await self._store.countries.delete({"_id": sandbox})

    async def keep(self, sandbox: str, wanted: SnapshotWanted) -> dict[str, Any]:
        """Take a snapshot of all services at one moment at which nothing moves in the sandbox."""
        async with self._locks[sandbox]:
            offset_s = await self._offset(sandbox)
            now = datetime.now(UTC)
            label = wanted.label or now.strftime("%Y%m%d-%H%M%S")
            if await self._store.kept.find_one({"_id": f"{sandbox}:{label}"}) is not None:
                raise errors.SNAPSHOT_EXISTS.error(label=label, sandbox=sandbox, field="label")
            if await self._store.kept.count({"sandbox": sandbox}) >= self._settings.most_snapshots:
                raise errors.NO_ROOM.error(limit=self._settings.most_snapshots, what=f"instantanés de {sandbox}")
            path = f"/_segur/sandboxes/{sandbox}/snapshots/{label}"
            before = await self._fleet.commits(sandbox)
            for _ in range(_TRIES):
                taken = await self._fleet.order("PUT", path)
                after = await self._fleet.commits(sandbox)
                if after == before:
                    break
                before = after
            else:
                await self._fleet.ask("DELETE", path)
                raise errors.SANDBOX_BUSY.error(sandbox=sandbox)
            row = {
                "_id": f"{sandbox}:{label}",
                "sandbox": sandbox,
                "label": label,
                "at": stamp(now),
                "offset_s": offset_s,
                "services": {name: int(told["documents"]) for name, told in taken.items()},
                "bytes": sum(int(told["bytes"]) for told in taken.values()),
            }
            await self._store.kept.put(row)
            return shown(row)

    async def snapshots(self, sandbox: str) -> list[dict[str, Any]]:
        """The snapshots of a sandbox, oldest first."""
        await self._offset(sandbox)
        return [shown(row) for row in await self._store.kept.find({"sandbox": sandbox}, sort=("at",))]

    async def restore(self, sandbox: str, label: str) -> dict[str, Any]:
        """Make the sandbox what it was in every service. All are asked first whether they can: else nothing changes."""
        async with self._locks[sandbox]:
            row = await self._snapshot(sandbox, label)
            path = f"/_segur/sandboxes/{sandbox}/snapshots/{label}"
            reason = await self._unusable(set(row["services"]), path)
            if reason:
                raise errors.SNAPSHOT_UNUSABLE.error(label=label, sandbox=sandbox, reason=reason)
            await self._fleet.drain(sandbox)
            await self._fleet.order("POST", f"{path}/restore")
            extras = await self._store.extras_of(sandbox)
            told = {"offset_s": row["offset_s"], **({"extras": extras} if extras else {})}
            await self._store.countries.put({"_id": sandbox, **told})
            await self._fill(sandbox, float(row["offset_s"]))
            return shown(row)

    async def forget(self, sandbox: str, label: str) -> None:
        """Delete a snapshot."""
        async with self._locks[sandbox]:
            row = await self._snapshot(sandbox, label)
            await self._fleet.order("DELETE", f"/_segur/sandboxes/{sandbox}/snapshots/{label}")
            await self._store.kept.delete({"_id": row["_id"]})

    async def _unusable(self, services: set[str], path: str) -> str:
        if services != set(self._fleet.services):
            other = ", ".join(sorted(services ^ set(self._fleet.services)))
            return f"les services ne sont plus les mêmes ({other})"
        answers = await self._fleet.ask("GET", path)
        return " ; ".join(f"{name} : {answer}" for name, answer in answers.items() if not answer.ok)

    async def _snapshot(self, sandbox: str, label: str) -> dict[str, Any]:
        await self._offset(sandbox)
        row = await self._store.kept.find_one({"_id": f"{sandbox}:{label}"})
        if row is None:
            known = ", ".join(snapshot["label"] for snapshot in await self.snapshots(sandbox))
            told = f"Connus : {known}." if known else "Il n'y en a aucun."
            raise errors.UNKNOWN_SNAPSHOT.error(label=label, sandbox=sandbox, known=told)
        return row

    async def _offset(self, sandbox: str) -> float:
        offset_s = await self._store.offset_of(sandbox)
        if offset_s is None:
            raise errors.UNKNOWN_SANDBOX.error(sandbox=sandbox, field="sandbox")
        return offset_s

    async def _fill(self, sandbox: str, offset_s: float) -> None:
        body = {"offset_s": offset_s, "extras": await self._store.extras_of(sandbox)}
        await self._fleet.order("PUT", f"/_segur/sandboxes/{sandbox}", json=body)

"""What a service is made of: its floor (what the kernel gives it) and its description (what the runner runs)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from starlette.types import ASGIApp

from segur.kernel.blobs import Blobs
from segur.kernel.clock import Clock
from segur.kernel.delivery import Handler
from segur.kernel.faults import FaultBoard
from segur.kernel.ids import Pseudonyms
from segur.kernel.journal import Journal
from segur.kernel.settings import KernelSettings
from segur.kernel.store import Store


class Listener(Protocol):
    """A further door than HTTP: mail, MLLP, the TLS edge."""

    async def start(self) -> None:
        """Listen; raise `OSError` naming the port when it is taken."""

    async def stop(self) -> None:
        """Finish what is under way, then close."""


@dataclass(frozen=True, slots=True)
class Job:
    """Work done by itself, every so often; a failure is logged and the next round tried."""

    name: str
    every: timedelta
    run: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Floor:
    """What the kernel gives a service: its name, settings, store, blobs, clock, fault board, pseudonyms, journal."""

    name: str
    settings: KernelSettings
    store: Store
    blobs: Blobs
    clock: Clock
    faults: FaultBoard
    pseudonyms: Pseudonyms
    journal: Journal

    @classmethod
    def of(cls, name: str, settings: KernelSettings) -> Floor:
        """The floor of a service; nothing is connected yet."""
        return cls(
            name=name,
            settings=settings,
            store=Store(settings, name),
            blobs=Blobs(settings.home / "blobs" / name),
            clock=Clock(),
            faults=FaultBoard(settings.home / "faults" / name),
            pseudonyms=Pseudonyms.of_home(settings.home),
            journal=Journal(settings.control_url),
        )


@dataclass(slots=True)
class Service:
    """One service, described. `build(settings)` in its `service.py` makes it; `runner.run` runs it.

    `app` is the national surface; `handlers` maps fact types to the operations they move; `seed` fills a new sandbox;
    `opened` and `closing` run once the store is there and before it goes.
    """

    floor: Floor
    app: ASGIApp
    handlers: Mapping[str, Handler] = field(default_factory=dict)
    jobs: Sequence[Job] = ()
    listeners: Sequence[Listener] = ()
    seed: Callable[[str], Awaitable[None]] | None = None
    opened: Sequence[Callable[[], Awaitable[None]]] = ()
    closing: Sequence[Callable[[], Awaitable[None]]] = ()
    on_message: Callable[[Sequence[Any]], Awaitable[None]] | None = None
    """Takes raw batches of every topic instead of `handlers`: the control plane shows all facts."""

    @property
    def name(self) -> str:
        """The service's name: psc, dmp …"""
        return self.floor.name

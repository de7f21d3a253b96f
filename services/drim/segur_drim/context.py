"""What every act of the box may reach."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from segur.kernel.introspection import TokenCheck
from segur.kernel.service import Floor
from segur.kernel.store import Document
from segur_drim.clients import DmpClient
from segur_drim.settings import Settings
from segur_drim.store import Archive, Publications, Reports, Resyncs

_MOST_HELD = 1_000
"""Publications handed on from memory; what comes beyond is found in the store."""


class Bell:
    """Wakes the publisher, and hands it what was just committed: it begins without searching the store for it."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._fresh: list[Document] = []

    def ring(self, fresh: Iterable[Document] = ()) -> None:
        """Something is to be done: these publications, or what the store holds."""
        self._fresh = [*self._fresh, *fresh][:_MOST_HELD]
        self._event.set()

    async def heard(self, patience_s: float) -> bool:
        """Wait for the next ring, so many seconds at most; whether there was one."""
        try:
            await asyncio.wait_for(self._event.wait(), patience_s)
        except TimeoutError:
            return False
        self._event.clear()
        return True

    def take(self) -> list[Document]:
        """What was handed on since it was last asked."""
        fresh, self._fresh = self._fresh, []
        return fresh


@dataclass(frozen=True, slots=True)
class Context:
    """Floor, settings, what the box remembers, the two services it calls, and the bells that wake its jobs."""

    floor: Floor
    settings: Settings
    archive: Archive
    reports: Reports
    publications: Publications
    resyncs: Resyncs
    tokens: TokenCheck
    dmp: DmpClient
    due: Bell = field(default_factory=Bell)
    resync_asked: Bell = field(default_factory=Bell)

"""The indexes of the sandboxes, each brought up to date before it answers.

A search first reads the edition of its sandbox, one row by its key. A catalogue that knows the last mark answers; one
that lags reads what the later changes touched; one whose mark is no longer there (restart, restored snapshot, another
population) is put together from the shelves the edition names and from all that changed since they were packed. So
several replicas answer alike, and each sees a change at once.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from segur.kernel.request import current_sandbox
from segur_annuaire.domain.catalogue import Catalogue
from segur_annuaire.domain.matching import Searchable
from segur_annuaire.domain.shelf import Shelf
from segur_annuaire.store.register import Edition, Register
from segur_annuaire.store.shelves import Shelves

_MOST_HELD = 64

Change = tuple[str, str, Searchable]
"""Type, id and searchable values of a resource as it is now."""


class Source(Protocol):
    """Where the resources are kept."""

    async def changed(self, mark: str) -> Iterable[Change]:
        """What a change touched last."""

    async def altered(self) -> Iterable[Change]:
        """All that no shelf has as it is now."""


@dataclass(frozen=True, slots=True)
class _Held:
    catalogue: Catalogue
    shelves: dict[str, tuple[str, Shelf]]


class Catalogues:
    """One catalogue for each sandbox that was searched lately."""

    def __init__(self, source: Source, shelves: Shelves, register: Register) -> None:
        self._source, self._shelves, self._register = source, shelves, register
        self._held: dict[str, _Held] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def current(self) -> Catalogue:
        """The catalogue of the present sandbox, with every change in it; an empty one for a sandbox never filled."""
        sandbox = current_sandbox()
        edition = await self._edition()
        if edition is None:
            return Catalogue("")
        held = self._held.get(sandbox)
        if held is not None and held.catalogue.mark == edition.latest:
            return held.catalogue
        async with self._turns[sandbox]:
            return await self._caught_up(sandbox)

    async def _caught_up(self, sandbox: str) -> Catalogue:
        edition = await self._edition()
        if edition is None:
            return Catalogue("")
        held = self._held.get(sandbox)
        if held is None or held.catalogue.mark not in edition.marks:
            held = await self._made(edition, {} if held is None else held.shelves)
            self._held.pop(sandbox, None)
            while len(self._held) >= _MOST_HELD:
                self._held.pop(next(iter(self._held)))
            self._held[sandbox] = held
        else:
            for mark in edition.marks[edition.marks.index(held.catalogue.mark) + 1 :]:
                held.catalogue.change(mark, await self._source.changed(mark))
        return held.catalogue

    async def _made(self, edition: Edition, known: dict[str, tuple[str, Shelf]]) -> _Held:
        opened = await self._shelves.open([name for name in edition.shelves if name not in known])
        shelves = {name: known.get(name) or opened[name] for name in edition.shelves}
        catalogue = Catalogue(edition.latest, shelves.values())
        catalogue.change(edition.latest, await self._source.altered())
        return _Held(catalogue, shelves)

    async def _edition(self) -> Edition | None:
        try:
            return await self._register.edition()
        except LookupError:
            return None

"""The indexes of the sandboxes, each brought up to date before it answers.

A search first reads the marks of its sandbox, one row by its key. A catalogue that knows the last one answers; one
that lags reads what the later changes touched; one whose mark is no longer there (restart, restored snapshot, another
population) is made anew from the store. So several replicas answer alike, and each sees a change at once.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Protocol

from segur.kernel.request import current_sandbox
from segur_annuaire.domain.catalogue import MOST_CHANGES, Catalogue
from segur_annuaire.domain.matching import Searchable
from segur_annuaire.domain.parameters import PARAMETERS
from segur_annuaire.domain.shelf import Shelf
from segur_annuaire.store.register import Register

_MOST_HELD = 64


class Source(Protocol):
    """Where the searchable values are kept."""

    async def searchable(self, resource_type: str) -> list[tuple[str, Searchable]]:
        """Id and values of every resource of a type, by id."""

    async def changed(self, mark: str) -> list[tuple[str, str, Searchable]]:
        """Type, id and values of what a change touched last."""


class Catalogues:
    """One catalogue for each sandbox that was searched lately."""

    def __init__(self, source: Source, register: Register) -> None:
        self._source, self._register = source, register
        self._held: dict[str, Catalogue] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def current(self) -> Catalogue:
        """The catalogue of the present sandbox, with every change in it; an empty one for a sandbox never filled."""
        sandbox = current_sandbox()
        marks = await self._marks()
        if not marks:
            return Catalogue("", {})
        held = self._held.get(sandbox)
        if held is not None and held.mark == marks[-1]:
            return held
        async with self._turns[sandbox]:
            return await self._caught_up(sandbox)

    async def _caught_up(self, sandbox: str) -> Catalogue:
        marks = await self._marks()
        held = self._held.get(sandbox)
        if not marks:
            return Catalogue("", {})
        if held is None or held.mark not in marks or held.changes > MOST_CHANGES:
            held = await self._made(marks[-1])
            while len(self._held) >= _MOST_HELD:
                self._held.pop(next(iter(self._held)))
            self._held[sandbox] = held
        else:
            for mark in marks[marks.index(held.mark) + 1 :]:
                held.change(mark, await self._source.changed(mark))
        return held

    async def _made(self, mark: str) -> Catalogue:
        shelves: dict[str, Shelf] = {}
        for kind in PARAMETERS:
            found = await self._source.searchable(kind)
            shelves[kind] = await asyncio.to_thread(Shelf, found)
        return Catalogue(mark, shelves)

    async def _marks(self) -> tuple[str, ...]:
        try:
            return (await self._register.edition()).marks
        except LookupError:
            return ()

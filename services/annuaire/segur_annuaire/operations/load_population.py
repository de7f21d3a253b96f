"""Fill the directory with a crowd to search among: many professionals who are in the directory and nowhere else.

It goes on in the background, a few hundred resources to an insert, and shows when all of it is there, with the shelves
it is found by. What a killed process left half done is taken up again: the crowd is the same each time, even in the
moment it tells as its last update.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice

from segur.contracts.annuaire import PopulationLoaded
from segur.kernel import request
from segur.kernel.request import current_sandbox
from segur.kernel.store import Conflict, Document
from segur.personas.crowd import Extra, stream_crowd
from segur_annuaire import errors
from segur_annuaire.context import Context
from segur_annuaire.domain.organizations import organizations
from segur_annuaire.domain.pieces import Resource, instant
from segur_annuaire.domain.resources import person
from segur_annuaire.domain.shelf import Packed
from segur_annuaire.store.shelves import Bundles

log = logging.getLogger("segur.annuaire")

_PIECE = 100
_SHELF = 10_000
"""Professionals to a shelf."""
_PATIENCE = 50


class Loader:
    """The crowds being loaded, one at a time for each sandbox."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._under_way: dict[str, tuple[int, asyncio.Task[None]]] = {}

    async def start(self, count: int) -> None:
        """Begin to load the present sandbox's crowd up to `count`; raise `LOADING` while another is under way."""
        sandbox = current_sandbox()
        if self.wanted(sandbox):
            raise errors.LOADING.error()
        await known(self._context)
        task = asyncio.create_task(self._load(sandbox, count), name=f"crowd of {sandbox}")
        self._under_way[sandbox] = (count, task)

    def wanted(self, sandbox: str) -> int:
        """How many the loading under way shall come to, 0 when none is."""
        count, task = self._under_way.get(sandbox, (0, None))
        return count if task is not None and not task.done() else 0

    async def stop(self) -> None:
        """Leave what is under way: it is taken up again at the next request."""
        tasks = [task for _, task in self._under_way.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _load(self, sandbox: str, count: int) -> None:
        inside = request.enter(request.Request(sandbox=sandbox, notes={}))
        try:
            await load_population(self._context, count)
        except Exception:
            log.exception("the crowd of %s was not loaded", sandbox)
        finally:
            request.leave(inside)


async def known(context: Context) -> int:
    """How many of the crowd the present sandbox shows; raise `NO_SUCH_SANDBOX`."""
    try:
        return (await context.register.edition()).crowd
    except LookupError as error:
        raise errors.NO_SUCH_SANDBOX.error(sandbox=current_sandbox()) from error


async def load_population(context: Context, count: int) -> None:
    """Load the crowd up to `count`, then show it and tell `annuaire.population.loaded`; never takes anybody away."""
    for _ in range(_PATIENCE):
        first = await known(context)
        if count <= first or await _grown(context, first, count):
            return
    raise errors.BUSY.error()


async def _grown(context: Context, first: int, count: int) -> bool:
    """Whether those from `first` on were loaded and are shown; False when a replica showed some of them before."""
    register, shelves = context.register, context.directory.shelves
    since = await register.growing_since(instant(context.floor.clock.now()))
    names: list[str] = []
    for start in range(first, count, _SHELF):
        end = min(start + _SHELF, count)
        packed = await _entered(context, start, end, datetime.fromisoformat(since))
        names += await shelves.keep(packed, f"{start}-{end}:{since}")
    for _ in range(_PATIENCE):
        edition = await register.edition()
        if edition.crowd != first:
            await shelves.forget(set(names).difference(edition.shelves))
            return False
        try:
            told = PopulationLoaded(name=current_sandbox(), professionals=count)
            await context.floor.store.commit([register.grown(edition, count, names)], [told])
        except Conflict:
            continue
        await context.directory.catalogues.current()  # the first search need not wait for it
        return True
    raise errors.BUSY.error()


async def _entered(context: Context, start: int, end: int, moment: datetime) -> Mapping[str, Packed]:
    """Enter some thousand of the crowd, the next being made while the last are written; give their shelves."""
    directory, sandbox, bundles = context.directory, current_sandbox(), Bundles()
    extras = stream_crowd(context.settings.seed, end, first=start)

    def made() -> list[Document]:
        resources = [one for extra in islice(extras, _PIECE) for one in _resources(extra, moment, sandbox)]
        for resource in resources:
            bundles.add(resource)
        return directory.rows(resources)

    rows = await asyncio.to_thread(made)
    while rows:
        rows, _ = await asyncio.gather(asyncio.to_thread(made), directory.add(rows))
    return await asyncio.to_thread(bundles.packed)


def _resources(extra: Extra, moment: datetime, sandbox: str) -> Iterator[Resource]:
    if extra.opens is not None:
        yield from organizations(extra.opens, (), moment, sandbox)
    yield from person(extra.professional, extra.boxes, moment, sandbox)

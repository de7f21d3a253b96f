"""Fill the directory with a crowd to search among: many professionals who are in the directory and nowhere else.

It goes on in the background, a thousand resources to an insert, and shows when all of it is there. What a killed
process left half done is taken up where it was: the crowd is the same each time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from segur.contracts.annuaire import PopulationLoaded
from segur.kernel import request
from segur.kernel.request import current_sandbox
from segur.kernel.store import Conflict
from segur.personas.crowd import Extra, stream_crowd
from segur_annuaire import errors
from segur_annuaire.context import Context
from segur_annuaire.domain.organizations import organizations
from segur_annuaire.domain.pieces import Resource
from segur_annuaire.domain.resources import person

log = logging.getLogger("segur.annuaire")

_PIECE = 500
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
    first, sandbox = await known(context), current_sandbox()
    if count <= first:
        return
    moment = context.floor.clock.now()
    extras = stream_crowd(context.settings.seed, count, first=first)
    while True:
        piece = await asyncio.to_thread(_piece, extras, moment, sandbox)
        if not piece:
            break
        await context.directory.add(piece)
    for _ in range(_PATIENCE):
        edition = await context.register.edition()
        try:
            told = PopulationLoaded(name=sandbox, professionals=count)
            await context.floor.store.commit([context.register.anew(edition, crowd=count)], [told])
        except Conflict:
            continue
        await context.directory.catalogues.current()  # the first search need not wait for it
        return
    raise errors.BUSY.error()


def _piece(extras: Iterator[Extra], moment: datetime, sandbox: str) -> Sequence[Resource]:
    resources: list[Resource] = []
    for extra in islice(extras, _PIECE):
        if extra.opens is not None:
            resources.extend(organizations(extra.opens, (), moment, sandbox))
        resources.extend(person(extra.professional, extra.boxes, moment, sandbox))
    return resources

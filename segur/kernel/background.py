"""Work that goes on after its request was answered: at most one of a kind for each sandbox."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from segur.kernel import request
from segur.kernel.request import current_sandbox

log = logging.getLogger("segur.background")


class Background:
    """The work of one kind that is under way, by sandbox; what fails is logged, and can be asked for again."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._under_way: dict[str, asyncio.Task[None]] = {}

    def start(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Begin work for the present sandbox; False while other work for it is under way."""
        sandbox = current_sandbox()
        if self.is_under_way():
            return False
        self._under_way[sandbox] = asyncio.create_task(self._run(sandbox, work), name=f"{self._name} of {sandbox}")
        return True

    def is_under_way(self) -> bool:
        """Whether work for the present sandbox goes on."""
        task = self._under_way.get(current_sandbox())
        return task is not None and not task.done()

    async def stop(self) -> None:
        """Give up what is under way: the work must bear to be begun again."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, sandbox: str, work: Callable[[], Awaitable[None]]) -> None:
        inside = request.enter(request.Request(sandbox=sandbox, notes={}))
        try:
            await work()
        except Exception:
            log.exception("%s of %s ended before its time", self._name, sandbox)
        finally:
            request.leave(inside)

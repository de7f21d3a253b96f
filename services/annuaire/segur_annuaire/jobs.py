"""What the directory does by itself: keep the crowd that was set, and an index ready for the first search."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from segur.kernel.request import current_sandbox
from segur.kernel.service import Job
from segur_annuaire.context import Context
from segur_annuaire.operations.load_population import Loader, known

_EVERY = timedelta(seconds=5)


def jobs(context: Context, loader: Loader) -> Sequence[Job]:
    """Both in one: they look at the same row."""

    async def keep_ready() -> None:
        wanted = context.settings.annuaire_crowd
        if wanted and not loader.wanted(current_sandbox()) and await known(context) < wanted:
            await loader.start(wanted)
        else:
            await context.directory.catalogues.current()

    return [Job("keep the directory ready", _EVERY, keep_ready)]

"""What the control plane is made of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from segur.console.api import build_app
from segur.console.figures import Figures
from segur.console.fleet import Fleet
from segur.console.intake import fact_row
from segur.console.settings import Settings
from segur.console.store import ConsoleStore
from segur.kernel.service import Floor, Job, Service


def build(settings: Settings) -> Service:
    """The control plane, described."""
    floor = Floor.of("control", settings)
    store = ConsoleStore(floor.store, settings)
    fleet = Fleet(settings, store)
    counted = Figures()

    async def on_facts(messages: Sequence[Any]) -> None:
        rows = [row for message in messages if (row := fact_row(message)) is not None]
        await store.keep(store.facts, rows)
        counted.facts(rows)

    return Service(
        floor,
        build_app(settings, store, fleet, counted),
        on_message=on_facts,
        jobs=[Job("watch services", timedelta(seconds=2), fleet.watch)],
        closing=[fleet.close],
    )

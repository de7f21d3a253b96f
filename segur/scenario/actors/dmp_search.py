"""Searching a full DMP: a period is cut in two each time the DMP says it is too much [DMP digest 1.7, 8.1].

And what a structure has chosen to be told of, by unit and speciality [DMP/UX.17].
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from segur.scenario.actors.lps import Refused
from segur.wire import xds

TOO_MANY = "XDSTooManyResults"
Page = Callable[[datetime, datetime], Awaitable[Sequence[xds.DocumentEntry]]]


@dataclass(slots=True)
class Pages:
    """The documents found, oldest page first, without doubles; `periods` are the searches that answered."""

    documents: list[xds.DocumentEntry] = field(default_factory=list)
    periods: list[tuple[datetime, datetime]] = field(default_factory=list)


async def by_periods(search: Page, since: datetime, until: datetime, *, depth: int = 12) -> Pages:
    """Search a period; where it holds too much, its halves. Raise `Refused` when the smallest is still too much."""
    pages = Pages()
    await _into(pages, search, since, until, depth)
    return pages


async def _into(pages: Pages, search: Page, since: datetime, until: datetime, depth: int) -> None:
    try:
        found = await search(since, until)
    except Refused as refused:
        if refused.code != TOO_MANY or not depth:
            raise
        middle = since + (until - since) / 2
        await _into(pages, search, since, middle, depth - 1)
        await _into(pages, search, middle, until, depth - 1)
        return
    here = {entry.unique_id for entry in pages.documents}
    pages.periods.append((since, until))
    pages.documents += [entry for entry in found if entry.unique_id not in here]


@dataclass(frozen=True, slots=True)
class Preferences:
    """typeCodes announced, by (structure, unit, speciality); an empty part is any, the most precise wins."""

    table: Mapping[tuple[str, str, str], tuple[str, ...]]

    def of(self, structure: str, unit: str = "", speciality: str = "") -> tuple[str, ...]:
        """The types for one user; empty when nothing is chosen, which announces all."""
        asked = (structure, unit, speciality)
        fitting = [
            row for row in self.table if all(mine in ("", yours) for mine, yours in zip(row, asked, strict=True))
        ]
        best = max(fitting, key=lambda row: sum(map(bool, row)), default=None)
        return self.table[best] if best is not None else ()

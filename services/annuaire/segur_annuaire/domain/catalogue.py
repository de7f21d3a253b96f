"""Everything a sandbox's directory can be searched by: a shelf for each type, and what changed since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Final

from segur_annuaire.domain.criteria import Clause, Period, Query, TokenClause, UpdatedClause
from segur_annuaire.domain.matching import Searchable
from segur_annuaire.domain.shelf import Changes, Shelf

MOST_CHANGES: Final = 2_000
"""A catalogue with more changes on top is made anew."""
_GONE: Final = {"Device": TokenClause(("status=inactive",))}
_INACTIVE: Final = TokenClause(("active=false",))


@dataclass(frozen=True, slots=True)
class Found:
    """The ids of one page, whether more follow, and how many fit in all."""

    ids: tuple[str, ...]
    more: bool
    total: int


class Catalogue:
    """The index of one sandbox. `mark` is the last change it knows."""

    def __init__(self, mark: str, shelves: dict[str, Shelf]) -> None:
        self.mark = mark
        self._shelves = shelves
        self._changes: defaultdict[str, Changes] = defaultdict(Changes)
        self._nothing = Shelf(())

    @property
    def changes(self) -> int:
        """How many resources lie on top."""
        return sum(len(one.entries) for one in self._changes.values())

    def change(self, mark: str, entries: Iterable[tuple[str, str, Searchable]]) -> None:
        """Take up a change: type, id and searchable values of each resource it touched."""
        for kind, identifier, one in entries:
            self._changes[kind].entries[identifier] = one
        self.mark = mark

    def search(self, query: Query, after: str, kept_since: str) -> Found:
        """The resources that fit, by id, from the first one after `after`.

        Inactive shells whose last update lies before `kept_since` (a DTM, empty for ever) are no longer there.
        """
        clauses = query.clauses
        shelf = self._shelves.get(query.resource_type, self._nothing)
        changes = self._changes[query.resource_type]
        bits = shelf.fitting(clauses) & ~changes.covering(shelf)
        top = changes.fitting(clauses)
        if kept_since:
            inactive = _GONE.get(query.resource_type, _INACTIVE)
            expired: tuple[Clause, ...] = (inactive, UpdatedClause((Period(end=kept_since),)))
            bits &= ~shelf.fitting(expired)
            gone = set(changes.fitting(expired))
            top = [one for one in top if one not in gone]
        wanted = islice(merge(shelf.after(bits, after), (one for one in top if one > after)), query.count + 1)
        page = list(wanted) if query.count else []
        return Found(tuple(page[: query.count]), len(page) > query.count, bits.bit_count() + len(top))

    def referring(self, kind: str, tokens: Iterable[str]) -> list[str]:
        """The ids of a type's resources with one of these tokens."""
        clause = TokenClause(tuple(tokens))
        query = Query(kind, (clause,), count=1_000_000)
        return list(self.search(query, "", "").ids)

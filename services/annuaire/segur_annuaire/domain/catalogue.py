"""Everything a sandbox's directory can be searched by: shelves for each type, and what changed since they were made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Final

from segur_annuaire.domain.criteria import Clause, Period, Query, TokenClause, UpdatedClause
from segur_annuaire.domain.matching import Searchable
from segur_annuaire.domain.shelf import Changes, Packer, Shelf

MOST_CHANGES: Final = 2_000
"""More changes of a type are packed into a shelf of their own."""
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

    def __init__(self, mark: str, shelves: Iterable[tuple[str, Shelf]] = ()) -> None:
        """Take the shelves with their types; no resource stands on two of them."""
        self.mark = mark
        self._held: defaultdict[str, _Kind] = defaultdict(_Kind)
        for kind, shelf in shelves:
            self._held[kind].put(shelf)

    def change(self, mark: str, entries: Iterable[tuple[str, str, Searchable]]) -> None:
        """Take up a change: type, id and searchable values of each resource it touched."""
        for kind, identifier, one in entries:
            self._held[kind].change(identifier, one)
        self.mark = mark

    def search(self, query: Query, after: str, kept_since: str) -> Found:
        """The resources that fit, by id, from the first one after `after`.

        Inactive shells whose last update lies before `kept_since` (a DTM, empty for ever) are no longer there.
        """
        expired: tuple[Clause, ...] | None = None
        if kept_since:
            inactive = _GONE.get(query.resource_type, _INACTIVE)
            expired = (inactive, UpdatedClause((Period(end=kept_since),)))
        return self._held[query.resource_type].search(query, after, expired)

    def referring(self, kind: str, tokens: Iterable[str]) -> list[str]:
        """The ids of a type's resources with one of these tokens."""
        query = Query(kind, (TokenClause(tuple(tokens)),), count=1_000_000)
        return list(self.search(query, "", "").ids)


class _Kind:
    """The resources of one type: each is shown from the changes or from the last shelf that has it."""

    def __init__(self) -> None:
        self._shelves: list[Shelf] = []
        self._covered: list[int] = []
        self._changes = Changes()

    def put(self, shelf: Shelf) -> None:
        self._shelves.append(shelf)
        self._covered.append(0)

    def change(self, identifier: str, one: Searchable) -> None:
        for rank, shelf in enumerate(self._shelves):
            if (position := shelf.at(identifier)) >= 0:
                self._covered[rank] |= 1 << position
        self._changes.entries[identifier] = one
        if len(self._changes.entries) > MOST_CHANGES:
            packer = Packer()
            for each, known in self._changes.entries.items():
                packer.add(each, known)
            self.put(Shelf(packer.packed()))
            self._changes = Changes()

    def search(self, query: Query, after: str, expired: tuple[Clause, ...] | None) -> Found:
        top = self._changes.fitting(query.clauses)
        if expired:
            gone = set(self._changes.fitting(expired))
            top = [one for one in top if one not in gone]
        total = len(top)
        pages: list[Iterator[str]] = [(one for one in top if one > after)]
        for shelf, covered in zip(self._shelves, self._covered, strict=True):
            bits = shelf.fitting(query.clauses) & ~covered
            if bits and expired:
                bits &= ~shelf.fitting(expired)
            if bits:
                total += bits.bit_count()
                pages.append(shelf.after(bits, after))
        page = list(islice(merge(*pages), query.count + 1)) if query.count else []
        return Found(tuple(page[: query.count]), len(page) > query.count, total)

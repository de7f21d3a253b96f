"""An index of the resources of one type, held in memory: which of them fit a search, in the order of their ids.

The embedded store serves an index only to a condition that is exactly the index's fields; a search that also asks for
a profession, a city or a part of a name makes it read every document (measured: 700 ms at 20,000 resources). A shelf
answers from bit sets, one bit for each resource: every clause becomes one, and clauses are joined by `&`.

A shelf is what was read at one moment and is never changed; what changed since lies on top of it (`Changes`).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Final

from segur_annuaire.domain.criteria import Clause, TokenClause, UpdatedClause, WordClause
from segur_annuaire.domain.matching import PREFIX, Searchable, fits, prefix_token

_POSITION_BITS: Final = 24
_TOKEN_MASK: Final = (1 << (64 - _POSITION_BITS)) - 1
_REMEMBERED: Final = 64
_FEW: Final = 4_000
_NOTHING: Final[list[str]] = []


class Shelf:
    """The resources of a type. A token is kept as 40 bits of its hash and the position of its resource: eight bytes.

    Two tokens in a million million share these bits; the price would be one resource too many in an answer.
    """

    def __init__(self, resources: Iterable[tuple[str, Searchable]]) -> None:
        """Take the resources in the order of their ids."""
        self.ids: list[str] = []
        self._updated: list[str] = []
        self._words: dict[str, list[str]] = {}
        entries: list[int] = []
        shared: dict[str, str] = {}
        for position, (identifier, one) in enumerate(resources):
            self.ids.append(identifier)
            self._updated.append(shared.setdefault(one.updated, one.updated))
            entries.extend((_short(token) << _POSITION_BITS) | position for token in one.tokens)
            for name, words in one.words.items():
                if words:
                    column = self._words.setdefault(name, [])
                    column.extend([""] * (position - len(column)))
                    text = "\0".join(words)
                    column.append(shared.setdefault(text, text))
        entries.sort()
        self._entries = array("Q", entries)
        self.every: Final = (1 << len(self.ids)) - 1
        self._remembered: dict[str, int] = {}

    def fitting(self, clauses: Iterable[Clause]) -> int:
        """The bit set of the resources that fit all clauses; clauses on tokens first, they are the cheapest."""
        found = self.every
        for clause in sorted(clauses, key=lambda one: not isinstance(one, TokenClause)):
            found &= self._bits(clause, found)
        return found

    def having(self, token: str) -> int:
        """The bit set of the resources with a token."""
        if (known := self._remembered.get(token)) is not None:
            return known
        first = _short(token) << _POSITION_BITS
        start = bisect_left(self._entries, first)
        end = bisect_right(self._entries, first | ((1 << _POSITION_BITS) - 1), lo=start)
        positions = self._entries[start:end]
        found = self._set(position & ((1 << _POSITION_BITS) - 1) for position in positions)
        if len(positions) > _FEW:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.pop(next(iter(self._remembered)))
            self._remembered[token] = found
        return found

    def at(self, identifier: str) -> int:
        """The position of a resource, -1 for an unknown one."""
        position = bisect_left(self.ids, identifier)
        return position if position < len(self.ids) and self.ids[position] == identifier else -1

    def after(self, found: int, identifier: str) -> Iterator[str]:
        """The ids in a bit set, those that come after an id."""
        return (self.ids[position] for position in _positions(found, bisect_right(self.ids, identifier)))

    def _bits(self, clause: Clause, among: int) -> int:
        if isinstance(clause, TokenClause):
            found = 0
            for token in clause.tokens:
                found |= self.having(token)
            return self.every & ~found if clause.negated else found
        if isinstance(clause, WordClause):
            if not clause.anywhere and min(map(len, clause.texts)) >= PREFIX:
                among &= self._bits(TokenClause(tuple(prefix_token(clause.parameter, t) for t in clause.texts)), among)
            return self._set(self._with_words(clause, among))
        return self._set(self._updated_in(clause, among))

    def _with_words(self, clause: WordClause, among: int) -> Iterator[int]:
        column = self._words.get(clause.parameter, _NOTHING)
        texts = clause.texts
        inner = texts if clause.anywhere else tuple(f"\0{text}" for text in texts)
        starts = () if clause.anywhere else texts
        for position in self._candidates(among, len(column)):
            held = column[position]
            if held and ((starts and held.startswith(starts)) or any(text in held for text in inner)):
                yield position

    def _updated_in(self, clause: UpdatedClause, among: int) -> Iterator[int]:
        nothing: tuple[str, ...] = ()
        decided: dict[str, bool] = {}
        for position in self._candidates(among, len(self.ids)):
            moment = self._updated[position]
            holds = decided.get(moment)
            if holds is None:
                holds = decided[moment] = fits(Searchable(nothing, {}, moment), clause)
            if holds:
                yield position

    def _candidates(self, among: int, end: int) -> Iterable[int]:
        if among == self.every:
            return range(end)
        return (position for position in _positions(among, 0) if position < end)

    def _set(self, positions: Iterable[int]) -> int:
        held = bytearray(len(self.ids) // 8 + 1)
        for position in positions:
            held[position >> 3] |= 1 << (position & 7)
        return int.from_bytes(held, "little")


class Changes:
    """What lies on top of a shelf: resources that changed or came since it was made."""

    def __init__(self) -> None:
        self.entries: dict[str, Searchable] = {}

    def covering(self, shelf: Shelf) -> int:
        """The bit set of the resources of the shelf that are no longer as it has them."""
        covered = 0
        for identifier in self.entries:
            if (position := shelf.at(identifier)) >= 0:
                covered |= 1 << position
        return covered

    def fitting(self, clauses: tuple[Clause, ...]) -> list[str]:
        """The ids of those that fit all clauses, in order."""
        return sorted(
            identifier for identifier, one in self.entries.items() if all(fits(one, clause) for clause in clauses)
        )


def _short(token: str) -> int:
    return hash(token) & _TOKEN_MASK


def _positions(found: int, start: int) -> Iterator[int]:
    """The positions of the bits that are set, upwards from `start`."""
    held = found.to_bytes((found.bit_length() + 7) // 8, "little")
    for place in range(start >> 3, len(held)):
        byte = held[place]
        while byte:
            low = byte & -byte
            position = (place << 3) + low.bit_length() - 1
            if position >= start:
                yield position
            byte ^= low

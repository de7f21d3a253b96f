"""An index of the resources of one type, held in memory: which of them fit a search, in the order of their ids.

The embedded store serves an index only to a condition that is exactly the index's fields; a search that also asks for
a profession, a city or a part of a name makes it read every document (measured: 700 ms at 20,000 resources). A shelf
answers from bit sets, one bit for each resource: every clause becomes one, and clauses are joined by `&`.

A shelf is what was read at one moment and is never changed; what changed since lies on top of it (`Changes`).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final

from segur_annuaire.domain.criteria import Clause, TokenClause, UpdatedClause, WordClause
from segur_annuaire.domain.matching import Searchable, fits

_POSITION_BITS: Final = 24
_POSITION_MASK: Final = (1 << _POSITION_BITS) - 1
_TOKEN_MASK: Final = (1 << (64 - _POSITION_BITS)) - 1
_REMEMBERED: Final = 64
_MANY: Final = 2_000


class Column:
    """The words of one string parameter, as one text with a line for each resource: scanning it is C's work."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._text = ""
        self._starts = array("I")

    def add(self, position: int, words: Iterable[str]) -> None:
        """The words of the next resource that has any; words of one line are parted by NUL."""
        self._lines.extend([""] * (position - len(self._lines)))
        self._lines.append("\0".join(words))

    def seal(self) -> None:
        """Nothing is added any more."""
        offset = 0
        for line in self._lines:
            self._starts.append(offset)
            offset += len(line) + 1
        self._text = "\n" + "\n".join(self._lines)
        self._lines = []

    def having(self, needle: str) -> Iterator[int]:
        """The positions whose line holds `needle`; each line begins with its line feed."""
        starts, find = self._starts, self._text.find
        place = find(needle)
        while place >= 0:
            position = bisect_right(starts, place) - 1
            yield position
            if position + 1 == len(starts):
                return
            place = find(needle, starts[position + 1])


class Shelf:
    """The resources of a type. A token is kept as 40 bits of its hash and the position of its resource: eight bytes.

    Two tokens in a million million share these bits; the price would be one resource too many in an answer.
    """

    def __init__(self, resources: Iterable[tuple[str, Searchable]]) -> None:
        """Take the resources in the order of their ids."""
        self.ids: list[str] = []
        self._moments: dict[str, array[int]] = {}
        self._columns: dict[str, Column] = {}
        entries: list[int] = []
        for position, (identifier, one) in enumerate(resources):
            self.ids.append(identifier)
            self._moments.setdefault(one.updated, array("I")).append(position)
            entries.extend(((hash(token) & _TOKEN_MASK) << _POSITION_BITS) | position for token in one.tokens)
            for name, words in one.words.items():
                if words:
                    self._columns.setdefault(name, Column()).add(position, words)
        for column in self._columns.values():
            column.seal()
        entries.sort()
        self._entries = array("Q", entries)
        self.every: Final = (1 << len(self.ids)) - 1
        self._remembered: dict[object, int] = {}

    def fitting(self, clauses: Iterable[Clause]) -> int:
        """The bit set of the resources that fit all clauses."""
        found = self.every
        for clause in clauses:
            found &= self._bits(clause)
        return found

    def at(self, identifier: str) -> int:
        """The position of a resource, -1 for an unknown one."""
        position = bisect_left(self.ids, identifier)
        return position if position < len(self.ids) and self.ids[position] == identifier else -1

    def after(self, found: int, identifier: str) -> Iterator[str]:
        """The ids in a bit set, those that come after an id."""
        return (self.ids[position] for position in _positions(found, bisect_right(self.ids, identifier)))

    def _bits(self, clause: Clause) -> int:
        found = 0
        if isinstance(clause, TokenClause):
            for token in clause.tokens:
                found |= self._set(token, partial(self._with_token, token))
            return self.every & ~found if clause.negated else found
        if isinstance(clause, WordClause):
            column = self._columns.get(clause.parameter)
            if column is None:
                return 0
            for text in clause.texts:
                for needle in (text,) if clause.anywhere else (f"\n{text}", f"\0{text}"):
                    found |= self._set((clause.parameter, needle), partial(column.having, needle))
            return found
        return self._updated_in(clause)

    def _updated_in(self, clause: UpdatedClause) -> int:
        nothing: tuple[str, ...] = ()
        holding = [moment for moment in self._moments if fits(Searchable(nothing, {}, moment), clause)]
        if len(holding) == len(self._moments):
            return self.every
        found = 0
        for moment in holding:
            found |= self._set(("updated", moment), partial(self._moments.__getitem__, moment))
        return found

    def _with_token(self, token: str) -> Iterator[int]:
        first = (hash(token) & _TOKEN_MASK) << _POSITION_BITS
        start = bisect_left(self._entries, first)
        end = bisect_right(self._entries, first | _POSITION_MASK, lo=start)
        return (entry & _POSITION_MASK for entry in self._entries[start:end])

    def _set(self, name: object, positions: Callable[[], Iterable[int]]) -> int:
        """The bit set of positions; large ones are remembered under their name."""
        if (known := self._remembered.get(name)) is not None:
            return known
        held = bytearray(len(self.ids) // 8 + 1)
        count = 0
        for position in positions():
            held[position >> 3] |= 1 << (position & 7)
            count += 1
        found = int.from_bytes(held, "little")
        if count > _MANY:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.pop(next(iter(self._remembered)))
            self._remembered[name] = found
        return found


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

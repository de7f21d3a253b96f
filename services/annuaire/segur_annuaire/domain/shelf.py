"""A piece of the index, some ten thousand resources of one type: which of them fit a search, in the order of their ids.

The embedded store serves an index only to a condition that is exactly the index's fields; a search that also asks for
a profession, a city or a part of a name makes it read every document (measured: 700 ms at 20,000 resources). A shelf
answers from bit sets, one bit for each resource: every clause becomes one, and clauses are joined by `&`.

A shelf is packed once, by a `Packer`, into a form that is kept beside the resources and opened without reading any of
them. It is never changed; what changed since lies on top of it (`Changes`).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import blake2b
from itertools import accumulate
from typing import Final

from segur_annuaire.domain.criteria import Clause, TokenClause, UpdatedClause, WordClause
from segur_annuaire.domain.matching import Searchable, fits

_POSITION_BITS: Final = 24
_POSITION_MASK: Final = (1 << _POSITION_BITS) - 1
_HASH_BYTES: Final = 5
_REMEMBERED: Final = 64
_MANY: Final = 100


@dataclass(frozen=True, slots=True)
class Packed:
    """A shelf as it is kept.

    `ids`: a line each, in order; a resource's position is the number of its line. `tokens`: eight bytes each, in order:
    40 bits of the token's hash, then 24 of a position. `words`: by string parameter, a line for each resource, the
    words of a line parted by NUL. `moments`: DTM of an update to the positions of those updated then, four bytes each.
    Numbers are little-endian.
    """

    ids: str
    tokens: bytes
    words: Mapping[str, str]
    moments: Mapping[str, bytes]


class Packer:
    """Takes resources one by one, in any order, and keeps of them no more than the shelf will."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._entries = array("Q")
        self._lines: dict[str, list[str]] = {}
        self._moments: list[str] = []

    def add(self, identifier: str, one: Searchable) -> None:
        """Take a resource whose id was not added before."""
        position = len(self._ids)
        self._ids.append(identifier)
        self._moments.append(one.updated)
        self._entries.extend((_hash(token) << _POSITION_BITS) | position for token in one.tokens)
        for name, words in one.words.items():
            if words:
                lines = self._lines.setdefault(name, [])
                lines.extend([""] * (position - len(lines)))
                lines.append("\0".join(words))

    def packed(self) -> Packed:
        """What was added, as a shelf."""
        order = sorted(range(len(self._ids)), key=self._ids.__getitem__)
        place = array("Q", bytes(8 * len(order)))
        moments: dict[str, array[int]] = {}
        for position, added in enumerate(order):
            place[added] = position
            moments.setdefault(self._moments[added], array("I")).append(position)
        entries = sorted(entry & ~_POSITION_MASK | place[entry & _POSITION_MASK] for entry in self._entries)
        return Packed(
            "\n".join(self._ids[added] for added in order),
            array("Q", entries).tobytes(),
            {
                name: "\n".join(lines[added] if added < len(lines) else "" for added in order)
                for name, lines in self._lines.items()
            },
            {moment: positions.tobytes() for moment, positions in moments.items()},
        )


class Column:
    """The words of one string parameter, as one text with a line for each resource: scanning it is C's work."""

    def __init__(self, lines: str) -> None:
        self._text = "\n" + lines
        self._starts = array("I", accumulate((len(line) + 1 for line in lines.split("\n")[:-1]), initial=0))

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
    """An opened shelf.

    Two tokens in a million million share the bits that are kept of a hash; the price would be one resource too many in
    an answer.
    """

    def __init__(self, packed: Packed) -> None:
        self.ids: Final = packed.ids.split("\n") if packed.ids else []
        self.every: Final = (1 << len(self.ids)) - 1
        self._entries = memoryview(packed.tokens).cast("Q")
        self._columns = {name: Column(lines) for name, lines in packed.words.items()}
        self._moments = {moment: memoryview(held).cast("I") for moment, held in packed.moments.items()}
        self._remembered: dict[object, int] = {}

    def fitting(self, clauses: Iterable[Clause]) -> int:
        """The bit set of the resources that fit all clauses."""
        found = self.every
        for clause in clauses:
            found &= self._bits(clause)
            if not found:
                break
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
        first = _hash(token) << _POSITION_BITS
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
        found = int.from_bytes(held, "little") if count else 0
        if count > _MANY:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.pop(next(iter(self._remembered)))
            self._remembered[name] = found
        return found


class Changes:
    """What lies on top of shelves: resources that changed or came since they were packed."""

    def __init__(self) -> None:
        self.entries: dict[str, Searchable] = {}

    def fitting(self, clauses: tuple[Clause, ...]) -> list[str]:
        """The ids of those that fit all clauses, in order."""
        return sorted(
            identifier for identifier, one in self.entries.items() if all(fits(one, clause) for clause in clauses)
        )


@lru_cache(maxsize=4_096)
def _hash(token: str) -> int:
    """Forty bits of a token, the same in every process."""
    return int.from_bytes(blake2b(token.encode(), digest_size=_HASH_BYTES).digest(), "big")


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

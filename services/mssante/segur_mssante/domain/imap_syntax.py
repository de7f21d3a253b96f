"""The words of an IMAP command, sets of numbers, dates, and how values are written back (RFC 3501, section 9).

Own code: imaplib, imapclient and aioimaplib read the server's side only; pymap refuses the initial response of SASL and
twisted's server brings its own reactor.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

Token = str | bytes | list["Token"]
"""An atom or quoted string, a literal, or a list in parentheses."""

LITERAL = "\x00"
"""Stands for the next literal in the text of a command; no command may hold it."""

_WORD = re.compile(r'[ \t]*(?:"((?:[^"\\]|\\.)*)"|(\()|(\))|(\x00)|((?:[^\s()"\[\]\x00]|\[[^\]\x00]*\])+))', re.DOTALL)
_MAX_RANGES = 5_000
_MAX_DEPTH = 50
_PLAIN = re.compile(rb"[\x20-\x7e]{0,1000}\Z")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY = re.compile(r"(\d{1,2})-([A-Za-z]{3})-(\d{4})\Z")
_MOMENT = re.compile(r" ?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)\Z")


class BadCommand(ValueError):
    """A command this server cannot read; the text names the rule."""


def words(line: str, literals: Sequence[bytes] = ()) -> list[Token]:
    """The words of a command's arguments; raise `BadCommand`."""
    stack: list[list[Token]] = [[]]
    waiting = iter(literals)
    position, end = 0, len(line.rstrip())
    while position < end:
        match = _WORD.match(line, position)
        if match is None:
            raise BadCommand(f"cannot read from column {position + 1}")
        position = match.end()
        quoted, opening, closing, literal, atom = match.groups()
        if opening:
            inside: list[Token] = []
            stack[-1].append(inside)
            stack.append(inside)
            if len(stack) > _MAX_DEPTH:
                raise BadCommand("too many parentheses")
        elif closing:
            stack.pop()
            if not stack:
                raise BadCommand("a parenthesis closes that was not opened")
        elif literal:
            stack[-1].append(next(waiting, b""))
        else:
            stack[-1].append(re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else atom)
    if len(stack) != 1:
        raise BadCommand("a parenthesis is not closed")
    return stack[0]


def text(token: Token) -> str:
    """A word as text; raise `BadCommand` for a list."""
    if isinstance(token, list):
        raise BadCommand("a string is expected, not a list")
    return token.decode("utf-8", "replace") if isinstance(token, bytes) else token


def texts(token: Token) -> list[str]:
    """A list, or a single word, as texts; raise `BadCommand`."""
    return [text(item) for item in token] if isinstance(token, list) else [text(token)]


@dataclass(frozen=True, slots=True)
class NumberSet:
    """Disjoint ranges in order, both ends included."""

    ranges: tuple[tuple[int, int], ...]

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self.ranges, (number, 2**63)) - 1
        return place >= 0 and number <= self.ranges[place][1]


def number_set(told: str, largest: int) -> NumberSet:
    """A set like `1,3:5,8:*`, where `*` is `largest`; raise `BadCommand`."""
    parts = told.split(",")
    if len(parts) > _MAX_RANGES:
        raise BadCommand(f"at most {_MAX_RANGES} ranges in a sequence set")
    found = []
    for part in parts:
        ends = part.split(":")
        if len(ends) > 2 or not all(
            end == "*" or (end.isdecimal() and end.isascii() and len(end) < 12) for end in ends
        ):
            raise BadCommand(f"sequence set expected, not {part[:20]}")
        first, last = sorted(largest if end == "*" else int(end) for end in (ends[0], ends[-1]))
        found.append((first, last))
    merged: list[tuple[int, int]] = []
    for first, last in sorted(found):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return NumberSet(tuple(merged))


def is_number_set(told: str) -> bool:
    """Whether a word looks like a set of numbers."""
    return bool(re.fullmatch(r"[0-9*]+([:,][0-9*]+)*", told))


def ranges(numbers: Iterable[int]) -> str:
    """Numbers in ascending order as a set, `1:3,7`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(f"{a}" if a == b else f"{a}:{b}" for a, b in runs)


def read_day(told: str) -> date:
    """`1-Feb-2026`; raise `BadCommand`."""
    match = _DAY.match(told)
    try:
        if match:
            return date(int(match[3]), _MONTHS.index(match[2].title()) + 1, int(match[1]))
    except ValueError:
        pass
    raise BadCommand(f"a date like 1-Feb-2026 is expected, not {told[:20]}")


def read_moment(told: str) -> datetime:
    """` 1-Feb-2026 10:00:00 +0100`; raise `BadCommand`."""
    match = _MOMENT.match(told)
    try:
        if match:
            offset = timedelta(hours=int(match[8]), minutes=int(match[9])) * (-1 if match[7] == "-" else 1)
            day = (int(match[3]), _MONTHS.index(match[2].title()) + 1, int(match[1]))
            clock = (int(match[4]), int(match[5]), int(match[6]))
            return datetime(*day, *clock, tzinfo=timezone(offset)).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise BadCommand(f"a date-time like 01-Feb-2026 10:00:00 +0100 is expected, not {told[:30]}")


def write_moment(moment: datetime) -> str:
    """The INTERNALDATE of a message."""
    return f'"{moment.day:02d}-{_MONTHS[moment.month - 1]}-{moment:%Y %H:%M:%S} +0000"'


def string(value: bytes | str | None) -> bytes:
    """A value as NIL, quoted string or literal, whichever it needs."""
    if value is None:
        return b"NIL"
    raw = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    if _PLAIN.match(raw):
        return b'"' + raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
    return literal(raw)


def literal(raw: bytes) -> bytes:
    """Bytes as a literal."""
    return b"{%d}\r\n" % len(raw) + raw

"""The criteria of SEARCH as a test of one message (RFC 3501, section 6.4.4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

from segur_mssante.domain.imap_syntax import BadCommand, NumberSet, Token, is_number_set, number_set, read_day, text

_MAX_CRITERIA = 500
_FLAGS = {
    "ANSWERED": "\\Answered",
    "DELETED": "\\Deleted",
    "DRAFT": "\\Draft",
    "FLAGGED": "\\Flagged",
    "SEEN": "\\Seen",
}
_HEADERS = ("BCC", "CC", "FROM", "SUBJECT", "TO")
_DAYS = ("BEFORE", "ON", "SINCE", "SENTBEFORE", "SENTON", "SENTSINCE")


class Searched(Protocol):
    """A message as a search sees it; header and text are read when asked for only."""

    @property
    def place(self) -> int: ...
    @property
    def uid(self) -> int: ...
    @property
    def flags(self) -> list[str]: ...
    @property
    def size(self) -> int: ...
    @property
    def received(self) -> datetime: ...

    def header(self, name: str) -> str | None:
        """A header, encoded words read; None when there is none."""

    def body(self, *, with_header: bool) -> str:
        """The readable text."""


Criterion = Callable[[Searched], bool]


class UnknownCharset(BadCommand):
    """A charset other than US-ASCII and UTF-8."""


def read_criteria(told: list[Token], places: int, uids: int) -> Criterion:
    """All criteria together; `places` and `uids` are the largest numbers. Raise `BadCommand`."""
    left = list(told)
    if left and isinstance(left[0], str) and left[0].upper() == "CHARSET":
        if len(left) < 2:
            raise BadCommand("SEARCH: a charset is expected")
        if text(left[1]).upper() not in ("UTF-8", "US-ASCII"):
            raise UnknownCharset("SEARCH: UTF-8 or US-ASCII")
        left = left[2:]
    if not left:
        raise BadCommand("SEARCH: criteria expected")
    return _Reader(places, uids).every(left)


class _Reader:
    def __init__(self, places: int, uids: int) -> None:
        self._places, self._uids, self._count = places, uids, 0

    def every(self, left: list[Token]) -> Criterion:
        tests = []
        while left:
            tests.append(self._one(left))
        return lambda mail: all(test(mail) for test in tests)

    def _one(self, left: list[Token]) -> Criterion:
        self._count += 1
        if self._count > _MAX_CRITERIA:
            raise BadCommand(f"SEARCH: at most {_MAX_CRITERIA} criteria")
        token = self._next(left)
        if isinstance(token, list):
            return self.every(list(token))
        key = text(token).upper()
        if key in ("ALL", "OLD"):
            return lambda mail: True
        if key in ("RECENT", "NEW"):  # nothing is \Recent here
            return lambda mail: False
        if key == "NOT":
            test = self._one(left)
            return lambda mail: not test(mail)
        if key == "OR":
            one, other = self._one(left), self._one(left)
            return lambda mail: one(mail) or other(mail)
        if key.removeprefix("UN") in _FLAGS:
            return _flag(_FLAGS[key.removeprefix("UN")], present=not key.startswith("UN"))
        if key in ("KEYWORD", "UNKEYWORD"):
            return _flag(self._text(left), present=key == "KEYWORD")
        if key == "UID":
            numbers = number_set(self._text(left), self._uids)
            return lambda mail: mail.uid in numbers
        if is_number_set(key):
            return _placed(number_set(key, self._places))
        if key in ("LARGER", "SMALLER"):
            limit = self._number(left)
            return (lambda mail: mail.size > limit) if key == "LARGER" else (lambda mail: mail.size < limit)
        if key in _DAYS:
            return _dated(key, read_day(self._text(left)))
        if key in _HEADERS:
            return _header(key, self._text(left))
        if key == "HEADER":
            name = self._text(left)
            return _header(name, self._text(left))
        if key in ("BODY", "TEXT"):
            wanted = self._text(left).casefold()
            return lambda mail: wanted in mail.body(with_header=key == "TEXT").casefold()
        raise BadCommand(f"SEARCH: key {key[:30]} is not known")

    def _next(self, left: list[Token]) -> Token:
        if not left:
            raise BadCommand("SEARCH: a criterion is cut short")
        return left.pop(0)

    def _text(self, left: list[Token]) -> str:
        return text(self._next(left))

    def _number(self, left: list[Token]) -> int:
        told = self._text(left)
        if not (told.isdecimal() and told.isascii() and len(told) < 12):
            raise BadCommand(f"SEARCH: a number is expected, not {told[:20]}")
        return int(told)


def _flag(flag: str, *, present: bool) -> Criterion:
    wanted = flag.lower()
    return lambda mail: (wanted in (known.lower() for known in mail.flags)) is present


def _placed(numbers: NumberSet) -> Criterion:
    return lambda mail: mail.place in numbers


def _header(name: str, value: str) -> Criterion:
    wanted = value.casefold()
    return lambda mail: (found := mail.header(name)) is not None and wanted in found.casefold()


def _dated(key: str, wanted: date) -> Criterion:
    def day(mail: Searched) -> date | None:
        if not key.startswith("SENT"):
            return mail.received.date()
        try:
            return parsedate_to_datetime(mail.header("Date") or "").date()
        except ValueError:
            return None

    how = key.removeprefix("SENT")
    if how == "BEFORE":
        return lambda mail: (found := day(mail)) is not None and found < wanted
    if how == "SINCE":
        return lambda mail: (found := day(mail)) is not None and found >= wanted
    return lambda mail: day(mail) == wanted

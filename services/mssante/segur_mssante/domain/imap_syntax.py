"""The words of an IMAP command and the pieces of a FETCH answer (RFC 3501, sections 6 and 9).

Own code: imaplib and aioimaplib read the server's side only, and twisted's server brings its own reactor.
"""

from __future__ import annotations

import re

_WORD = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|(\()|(\))|((?:[^\s()"\[]|\[[^\]]*\])+))')


class BadCommand(ValueError):
    """A command this server cannot read; the text names the rule."""


def words(line: str) -> list[str]:
    """Atoms and quoted strings in order, parentheses as words of their own; raise `BadCommand`."""
    found, position, end = [], 0, len(line.rstrip())
    while position < end:
        match = _WORD.match(line, position)
        if match is None:
            raise BadCommand(f"cannot read from column {position + 1}")
        quoted = match.group(1)
        found.append(re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else match.group().strip())
        position = match.end()
    return found


def quote(text: str) -> str:
    """A literal's text as a quoted string, so that one reader serves both."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def numbers(text: str, largest: int) -> set[int]:
    """The numbers of a set like `1,3:5,8:*`, none above `largest`; raise `BadCommand`."""
    chosen: set[int] = set()
    for part in text.split(","):
        ends = part.split(":")
        if len(ends) > 2 or not all(end == "*" or end.isdecimal() for end in ends):
            raise BadCommand(f"sequence set expected, not {part[:20]}")
        first, last = sorted(largest if end == "*" else int(end) for end in (ends[0], ends[-1]))
        chosen.update(range(first, min(last, largest) + 1))
    return chosen

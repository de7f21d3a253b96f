"""What happens again and again is told once in a while, with how often it happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
Key = tuple[str, str, str]
"""Sandbox, client, rule."""


@dataclass(slots=True)
class _Seen(Generic[T]):
    since: int
    held: int
    last: T


class Repeats(Generic[T]):
    """Tells the first of a kind at once and counts the following for `window_s` seconds.

    In the memory of this process: what is counted and not yet told is lost with it, and of more than `limit` kinds at
    a time the oldest is forgotten.
    """

    def __init__(self, window_s: int, limit: int = 1_024) -> None:
        self._seen: dict[Key, _Seen[T]] = {}
        self._window_s, self._limit = window_s, limit

    def count(self, key: Key, value: T, now: int) -> int:
        """How many of this kind to tell of now, this one included; 0 when it is only counted."""
        known = self._seen.get(key)
        if known is not None and not self._over(known, now):
            known.held, known.last = known.held + 1, value
            return 0
        self._seen.pop(key, None)
        if len(self._seen) >= self._limit:
            del self._seen[next(iter(self._seen))]
        self._seen[key] = _Seen(now, 0, value)
        return 1 + (known.held if known is not None else 0)

    def due(self, sandbox: str, now: int) -> list[tuple[T, int]]:
        """What was counted in windows that are over: the last of each kind, and how many; given once."""
        over = [key for key, seen in self._seen.items() if key[0] == sandbox and self._over(seen, now)]
        ended = [self._seen.pop(key) for key in over]
        return [(seen.last, seen.held) for seen in ended if seen.held]

    def _over(self, seen: _Seen[T], now: int) -> bool:
        """A clock that was set back ends the window too."""
        return not seen.since <= now < seen.since + self._window_s

"""What the hot doors need not ask the store for again."""

from __future__ import annotations

import time
from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """What was read in the last moments, by key, so that the hot doors ask the store for the session only.

    Another replica's change is seen after `keep_s`, real time; our own at once, by `forget`.
    """

    def __init__(self, keep_s: float, limit: int = 4_096) -> None:
        self._kept: dict[str, tuple[float, T]] = {}
        self._keep_s, self._limit = keep_s, limit

    def get(self, key: str) -> T | None:
        """What was kept under the key, None when it is not there or too old."""
        found = self._kept.get(key)
        return found[1] if found is not None and time.monotonic() < found[0] else None

    def keep(self, key: str, value: T) -> T:
        """Keep it, and give it back."""
        if len(self._kept) >= self._limit:
            self._kept.clear()
        self._kept[key] = (time.monotonic() + self._keep_s, value)
        return value

    def forget(self, key: str) -> None:
        """Read it from the store next time."""
        self._kept.pop(key, None)

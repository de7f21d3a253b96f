"""What a fault rule has done so far, kept so that a restarted service goes on where it was.

One file per rule, one byte per call that matched: appended before the fault shows, read back when the rule is armed
again. A byte in the page cache outlives the process (not the machine, which is not what a fault rule is about) and
costs a few microseconds; a record in the store would make every strike wait for the disk.
"""

from __future__ import annotations

import os
import random
from enum import Enum
from pathlib import Path

_ENDING = ".calls"


class Call(Enum):
    """What became of a call that matched a rule."""

    SKIPPED = b"s"
    SPARED = b"."
    STRUCK = b"x"


class RuleMemory:
    """The count, the skips and the dice of one rule; `folder` None keeps them in this process only."""

    def __init__(self, folder: Path | None, key: str, *, seed: int | None, uses_dice: bool) -> None:
        self._dice = random.Random(seed)  # noqa: S311 - repeatable on purpose, nothing secret hangs on it
        self._descriptor: int | None = None
        self.skipped = self.struck = 0
        if folder is None:
            return
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{key}{_ENDING}"
        past = path.read_bytes() if path.exists() else b""
        self.skipped, self.struck = past.count(Call.SKIPPED.value), past.count(Call.STRUCK.value)
        if uses_dice:
            for _ in range(self.struck + past.count(Call.SPARED.value)):
                self._dice.random()
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def throw(self) -> float:
        """The next number between 0 and 1."""
        return self._dice.random()

    def note(self, call: Call) -> None:
        """Remember what became of a call."""
        self.skipped += call is Call.SKIPPED
        self.struck += call is Call.STRUCK
        if self._descriptor is not None:
            os.write(self._descriptor, call.value)

    def close(self) -> None:
        """The rule is no longer in force here."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @staticmethod
    def forget_others(folder: Path | None, keys: set[str]) -> None:
        """Delete what rules remembered that are gone."""
        if folder is not None and folder.is_dir():
            for path in folder.glob(f"*{_ENDING}"):
                if path.name.removesuffix(_ENDING) not in keys:
                    path.unlink(missing_ok=True)

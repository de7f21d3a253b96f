"""The only clock. Each sandbox may live some time ahead or behind, so that a token expires without waiting."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from segur.kernel.request import current_sandbox


class Clock:
    """Reads the time of the sandbox in whose name the code runs."""

    def __init__(self) -> None:
        self._offsets: dict[str, timedelta] = {}

    def set_offset(self, sandbox: str, offset: timedelta) -> None:
        """Shift a sandbox's time; zero brings it back to the real one."""
        self._offsets[sandbox] = offset

    def now(self) -> datetime:
        """The present moment in the current sandbox, UTC."""
        real = datetime.fromtimestamp(time.time(), tz=UTC)
        return real + self._offsets.get(current_sandbox(), timedelta())

    def timestamp(self) -> float:
        """`now` in seconds since the epoch."""
        return self.now().timestamp()

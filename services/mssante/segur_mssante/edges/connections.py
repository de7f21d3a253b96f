"""Who is connected to a mail door, and how many connections one address may hold."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any


class Gate:
    """The open connections of one door."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._by_address: Counter[str] = Counter()
        self._of: dict[Any, str] = {}

    @property
    def inside(self) -> list[Any]:
        """The connections there are."""
        return list(self._of)

    def enter(self, connection: Any, transport: asyncio.BaseTransport) -> bool:
        """Count a connection in, False when its address holds too many."""
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if peer else ""
        if self._by_address[address] >= self._most:
            return False
        self._by_address[address] += 1
        self._of[connection] = address
        return True

    def leave(self, connection: Any) -> None:
        """Count it out; a second time does nothing."""
        address = self._of.pop(connection, None)
        if address is not None:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]

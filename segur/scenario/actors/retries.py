"""How a software asks again: a bounded number of tries with growing delays, and an outbox of feeds that loses nothing.

[wave 2 digest DMP-11]: no retry storm; what could not be sent is sent once the DMP is back, exactly once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import httpx

from segur.scenario.actors.lps import Refused
from segur.wire import xds

T = TypeVar("T")

_PASSING = frozenset({"XDSRepositoryBusy", "XDSRegistryError"})
"""Codes of SOAP faults by which the DMP says that it cannot just now."""
_ALREADY_THERE = "XDSDuplicateUniqueIdInRegistry"


@dataclass(frozen=True, slots=True)
class Backoff:
    """`tries` in all; the first delay in seconds, each following one `factor` times longer."""

    tries: int = 4
    first_s: float = 0.1
    factor: float = 2.0

    @property
    def delays(self) -> tuple[float, ...]:
        """The delays between the tries."""
        return tuple(self.first_s * self.factor**n for n in range(self.tries - 1))


@dataclass(slots=True)
class Tries:
    """What happened to each try: an empty text for the one that worked, else why it did not."""

    told: list[str] = field(default_factory=list)


class GaveUp(Exception):
    """Every try failed; the text says how the last one did."""


async def patiently(act: Callable[[], Awaitable[T]], backoff: Backoff, tries: Tries | None = None) -> T:
    """Try an act; again when the DMP is away or the line breaks, at once to the caller when it is refused for good.

    Raise `GaveUp` when no try is left, `Refused` for a refusal that another try would meet again.
    """
    tries = tries if tries is not None else Tries()
    for delay in (*backoff.delays, None):
        try:
            result = await act()
        except Refused as refused:
            if not is_passing(refused):
                raise
            tries.told.append(f"{refused.status} {refused.code}")
        except httpx.TransportError as broken:
            tries.told.append(type(broken).__name__)
        else:
            tries.told.append("")
            return result
        if delay is None:
            break
        await asyncio.sleep(delay)
    raise GaveUp(tries.told[-1])


def is_passing(refused: Refused) -> bool:
    """True for what may be over at the next try: a service that is away or busy, a gateway that waited in vain."""
    return refused.status in (502, 503, 504) or (refused.status >= 500 and refused.code in _PASSING)


@dataclass(slots=True)
class Outbox:
    """Feeds that wait, in order. `sent` and `refused` say what became of those that left it."""

    send: Callable[[bytes], Awaitable[tuple[xds.DocumentEntry, xds.RegistryResponse]]]
    backoff: Backoff = field(default_factory=Backoff)
    waiting: list[bytes] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    already: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def put(self, document: bytes) -> None:
        """Queue a document."""
        self.waiting.append(document)

    async def flush(self, tries: Tries | None = None) -> bool:
        """Send what waits, stop at the first that cannot be; True when nothing is left.

        A document the DMP has already, from a try whose answer was lost, counts as sent.
        """
        while self.waiting:
            document = self.waiting[0]
            try:
                entry, answer = await patiently(lambda: self.send(document), self.backoff, tries)  # noqa: B023
            except GaveUp:
                return False
            self.waiting.pop(0)
            codes = {error.code for error in answer.errors}
            if answer.succeeded:
                self.sent.append(entry.unique_id)
            elif _ALREADY_THERE in codes:
                self.already.append(entry.unique_id)
            else:
                self.refused.append(f"{entry.unique_id} {', '.join(sorted(codes))}")
        return True

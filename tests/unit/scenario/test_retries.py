"""Bounded tries with growing delays, and an outbox that sends each document once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import pytest

from segur.scenario.actors.lps import Refused
from segur.scenario.actors.retries import Backoff, GaveUp, Outbox, Tries, patiently
from segur.wire import xds

QUICK = Backoff(tries=3, first_s=0)
AWAY = Refused("upstream_unavailable", "", 503)


def answering(*told: Exception | str) -> Callable[[], Awaitable[str]]:
    """An act that fails or answers as told, one by one."""
    left = list(told)

    async def act() -> str:
        one = left.pop(0)
        if isinstance(one, Exception):
            raise one
        return one

    return act


def test_delays_grow_and_are_one_fewer_than_the_tries() -> None:
    assert Backoff(4, 0.1, 2.0).delays == (0.1, 0.2, 0.4)


@pytest.mark.parametrize(
    "passing", [AWAY, Refused("XDSRepositoryBusy", "", 500), httpx.ReadError("cut"), Refused("", "", 504)]
)
async def test_what_may_pass_is_tried_again(passing: Exception) -> None:
    tries = Tries()
    assert await patiently(answering(passing, "oui"), QUICK, tries) == "oui"
    assert len(tries.told) == 2


async def test_no_try_follows_the_last() -> None:
    tries = Tries()
    with pytest.raises(GaveUp, match="503"):
        await patiently(answering(AWAY, AWAY, AWAY, "trop tard"), QUICK, tries)
    assert len(tries.told) == QUICK.tries


async def test_a_refusal_for_good_is_not_asked_again() -> None:
    refusal = Refused("DMPAccessDeniedByRightsService", "", 500)
    with pytest.raises(Refused):
        await patiently(answering(refusal, "non"), QUICK)


class Dmp:
    """Takes documents as told: `away` times not at all, then each once."""

    def __init__(self, away: int = 0) -> None:
        self.away = away
        self.stored: list[bytes] = []

    async def submit(self, document: bytes) -> tuple[xds.DocumentEntry, xds.RegistryResponse]:
        """As TD2.1."""
        if self.away:
            self.away -= 1
            raise AWAY
        entry = xds.DocumentEntry("Document01", document.decode(), "p")
        if document in self.stored:
            return entry, xds.RegistryResponse.failure(xds.RegistryError("XDSDuplicateUniqueIdInRegistry", ""))
        if document == b"faux":
            return entry, xds.RegistryResponse.failure(xds.RegistryError("XDSRegistryMetadataError", ""))
        self.stored.append(document)
        return entry, xds.RegistryResponse()


async def test_the_outbox_keeps_what_the_dmp_could_not_take_and_sends_it_later_in_order() -> None:
    dmp = Dmp(away=3)
    outbox = Outbox(dmp.submit, QUICK, [b"1", b"2"])
    assert not await outbox.flush()
    assert (outbox.waiting, dmp.stored) == ([b"1", b"2"], [])
    assert await outbox.flush()
    assert (outbox.sent, dmp.stored) == (["1", "2"], [b"1", b"2"])


async def test_a_document_whose_answer_was_lost_counts_as_sent() -> None:
    dmp = Dmp()
    dmp.stored.append(b"1")
    outbox = Outbox(dmp.submit, QUICK, [b"1"])
    assert await outbox.flush()
    assert (outbox.already, outbox.sent, dmp.stored) == (["1"], [], [b"1"])


async def test_one_that_is_refused_for_good_does_not_hold_up_the_others() -> None:
    dmp = Dmp()
    outbox = Outbox(dmp.submit, QUICK, [b"faux", b"2"])
    assert await outbox.flush()
    assert outbox.refused == ["faux XDSRegistryMetadataError"]
    assert outbox.sent == ["2"]

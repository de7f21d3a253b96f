"""The open-loop driver: schedule, failures, verdicts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from segur.load import driver
from segur.load.driver import Failed, Verdict
from segur.load.figures import percentile


class Fake:
    """Answers as told; `stall_s` holds every call until that moment, as a server that hangs does."""

    def __init__(self, *, stall_s: float = 0, refuse_every: int = 0, verdict: Verdict | None = None) -> None:
        self.stall_s, self.refuse_every = stall_s, refuse_every
        self.verdict = verdict or Verdict()
        self.sought: Sequence[str] = ()
        self.closed = False
        self._over: asyncio.Event | None = None

    async def open(self) -> None:
        self._over = asyncio.Event()
        asyncio.get_running_loop().call_later(self.stall_s, self._over.set)

    async def send(self, number: int) -> str:
        assert self._over is not None
        await self._over.wait()
        if self.refuse_every and number % self.refuse_every == 0:
            raise Failed("XDSRepositoryBusy")
        return f"doc-{number}"

    async def judge(self, acknowledged: Sequence[str]) -> Verdict:
        self.sought = acknowledged
        return self.verdict

    async def close(self) -> None:
        self.closed = True


async def test_a_stall_is_felt_by_every_call_that_came_due_meanwhile() -> None:
    told = await driver.run("fake", Fake(stall_s=0.5), rate=100, duration_s=0.5)
    assert (told["sent"], told["acknowledged"]) == (50, 50)
    assert told["p50_ms"] > 150  # a driver that waits for answers would have one slow call and 49 quick ones
    assert told["max_ms"] > 400


async def test_failures_are_counted_by_kind_and_only_what_was_acknowledged_is_sought() -> None:
    fake = Fake(refuse_every=4)
    told = await driver.run("fake", fake, rate=400, duration_s=0.05)
    assert (told["sent"], told["acknowledged"], told["errors"]) == (20, 15, 5)
    assert told["error_kinds"] == {"XDSRepositoryBusy": 5}
    assert len(fake.sought) == 15
    assert told["held"] is True
    assert fake.closed


@pytest.mark.parametrize("verdict", [Verdict(lost=1), Verdict(doubled=1)])
async def test_a_run_does_not_hold_when_something_is_lost_or_doubled(verdict: Verdict) -> None:
    told = await driver.run("fake", Fake(verdict=verdict), rate=100, duration_s=0.02)
    assert (told["held"], told["lost"], told["doubled"]) == (False, verdict.lost, verdict.doubled)


async def test_a_run_in_which_nothing_was_acknowledged_does_not_hold() -> None:
    told = await driver.run("fake", Fake(refuse_every=1), rate=100, duration_s=0.02)
    assert (told["held"], told["p50_ms"]) == (False, None)


async def test_the_shape_that_scripts_read_is_there() -> None:
    told = await driver.run("fake", Fake(verdict=Verdict(fact_lags_ms=[5, 7])), rate=100, duration_s=0.02)
    assert {"rate", "sent", "lost", "doubled", "p50_ms", "p99_ms", "fact_lag_p99_ms", "errors"} <= set(told)
    assert told["fact_lag_p99_ms"] == 7


def test_percentiles_are_samples_by_nearest_rank() -> None:
    assert percentile([], 0.5) is None
    assert [percentile(range(1, 101), share) for share in (0.5, 0.9, 0.99, 1.0)] == [50, 90, 99, 100]
    assert percentile([3], 0.01) == 3

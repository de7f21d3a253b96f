"""An open-loop driver: calls start when they are due, not when the last one was answered.

Times are taken from the moment a call was due. A platform that stalls is so seen by every call that came due
meanwhile, where a driver that waits for answers would send less and report that all is well (coordinated omission).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from segur.load.figures import percentile

ANSWER_PATIENCE_S = 30.0
_MOST_UNDER_WAY = 2_000


class Failed(Exception):
    """A call was not acknowledged; the text is the kind of failure, by which failures are counted."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the acknowledged calls; `fact_lags_ms` from a fact's commit to the control plane."""

    lost: int = 0
    doubled: int = 0
    fact_lags_ms: Sequence[float] = ()


class Profile(Protocol):
    """What is sent, and how it is judged."""

    async def open(self) -> None:
        """Get ready: connections, tokens, documents."""

    async def send(self, number: int) -> str:
        """Make one call; give the key of what was acknowledged, or raise `Failed`."""

    async def judge(self, acknowledged: Sequence[str]) -> Verdict:
        """Look for what was acknowledged: each exactly once."""

    async def close(self) -> None:
        """Let the connections go."""


@dataclass(slots=True)
class _Run:
    acknowledged: list[str] = field(default_factory=list)
    times_ms: list[float] = field(default_factory=list)
    late_ms: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)


async def run(name: str, profile: Profile, rate: float, duration_s: float) -> dict[str, Any]:
    """Send at `rate` calls a second for `duration_s`; give the figures in the shape of `segur load run --json`."""
    await profile.open()
    try:
        result, took_s = await _drive(profile, rate, duration_s)
        verdict = await profile.judge(result.acknowledged)
    finally:
        await profile.close()
    sent = len(result.late_ms)
    return {
        "profile": name,
        "rate": rate,
        "duration_s": duration_s,
        "achieved_rate": round(len(result.acknowledged) / took_s, 2),
        "sent": sent,
        "acknowledged": len(result.acknowledged),
        "lost": verdict.lost,
        "doubled": verdict.doubled,
        "errors": sum(result.failures.values()),
        "error_kinds": dict(result.failures.most_common(20)),
        "p50_ms": percentile(result.times_ms, 0.5),
        "p90_ms": percentile(result.times_ms, 0.9),
        "p99_ms": percentile(result.times_ms, 0.99),
        "max_ms": percentile(result.times_ms, 1.0),
        "fact_lag_p50_ms": percentile(verdict.fact_lags_ms, 0.5),
        "fact_lag_p99_ms": percentile(verdict.fact_lags_ms, 0.99),
        "driver_late_p99_ms": percentile(result.late_ms, 0.99),
        "held": bool(result.acknowledged) and not verdict.lost and not verdict.doubled,
    }


async def _drive(profile: Profile, rate: float, duration_s: float) -> tuple[_Run, float]:
    loop = asyncio.get_running_loop()
    result, under_way = _Run(), set[asyncio.Task[None]]()

    async def one(number: int, due: float) -> None:
        try:
            key = await asyncio.wait_for(profile.send(number), ANSWER_PATIENCE_S)
        except Failed as failure:
            result.failures[str(failure)] += 1
        except TimeoutError:
            result.failures["no answer"] += 1
        except Exception as error:  # a call that cannot even be made: told among the failures, the others go on
            result.failures[f"{type(error).__name__}: {error}"[:200]] += 1
        else:
            result.acknowledged.append(key)
            result.times_ms.append((loop.time() - due) * 1000)

    begun = loop.time()
    for number in range(max(1, round(rate * duration_s))):
        due = begun + number / rate
        if (early := due - loop.time()) > 0:
            await asyncio.sleep(early)
        result.late_ms.append(max(loop.time() - due, 0) * 1000)
        if len(under_way) >= _MOST_UNDER_WAY:
            result.failures["driver full"] += 1
            continue
        task = asyncio.create_task(one(number, due))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)
    return result, loop.time() - begun

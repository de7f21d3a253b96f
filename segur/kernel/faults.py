"""Breaking on purpose: fault points declared where a service can break, rules that trigger them.

A point has a name, a door, the national error it shows and a sentence that explains it. A rule says when: how often
(`rate`, seeded), how many times (`count`), for whom (`actor`, `patient`, `operation`), in which sandbox. Every fault
that strikes is noted in the span and the journal as injected.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, Field

from segur.kernel import request, tracing


@dataclass(frozen=True, slots=True)
class FaultPoint:
    """A place that can break: `dmp.submit.busy`, its door, what it shows there, and why that happens in real life."""

    name: str
    door: str
    shows: str
    explains: str


class FaultRule(BaseModel, frozen=True):
    """When a point breaks. All conditions must fit; `count` limits how often, None is for ever."""

    id: str
    point: str
    sandbox: str = request.DEFAULT_SANDBOX
    rate: float = Field(default=1.0, ge=0, le=1)
    count: int | None = Field(default=None, ge=0)
    skip: int = Field(default=0, ge=0, description="let this many matching calls pass first")
    seed: int | None = None
    delay_ms: int = Field(default=0, ge=0, le=120_000)
    actor: str | None = None
    patient: str | None = None
    operation: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that strikes now."""

    point: FaultPoint
    rule: FaultRule


@dataclass(slots=True)
class _Armed:
    rule: FaultRule
    left: int | None
    to_skip: int
    dice: random.Random


@dataclass(slots=True)
class FaultBoard:
    """The points of one service and the rules in force."""

    points: dict[str, FaultPoint] = field(default_factory=dict)
    _armed: list[_Armed] = field(default_factory=list)

    def declare(self, points: Iterable[FaultPoint]) -> None:
        """Make points known; raise `ValueError` for a name declared twice."""
        for point in points:
            if point.name in self.points:
                raise ValueError(f"fault point {point.name} is declared twice")
            self.points[point.name] = point

    def arm(self, rules: Sequence[FaultRule]) -> None:
        """Replace the rules in force by those among `rules` that name a point of this service.

        A rule already in force keeps its count and dice.
        """
        old = {armed.rule: armed for armed in self._armed} if self._armed else {}
        known = [rule for rule in rules if rule.point in self.points]
        self._armed = [old.get(rule) or _Armed(rule, rule.count, rule.skip, _dice(rule)) for rule in known]

    @property
    def rules(self) -> list[FaultRule]:
        """The rules in force."""
        return [armed.rule for armed in self._armed]

    def strikes(self, point: str, *, actor: str = "", patient: str = "", operation: str = "") -> Fault | None:
        """Whether `point` breaks now, for this caller; counts, and notes it for trace and journal."""
        if not self._armed:
            return None
        for armed in self._armed:
            rule = armed.rule
            if rule.point != point or rule.sandbox != request.current_sandbox() or armed.left == 0:
                continue
            if (rule.actor and rule.actor != actor) or (rule.patient and rule.patient != patient):
                continue
            if rule.operation and rule.operation != operation:
                continue
            if armed.to_skip:
                armed.to_skip -= 1
                continue
            if rule.rate < 1 and armed.dice.random() >= rule.rate:
                continue
            if armed.left is not None:
                armed.left -= 1
            tracing.annotate(segur__fault=point, segur__fault_rule=rule.id)
            request.note(fault=point)
            return Fault(self.points[point], rule)
        return None

    async def delayed(self, point: str, **about: str) -> Fault | None:
        """Like `strikes`, after the rule's delay."""
        fault = self.strikes(point, **about)
        if fault is not None and fault.rule.delay_ms:
            await asyncio.sleep(fault.rule.delay_ms / 1000)
        return fault


def _dice(rule: FaultRule) -> random.Random:
    return random.Random(rule.seed)  # noqa: S311 - repeatable on purpose, nothing secret hangs on it

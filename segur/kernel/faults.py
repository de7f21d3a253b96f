"""Breaking on purpose: fault points declared where a service can break, rules that trigger them.

A point has a name, a door, the national error it shows and a sentence that explains it. A rule says when: how often
(`rate`, seeded), how many times (`count`), on which schedule, for whom (`actor`, `patient`, `operation`), in which
sandbox. Every fault that strikes is noted in the span and the journal as injected. What a rule has done already
outlives the process (`fault_memory`): a service that is restarted in the middle goes on counting where it was.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter, ValidationError, model_validator

from segur.kernel import request, tracing
from segur.kernel.fault_memory import Call, RuleMemory

log = logging.getLogger("segur.faults")

EVERY_SANDBOX = "*"
"""In a rule's `sandbox`: wherever the call comes from."""


@dataclass(frozen=True, slots=True)
class FaultPoint:
    """A place that can break: `dmp.submit.busy`, its door, what it shows there, and why that happens in real life."""

    name: str
    door: str
    shows: str
    explains: str


class FaultRule(BaseModel, frozen=True, extra="forbid"):
    """When a point breaks. All conditions must fit; `count` limits how often, None is for ever.

    The schedule is in real time, whatever the sandbox's clock says: from `starts_at` until `ends_at` and, where
    `every_s` and `for_s` are given, only in the first `for_s` seconds of every `every_s`.
    """

    id: str = Field(pattern=r"^[A-Za-z0-9-]{1,64}$")
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
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    every_s: float | None = Field(default=None, gt=0, le=86_400)
    for_s: float | None = Field(default=None, gt=0, le=86_400)

    @model_validator(mode="after")
    def _schedule_makes_sense(self) -> FaultRule:
        if (self.every_s is None) != (self.for_s is None):
            raise ValueError("every_s and for_s go together: break for for_s seconds of every every_s")
        if self.every_s is not None and self.for_s is not None and self.for_s > self.every_s:
            raise ValueError("for_s must not be longer than every_s")
        if self.starts_at is not None and self.ends_at is not None and self.ends_at <= self.starts_at:
            raise ValueError("ends_at must come after starts_at")
        return self

    @property
    def remembers(self) -> bool:
        """Whether what happened decides what happens next."""
        return self.count is not None or self.skip > 0 or (self.seed is not None and self.rate < 1)

    @property
    def memory_key(self) -> str:
        """The name its memory goes by: another rule under the same id starts anew."""
        return f"{self.id}-{hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]}"

    def is_due(self, now: datetime) -> bool:
        """Whether the schedule lets the rule act at `now`; periods count from `starts_at`, else from the hour."""
        if (self.starts_at is not None and now < self.starts_at) or (self.ends_at is not None and now >= self.ends_at):
            return False
        if self.every_s is None or self.for_s is None:
            return True
        begun = self.starts_at or now.replace(minute=0, second=0, microsecond=0)
        return (now - begun).total_seconds() % self.every_s < self.for_s

    def fits(self, point: str, sandbox: str, actor: str, patient: str, operation: str) -> bool:
        """Whether a call is one the rule is about."""
        return (
            self.point == point
            and self.sandbox in (sandbox, EVERY_SANDBOX)
            and self.actor in (None, "", actor)
            and self.patient in (None, "", patient)
            and self.operation in (None, "", operation)
        )


_RULES = "rules.json"
_KEPT = TypeAdapter(list[FaultRule])


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that strikes now."""

    point: FaultPoint
    rule: FaultRule


def _real_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class FaultBoard:
    """The points of one service and the rules in force; `folder` is where what they did is remembered, if anywhere."""

    folder: Path | None = None
    now: Callable[[], datetime] = _real_now
    points: dict[str, FaultPoint] = field(default_factory=dict)
    _armed: dict[FaultRule, RuleMemory] = field(default_factory=dict)

    def declare(self, points: Iterable[FaultPoint]) -> None:
        """Make points known; raise `ValueError` for a name declared twice.

        The rules in force when the process ended are so again at once, until the control plane says otherwise.
        """
        for point in points:
            if point.name in self.points:
                raise ValueError(f"fault point {point.name} is declared twice")
            self.points[point.name] = point
        if self.folder is not None and (kept := self.folder / _RULES).exists():
            try:
                self._put_in_force(
                    [rule for rule in _KEPT.validate_json(kept.read_bytes()) if rule.point in self.points]
                )
            except ValidationError:
                log.warning("%s is not readable: waiting for the control plane's rules", kept)

    def arm(self, rules: Sequence[FaultRule]) -> None:
        """Replace the rules in force by those among `rules` that name a point of this service.

        A rule already in force goes on; one that was in force before the process was restarted does so too.
        """
        known = [rule for rule in rules if rule.point in self.points]
        self._put_in_force(known)
        if self.folder is not None and (known or self.folder.is_dir()):
            self.folder.mkdir(parents=True, exist_ok=True)
            draft = self.folder / f".{_RULES}.{os.getpid()}"
            draft.write_bytes(_KEPT.dump_json(known))
            draft.replace(self.folder / _RULES)

    def _put_in_force(self, known: list[FaultRule]) -> None:
        for rule in self._armed.keys() - set(known):
            self._armed[rule].close()
        RuleMemory.forget_others(self.folder, {rule.memory_key for rule in known})
        self._armed = {rule: self._armed.get(rule) or self._recall(rule) for rule in known}

    @property
    def rules(self) -> list[FaultRule]:
        """The rules in force."""
        return list(self._armed)

    def struck(self, rule: FaultRule) -> int:
        """How often a rule in force has struck."""
        return self._armed[rule].struck

    def strikes(self, point: str, *, actor: str = "", patient: str = "", operation: str = "") -> Fault | None:
        """Whether `point` breaks now, for this caller; counts, and notes it for trace and journal."""
        if not self._armed:
            return None
        sandbox = request.current_sandbox()
        for rule, memory in self._armed.items():
            if not rule.fits(point, sandbox, actor, patient, operation) or not rule.is_due(self.now()):
                continue
            if rule.count is not None and memory.struck >= rule.count:
                continue
            if memory.skipped < rule.skip:
                memory.note(Call.SKIPPED)
                continue
            if rule.rate < 1 and memory.throw() >= rule.rate:
                memory.note(Call.SPARED)
                continue
            memory.note(Call.STRUCK)
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

    def _recall(self, rule: FaultRule) -> RuleMemory:
        folder = self.folder if rule.remembers else None
        return RuleMemory(folder, rule.memory_key, seed=rule.seed, uses_dice=rule.rate < 1)

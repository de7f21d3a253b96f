"""When a point breaks, and that a restart changes nothing about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from segur.kernel import request
from segur.kernel.faults import FaultBoard, FaultPoint, FaultRule

POINT = FaultPoint("x.y.busy", "http", "503", "why")


def board(*rules: FaultRule) -> FaultBoard:
    made = FaultBoard()
    made.declare([POINT])
    made.arm(rules)
    return made


def test_a_rule_skips_then_counts_then_rests() -> None:
    made = board(FaultRule(id="1", point="x.y.busy", skip=1, count=2))
    assert [bool(made.strikes("x.y.busy")) for _ in range(5)] == [False, True, True, False, False]


def test_a_rule_kept_by_a_new_list_keeps_its_count() -> None:
    rule = FaultRule(id="1", point="x.y.busy", count=1)
    made = board(rule)
    assert made.strikes("x.y.busy")
    made.arm([rule, FaultRule(id="2", point="x.y.other")])
    assert not made.strikes("x.y.busy")


def test_the_same_seed_breaks_the_same_calls() -> None:
    runs = [
        [bool(made.strikes("x.y.busy")) for _ in range(50)]
        for made in (board(FaultRule(id=str(n), point="x.y.busy", rate=0.3, seed=7)) for n in range(2))
    ]
    assert runs[0] == runs[1]
    assert 0 < sum(runs[0]) < 50


def test_a_rule_is_for_its_sandbox_and_its_actor() -> None:
    made = board(FaultRule(id="1", point="x.y.busy", sandbox="equipe-2", actor="8997"))
    assert not made.strikes("x.y.busy", actor="8997")
    token = request.enter(request.Request(sandbox="equipe-2", notes={}))
    try:
        assert not made.strikes("x.y.busy", actor="other")
        assert made.strikes("x.y.busy", actor="8997")
        assert request.current().notes == {"fault": "x.y.busy"}
    finally:
        request.leave(token)


def test_a_rule_for_every_sandbox_strikes_in_each() -> None:
    made = board(FaultRule(id="1", point="x.y.busy", sandbox="*"))
    token = request.enter(request.Request(sandbox="equipe-2", notes={}))
    try:
        assert made.strikes("x.y.busy")
    finally:
        request.leave(token)
    assert made.strikes("x.y.busy")


def restarted(folder: Path, rule: FaultRule, calls: int) -> list[bool]:
    """A new process with the same rule: what becomes of the next calls."""
    made = FaultBoard(folder)
    made.declare([POINT])
    made.arm([rule])
    return [bool(made.strikes("x.y.busy")) for _ in range(calls)]


def test_a_restarted_service_goes_on_counting(tmp_path: Path) -> None:
    rule = FaultRule(id="1", point="x.y.busy", skip=2, count=2)
    lives = [restarted(tmp_path, rule, calls) for calls in (1, 2, 3)]
    assert lives == [[False], [False, True], [True, False, False]]


def test_a_restarted_service_throws_on_with_the_same_dice(tmp_path: Path) -> None:
    rule = FaultRule(id="1", point="x.y.busy", rate=0.4, seed=3, count=9)
    whole = restarted(tmp_path / "one", rule, 60)
    lives = [restarted(tmp_path / "many", rule, 12) for _ in range(5)]
    assert [strike for life in lives for strike in life] == whole
    assert sum(whole) == 9


def test_a_rule_that_was_cleared_or_changed_starts_anew(tmp_path: Path) -> None:
    rule = FaultRule(id="1", point="x.y.busy", count=1)
    assert restarted(tmp_path, rule, 2) == [True, False]
    assert restarted(tmp_path, rule.model_copy(update={"delay_ms": 1}), 1) == [True]
    assert restarted(tmp_path, rule, 1) == [True]


def test_a_schedule_says_when_a_rule_may_act() -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    made = board(
        FaultRule(id="1", point="x.y.busy", starts_at=noon, ends_at=noon + timedelta(minutes=5), every_s=60, for_s=10)
    )
    moments = {-1: False, 0: True, 9: True, 10: False, 60: True, 69.5: True, 299: False, 300: False}
    for seconds, breaks in moments.items():
        made.now = lambda moment=noon + timedelta(seconds=seconds): moment
        assert bool(made.strikes("x.y.busy")) is breaks, seconds


@pytest.mark.parametrize(
    "fields",
    [
        {"every_s": 60},
        {"every_s": 10, "for_s": 20},
        {"starts_at": "2026-03-01T12:00:00"},
        {"starts_at": "2026-03-01T12:00:00Z", "ends_at": "2026-03-01T11:00:00Z"},
        {"id": "../../etc"},
        {"rates": 0.5},
        {"rate": 1.5},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FaultRule.model_validate({"id": "1", "point": "x.y.busy", **fields})


def test_the_rules_in_force_are_so_again_as_soon_as_the_service_is_back(tmp_path: Path) -> None:
    first = FaultBoard(tmp_path)
    first.declare([POINT])
    first.arm([FaultRule(id="1", point="x.y.busy", count=2)])
    assert first.strikes("x.y.busy")
    second = FaultBoard(tmp_path)
    second.declare([POINT])
    assert [bool(second.strikes("x.y.busy")) for _ in range(2)] == [True, False]
    second.arm([])
    third = FaultBoard(tmp_path)
    third.declare([POINT])
    assert third.rules == []

"""Hours in which a resynchronisation waits. [DB/SO.28]"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from segur_drim.domain.pauses import read_pauses, resumes_at


def at(hour: int, minute: int = 0, day: int = 3) -> datetime:
    return datetime(2026, 2, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pauses", "now", "then"),
    [
        ("", at(12), at(12)),
        ("08:00-19:00", at(7, 59), at(7, 59)),
        ("08:00-19:00", at(8), at(19)),
        ("08:00-19:00", at(19), at(19)),
        ("22:30-01:00", at(23), at(1, day=4)),
        ("22:30-01:00", at(0, 30), at(1)),
        ("08:00-12:00, 12:00-19:00", at(9), at(19)),
        ("08:00-23:00, 23:00-02:00", at(9), at(2, day=4)),
    ],
)
def test_it_begins_after_the_pause_it_is_asked_in(pauses: str, now: datetime, then: datetime) -> None:
    assert resumes_at(read_pauses(pauses), now) == then


@pytest.mark.parametrize("text", ["8-19", "08:00-08:00", "24:00-25:00", "08:00-19:00;20:00-21:00"])
def test_what_is_no_pause_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=text.partition(";")[0]):
        read_pauses(text)


def test_pauses_that_leave_no_time_are_refused() -> None:
    with pytest.raises(ValueError, match="never begin"):
        resumes_at(read_pauses("08:00-20:00, 20:00-08:00"), at(9))

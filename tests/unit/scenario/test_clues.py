"""What is shown of a telling that did not hold, besides the step itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from segur.scenario import clues

SPAN = {"service": "drim", "name": "publish KOS", "start_ns": "20", "duration_ms": 15_000.4, "failed": True}


def test_a_failed_span_is_a_clue_with_its_reason_and_its_time() -> None:
    sound = {**SPAN, "name": "GET /", "failed": False}
    earlier = {**SPAN, "name": "POST repository", "start_ns": "3", "error": "ReadTimeout"}
    assert clues.of_spans([SPAN, sound, earlier]) == [
        "drim : POST repository a échoué (ReadTimeout, 15000 ms)",
        "drim : publish KOS a échoué (sans motif, 15000 ms)",
    ]


def test_a_refusal_among_the_facts_is_a_clue() -> None:
    facts = [
        {"type": "drim.kos.refused", "data": {"code": "ERR05", "reason": "PID-3"}},
        {"type": "drim.study.received", "data": {}},
    ]
    assert clues.of_facts(facts) == ["drim.kos.refused : ERR05 PID-3"]


def test_warnings_logged_since_the_telling_began_are_clues(tmp_path: Path) -> None:
    since = datetime.now(UTC)

    def line(seconds: int, level: str, text: str) -> str:
        at = (since + timedelta(seconds=seconds)).astimezone()
        return f"{at:%Y-%m-%d %H:%M:%S},123 drim     {level:<7} segur.x: {text}\n"

    told = [line(-60, "ERROR", "old"), line(5, "INFO", "fine"), line(5, "ERROR", "broken"), "Traceback\n"]
    (tmp_path / "drim.log").write_text("".join(told), encoding="utf-8")
    [clue] = clues.of_logs(tmp_path, since)
    assert clue.startswith("journal drim.log")
    assert clue.endswith("segur.x: broken")

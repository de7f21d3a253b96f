"""Pillar 1 on the running platform: every story of the DMP holds, some of them twice and in another order."""

from __future__ import annotations

import json

import pytest

from segur.scenario.story import load_all
from tests.journey.conftest import Platform
from tests.journey.test_pillar_psc import broken

pytestmark = pytest.mark.timeout(560)

PILLAR = sorted(story.id for story in load_all().values() if story.pillar == "dmp")
NUMBERED = {f"DMP-{number:02d}" for number in range(1, 15)} | {"E-03", "E-04", "E-15"}
AGAIN = ("DMP-08", "DMP-03", "E-04")
"""Stories that change a record, told a second time."""


def test_the_whole_pillar_is_told() -> None:
    assert set(PILLAR) >= NUMBERED, sorted(NUMBERED - set(PILLAR))


def test_every_story_of_the_pillar_holds(platform: Platform) -> None:
    done = platform.segur("scenario", "run", "--all", "--pillar", "dmp", "--json", patience_s=500)
    assert done.stdout, done.stderr
    told = json.loads(done.stdout)
    assert broken(told) == []
    assert [scenario["id"] for scenario in told["scenarios"]] == PILLAR
    assert told["held"]
    assert done.returncode == 0


def test_stories_that_change_a_record_hold_again_and_leave_nothing_behind(platform: Platform) -> None:
    before = (platform.json("sandbox", "list"), platform.json("fault", "list"))
    done = platform.segur("scenario", "run", *AGAIN, "--json", patience_s=240)
    assert done.stdout, done.stderr
    told = json.loads(done.stdout)
    assert broken(told) == []
    after = (platform.json("sandbox", "list"), platform.json("fault", "list"))
    assert [sandbox["id"] for sandbox in after[0]] == [sandbox["id"] for sandbox in before[0]]
    assert after[1]["rules"] == before[1]["rules"]

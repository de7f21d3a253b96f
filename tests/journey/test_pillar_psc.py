"""Pillar 3 on the running platform: every story of Pro Santé Connect holds, and those of others about its tokens."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest

from segur.scenario.story import load_all
from tests.journey.conftest import Platform

pytestmark = pytest.mark.timeout(560)

PILLAR = sorted(story.id for story in load_all().values() if story.pillar == "psc")
TOKENS = ("DMP-13", "MSS-01", "MSS-02")
"""Stories of the other two pillars whose matter is a token of Pro Santé Connect."""
NUMBERED = {f"SEC-{number:02d}" for number in range(1, 14)}


def broken(told: dict[str, Any]) -> list[str]:
    """The steps that did not hold, as `SEC-01 step: why`."""
    return [
        f"{scenario['id']} {step['name']}: {step['detail']}"
        for scenario in told["scenarios"]
        for step in scenario["steps"]
        if not step["held"]
    ]


def test_the_whole_pillar_is_told() -> None:
    assert set(PILLAR) >= NUMBERED, sorted(NUMBERED - set(PILLAR))
    assert set(TOKENS) <= set(load_all())


def test_every_story_of_the_pillar_holds(platform: Platform) -> None:
    done = platform.segur("scenario", "run", "--all", "--pillar", "psc", "--json", patience_s=500)
    assert done.stdout, done.stderr
    told = json.loads(done.stdout)
    assert broken(told) == []
    assert [scenario["id"] for scenario in told["scenarios"]] == PILLAR
    assert told["held"]
    assert done.returncode == 0


def test_the_stories_about_its_tokens_hold_twice_in_another_order(platform: Platform) -> None:
    for ids in (TOKENS, TOKENS[::-1]):
        done = platform.segur("scenario", "run", *ids, "--json", patience_s=240)
        assert done.stdout, done.stderr
        told = json.loads(done.stdout)
        assert broken(told) == []
        assert told["held"]


def test_a_client_of_the_command_is_known_and_its_mistake_is_a_fact_with_the_way_out(platform: Platform) -> None:
    made = platform.json("psc", "client", "add", "lps-de-la-commande", "--redirect-uri", "https://lps.test/retour")
    edge = f"http://localhost:{platform.running.plan.ports.edge_http}"
    door = f"{edge}/auth/realms/esante-wallet/protocol/openid-connect/token/introspect"
    told = httpx.post(door, data={"token": "x"}, auth=(made["client_id"], made["client_secret"]), trust_env=False)
    assert told.json() == {"active": False}
    wrong = httpx.post(door, data={"token": "x"}, auth=(made["client_id"], "pas-le-bon-secret"), trust_env=False)
    assert wrong.status_code == 401
    mine, deadline = [], time.monotonic() + 30
    while not mine:
        assert time.monotonic() < deadline, "the fact does not come"
        facts = platform.json("facts", "tail", "--type", "psc.client.misconfigured", "--limit", "1000")
        mine = [fact["data"] for fact in facts if fact["subject"] == made["client_id"]]
    assert [(fact["rule"], fact["error"], fact["count"]) for fact in mine] == [
        ("wrong_secret", "unauthorized_client", 1)
    ]
    assert mine[0]["fix"].startswith("client_secret faux")
    assert "pas-le-bon-secret" not in json.dumps(mine)
    assert platform.segur("psc", "client", "remove", made["client_id"]).returncode == 0


def test_no_story_leaves_a_sandbox_or_a_fault_behind(platform: Platform) -> None:
    before = (platform.json("sandbox", "list"), platform.json("fault", "list"))
    platform.segur("scenario", "run", "SEC-05", "SEC-11")
    after = (platform.json("sandbox", "list"), platform.json("fault", "list"))
    assert [sandbox["id"] for sandbox in after[0]] == [sandbox["id"] for sandbox in before[0]]
    assert after[1]["rules"] == before[1]["rules"]

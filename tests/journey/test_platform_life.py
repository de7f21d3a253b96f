"""A platform's life as a user lives it: up, demo, kill, recover, down."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from segur.platform import launch

SEGUR = [sys.executable, "-m", "segur.cli"]

pytestmark = pytest.mark.timeout(170)


def segur(*words: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Type a command."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEGUR_")}
    return subprocess.run(
        [*SEGUR, *words, "--home", str(home)], capture_output=True, text=True, timeout=120, env=environment
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with a running platform on ports of its own."""
    folder = tmp_path_factory.mktemp("home")
    started = segur("up", "--detach", "--port-base", str(launch.free_base()), home=folder)
    assert started.returncode == 0, started.stderr + started.stdout
    yield folder
    segur("down", home=folder)


def status(home: Path) -> dict[str, Any]:
    """`segur status --json`."""
    document: dict[str, Any] = json.loads(segur("status", "--json", home=home).stdout)
    return document


def test_the_platform_is_ready_and_says_how_fast_and_how_large(home: Path) -> None:
    state = status(home)
    assert state["ready"] is True
    assert state["started_in_s"] > 0
    assert state["resident_bytes"] > 50_000_000
    assert {"edge_http", "edge_tls", "console"} <= set(state["addresses"])
    health = httpx.get(state["addresses"]["console"] + "/health", trust_env=False)
    assert health.status_code == 200, health.text
    assert set(health.json()["services"]) == set(state["services"]) - {"control"}


def test_the_demo_holds_and_its_trace_joins_the_services(home: Path) -> None:
    told = segur("demo", "--json", home=home)
    document = json.loads(told.stdout)
    assert told.returncode == 0, document
    assert document["held"] is True
    assert all(step["held"] for step in document["steps"])
    assert len(document["trace_id"]) == 32
    assert "gateway" in document["services"]
    assert document["facts"]
    page = Path(document["report"]).read_text()
    assert document["trace_id"] in page


def test_the_console_page_and_a_trace_page_are_served_without_scripts(home: Path) -> None:
    address = status(home)["addresses"]["console"]
    fact = json.loads(segur("facts", "tail", "--json", home=home).stdout)[0]
    for path in ("/", "/?lang=en", f"/traces/{fact['trace_id']}"):
        page = httpx.get(address + path, trust_env=False)
        assert page.status_code == 200, path
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "<script" not in page.text


def test_a_killed_process_comes_back_and_the_platform_is_ready_again(home: Path) -> None:
    note = json.loads((home / "run" / "platform.json").read_text())
    for name in ("gateway", "kafka", "control"):
        os.kill(note["pids"][name], signal.SIGKILL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        now = json.loads((home / "run" / "platform.json").read_text())["pids"]
        if all(now[name] != note["pids"][name] for name in ("gateway", "kafka", "control")) and status(home)["ready"]:
            break
        time.sleep(0.5)
    assert status(home)["ready"], "the platform did not recover"
    assert segur("demo", "--json", home=home).returncode == 0


def test_a_second_platform_on_the_same_ports_is_told_which_port_is_taken(home: Path, tmp_path: Path) -> None:
    base = json.loads((home / "run" / "platform.json").read_text())["ports"]["edge_http"]
    second = segur("up", "--port-base", str(base), home=tmp_path)
    assert second.returncode == 3
    assert f"port {base} (edge_http) is in use" in second.stderr.replace("\n", " ")


def test_down_leaves_nothing_running(home: Path) -> None:
    pids = json.loads((home / "run" / "platform.json").read_text())["pids"].values()
    assert segur("down", home=home).returncode == 0
    assert not [pid for pid in pids if psutil.pid_exists(pid)]
    assert segur("status", home=home).returncode == 3

"""A platform's life as a user lives it: up, demo, kill, recover, down."""

from __future__ import annotations

import asyncio
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

from segur.load import bench
from segur.load.profiles import can_be_fed
from segur.personas.country import build_country
from segur.platform import home as homes
from segur.platform.home import Running
from tests.conftest import port_base

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
    started = segur("up", "--detach", "--port-base", str(port_base()), home=folder)
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


def documents(home: Path) -> dict[str, bytes]:
    """What the patients of the load driver see in Mon espace santé: identifiers and contents."""
    running = running_in(home)
    found: dict[str, bytes] = {}
    with httpx.Client(trust_env=False, timeout=20, headers={"x-mes-code": "000000"}) as mes:
        for patient in filter(can_be_fed, build_country().patients):
            base = f"http://localhost:{running.plan.ports.edge_http}/mes/api/patients/{patient.ins.matricule}/documents"
            for document in mes.get(base).raise_for_status().json()["documents"]:
                unique_id = document["uniqueId"]
                found[unique_id] = mes.get(f"{base}/{unique_id}/content").raise_for_status().content
    return found


def running_in(home: Path) -> Running:
    """What runs in a home."""
    running = homes.read(home)
    assert running is not None
    return running


def load(home: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """`segur load run --json`."""
    told = segur("load", "run", *words, "--json", home=home)
    return told.returncode, json.loads(told.stdout)


def test_a_load_run_finds_every_acknowledged_deposit_exactly_once(home: Path) -> None:
    code, told = load(home, "--profile", "dmp-deposit", "--rate", "8", "--duration", "3")
    assert (code, told["sent"], told["acknowledged"]) == (0, 24, 24), told
    assert (told["lost"], told["doubled"], told["errors"]) == (0, 0, 0)
    assert 0 < told["p50_ms"] <= told["p99_ms"]
    assert told["fact_lag_p99_ms"] > 0
    assert len(documents(home)) >= 20


@pytest.mark.parametrize("profile", ["dmp-search", "psc-introspect"])
def test_searches_and_introspections_can_be_loaded_too(home: Path, profile: str) -> None:
    code, told = load(home, "--profile", profile, "--rate", "10", "--duration", "1")
    assert (code, told["acknowledged"]) == (0, 10), told


def test_the_bench_measures_against_a_peer_in_the_same_run(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "_SAMPLE_S", 0.3)
    monkeypatch.setattr(bench, "_FINDS", 3)
    results = {result["name"]: result for result in asyncio.run(bench.bench(running_in(home)))}
    assert set(results) == {"start_up", "psc_introspection", "dmp_deposit", "dmp_find_documents_p50"}
    assert all(result["value"] > 0 for result in results.values())
    introspection = results["psc_introspection"]
    assert introspection["ratio"] == pytest.approx(introspection["value"] / introspection["peer_value"], abs=0.01)


def test_a_sandbox_comes_back_with_its_documents_after_a_reset(home: Path) -> None:
    before = documents(home)
    assert segur("sandbox", "snapshot", "default", "--as", "avant", home=home).returncode == 0
    assert segur("sandbox", "reset", "default", home=home).returncode == 0
    assert documents(home) == {}
    restored = segur("sandbox", "restore", "default", home=home)
    assert restored.returncode == 0, restored.stderr
    assert documents(home) == before
    listed = json.loads(segur("sandbox", "list", "--json", home=home).stdout)
    assert listed[0]["snapshots"] == ["avant"]


def test_a_rule_goes_on_counting_when_its_service_is_killed(home: Path) -> None:
    segur("fault", "set", "dmp.submit.busy", "--count", "3", home=home)
    _, first = load(home, "--profile", "dmp-deposit", "--rate", "1", "--duration", "1")
    assert first["error_kinds"] == {"XDSRepositoryBusy": 1}
    killed = running_in(home).pids["dmp"]
    os.kill(killed, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while (running_in(home).pids["dmp"] == killed or not status(home)["ready"]) and time.monotonic() < deadline:
        time.sleep(0.3)
    _, second = load(home, "--profile", "dmp-deposit", "--rate", "4", "--duration", "1")
    assert (second["error_kinds"], second["acknowledged"]) == ({"XDSRepositoryBusy": 2}, 2)
    [rule] = json.loads(segur("fault", "list", "--json", home=home).stdout)["rules"]
    assert (rule["struck"], rule["left"]) == (3, 0)
    assert segur("fault", "clear", home=home).returncode == 0


def test_the_doctor_finds_a_running_platform_sound(home: Path) -> None:
    told = segur("doctor", "--json", home=home)
    document = json.loads(told.stdout)
    assert (told.returncode, document["healthy"]) == (0, True), document
    assert {"dmp", "psc", "gateway"} <= {check["name"] for check in document["checks"]}


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


def test_a_platform_whose_supervisor_was_killed_starts_again_with_its_state_and_can_be_stopped(home: Path) -> None:
    base = str(port_base())
    assert segur("up", "--detach", "--port-base", base, home=home).returncode == 0
    code, told = load(home, "--profile", "dmp-deposit", "--rate", "8", "--duration", "3")
    assert (code, told["acknowledged"]) == (0, 24), told
    before = documents(home)
    assert len(before) >= 20  # the load reaches a few patients more than those looked at

    os.kill(running_in(home).supervisor, signal.SIGKILL)
    assert segur("status", home=home).returncode == 3
    again = segur("up", "--detach", "--port-base", base, home=home)
    assert again.returncode == 0, again.stderr
    assert "a dead supervisor had left" in again.stderr.replace("\n", " ")
    assert documents(home) == before

    pids = running_in(home).pids.values()
    os.kill(running_in(home).supervisor, signal.SIGKILL)
    assert segur("down", home=home).returncode == 0
    assert not [pid for pid in pids if _runs(pid)]
    assert segur("down", home=home).stdout.strip() == "Nothing runs here."


def _runs(pid: int) -> bool:
    """Whether a process runs; one that nobody has reaped yet does not."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE

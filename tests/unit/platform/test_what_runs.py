"""The note of what runs, the examination of a machine, and processes nobody supervises any more."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from segur.kernel.pki import Authority
from segur.kernel.ports import Ports
from segur.platform import doctor, embedded, launch, leftovers
from segur.platform import home as homes
from segur.platform.home import Running
from segur.platform.plan import Plan


def note(home: Path) -> Path:
    """Note this process as the supervisor of a home."""
    homes.write(Running(Plan(home, Ports.from_base(31_000)), os.getpid(), {"dmp": os.getpid()}, 1.5))
    return home / "run" / "platform.json"


def test_a_platform_is_remembered_with_its_plan(tmp_path: Path) -> None:
    note(tmp_path)
    running = homes.read(tmp_path)
    assert running is not None
    assert running.alive
    assert (running.plan.ports.edge_http, running.started_in_s) == (31_000, 1.5)
    homes.forget(tmp_path)
    assert homes.read(tmp_path) is None


def test_a_process_number_used_again_by_somebody_else_is_not_the_supervisor(tmp_path: Path) -> None:
    file = note(tmp_path)
    told = json.loads(file.read_text())
    file.write_text(json.dumps({**told, "begun": told["begun"] - 3_600}))
    running = homes.read(tmp_path)
    assert running is not None
    assert not running.alive


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"supervisor": "x"}', '{"ports": {"nonsense": 1}}'])
def test_a_note_that_cannot_be_read_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "platform.json").write_text(text)
    assert homes.read(tmp_path) is None


def child(home: Path) -> subprocess.Popen[bytes]:
    """A process that looks like a service of a home."""
    sleep = "import time; time.sleep(60)"
    return subprocess.Popen(
        [sys.executable, "-c", sleep, "segur.platform.role"], env={**os.environ, "SEGUR_HOME": str(home)}
    )


@pytest.fixture
def orphans(tmp_path: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """One service each of two homes, without a supervisor."""
    started = [child(tmp_path / "mine"), child(tmp_path / "other")]
    yield started
    for process in started:
        process.kill()
        process.wait()


def test_what_a_dead_supervisor_left_is_found_by_its_home_and_stopped(
    tmp_path: Path, orphans: list[subprocess.Popen[bytes]]
) -> None:
    mine, other = orphans
    assert [process.pid for process in leftovers.find(tmp_path / "mine")] == [mine.pid]
    assert leftovers.stop(tmp_path / "mine") == [mine.pid]
    assert not psutil.pid_exists(mine.pid) or psutil.Process(mine.pid).status() == psutil.STATUS_ZOMBIE
    assert other.poll() is None
    assert leftovers.find(tmp_path / "nobody") == []


def test_the_children_of_a_live_supervisor_are_left_alone(tmp_path: Path) -> None:
    program = (
        "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)', "
        "'segur.platform.role']); print(p.pid, flush=True); time.sleep(60)"
    )
    environment = {**os.environ, "SEGUR_HOME": str(tmp_path)}
    supervisor = subprocess.Popen(
        [sys.executable, "-c", program, "segur.cli"], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert supervisor.stdout is not None
    service = psutil.Process(int(supervisor.stdout.readline()))
    try:
        assert leftovers.find(tmp_path) == []
        supervisor.kill()
        supervisor.wait()
        assert leftovers.find(tmp_path) == [service]
    finally:
        supervisor.kill()
        service.kill()
        supervisor.stdout.close()


def named(checks: list[doctor.Check], name: str) -> doctor.Check:
    """The check of that name."""
    return next(check for check in checks if check.name == name)


def test_a_sound_machine_has_nothing_that_stands_in_the_way(tmp_path: Path) -> None:
    checks = doctor.examine(tmp_path / "new" / "home", Ports.from_base(launch.free_base()))
    assert [check for check in checks if check.state == "failed"] == []
    looked_at = {
        "python", "embedded broker", "embedded store", "home", "disk", "ports", "memory", "clock", "localhost",
        "*.localhost", "proxies", "certificates", "platform", "leftover processes",
    }  # fmt: skip
    assert looked_at <= {check.name for check in checks}
    assert not (tmp_path / "new").exists()


def test_a_taken_port_is_told_with_its_holder_and_the_way_out(tmp_path: Path) -> None:
    base = launch.free_base()
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", base + 1))
        holder.listen()
        ports = named(doctor.examine(tmp_path, Ports.from_base(base)), "ports")
    assert ports.state == "failed"
    assert f"port {base + 1} (edge_tls) is in use" in ports.found
    assert str(os.getpid()) in ports.found
    assert "--port-base" in ports.fix


def test_a_port_that_needs_a_privilege_is_told_with_the_way_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Forbidding(socket.socket):
        def bind(self, address: tuple[str, int]) -> None:  # type: ignore[override]
            if address[1] < 1_024:
                raise PermissionError(13, "Permission denied")
            super().bind(address)

    ports = replace(Ports.from_base(launch.free_base()), edge_tls=443)
    monkeypatch.setattr(launch.socket, "socket", Forbidding)
    with pytest.raises(launch.PortForbidden, match=r"port 443 \(edge_tls\) needs a privilege"):
        launch.check_ports(Plan(tmp_path, ports))
    assert "ip_unprivileged_port_start=443" in named(doctor.examine(tmp_path, ports), "ports").fix


def test_a_missing_wheel_is_told_with_the_way_to_get_it_or_do_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded.shutil, "which", lambda _: None)
    monkeypatch.setattr(embedded.sys, "executable", str(tmp_path / "python"))
    store = named(doctor.examine(tmp_path, Ports.from_base(launch.free_base())), "embedded store")
    assert store.state == "failed"
    assert "--mongo URL" in store.fix


def test_proxies_that_would_catch_loopback_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ports = Ports.from_base(launch.free_base())
    monkeypatch.setenv("http_proxy", "http://proxy:3128")
    monkeypatch.setenv("no_proxy", "intranet")
    assert "NO_PROXY" in named(doctor.examine(tmp_path, ports), "proxies").fix
    monkeypatch.setenv("no_proxy", "localhost,127.0.0.1")
    assert named(doctor.examine(tmp_path, ports), "proxies").state == "ok"


def test_a_broken_authority_and_open_keys_are_told(tmp_path: Path) -> None:
    authority = Authority.of_home(tmp_path)
    authority.issue("gateway", "server", common_name="localhost")
    ports = Ports.from_base(launch.free_base())
    assert named(doctor.examine(tmp_path, ports), "gateway.pem").state == "ok"
    (tmp_path / "pki" / "gateway.key").chmod(0o644)
    (tmp_path / "pki" / "gateway.pem").write_text("nonsense")
    checks = doctor.examine(tmp_path, ports)
    assert named(checks, "gateway.pem").state == "failed"
    assert "gateway.key" in named(checks, "keys").found


def test_a_clock_that_went_back_is_told(tmp_path: Path) -> None:
    bundle = Authority.of_home(tmp_path).bundle
    later = bundle.stat().st_mtime + 86_400
    os.utime(bundle, (later, later))
    assert named(doctor.examine(tmp_path, Ports.from_base(launch.free_base())), "clock").state == "failed"


def test_a_service_that_is_not_ready_is_told_with_its_last_words(tmp_path: Path) -> None:
    note(tmp_path)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "dmp.log").write_text("starting\nValueError: the store is on fire\n")
    dmp = named(doctor.examine(tmp_path, Ports()), "dmp")
    assert dmp.state == "failed"
    assert "the store is on fire" in dmp.found


def test_the_embedded_store_syncs_every_commit_and_keeps_no_oplog(tmp_path: Path) -> None:
    command = embedded.store_command(27_117, tmp_path)
    assert {"--sync-on-commit", "--standalone"} <= set(command)

"""What is wrong with this machine or this setup, and the fix: a list of checks, none of which changes anything."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import psutil
from cryptography import x509

from segur.kernel.ports import Ports
from segur.platform import embedded, launch, leftovers
from segur.platform import home as homes
from segur.platform import status as states
from segur.platform.home import Running
from segur.platform.plan import Plan

State = Literal["ok", "warning", "failed"]

_PYTHON = (3, 11)
_DISK_BYTES, _MEMORY_BYTES = 500 * 2**20, 1_400 * 2**20
_OPEN_FILES = 1_024
_SOON = timedelta(days=30)
_BUILT = datetime(2026, 1, 1, tzinfo=UTC)
_CLOCK_SKEW_S = 300.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: `failed` stands in the way, a `warning` may; `fix` is a command or what to change."""

    name: str
    state: State
    found: str
    fix: str = ""


def examine(home: Path, ports: Ports) -> list[Check]:
    """All checks; a platform that runs in `home` is examined with the ports it has."""
    running = homes.read(home)
    alive = running if running is not None and running.alive else None
    plan = alive.plan if alive else Plan(home, ports)
    checks: list[Callable[[], Iterator[Check]]] = [
        _python,
        _embedded,
        lambda: _home(home),
        lambda: _leftovers(home),
        lambda: _ports(plan, alive),
        _machine if alive is None else lambda: iter(()),
        lambda: _clock(home),
        _names,
        _proxies,
        lambda: _certificates(home),
        lambda: _services(alive),
    ]
    return [check for look in checks for check in look()]


def _python() -> Iterator[Check]:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= _PYTHON:
        yield Check("python", "ok", found)
    else:
        yield Check("python", "failed", found, "install Python 3.11 or later, then: make setup PYTHON=python3.11")


def _embedded() -> Iterator[Check]:
    programs: dict[str, Callable[[], list[str]]] = {
        "embedded broker": lambda: embedded.broker_command(1, "doctor"),
        "embedded store": lambda: embedded.store_command(1, Path()),
    }
    for name, find in programs.items():
        try:
            yield Check(name, "ok", find()[0])
        except embedded.EmbeddedMissing as error:
            yield Check(name, "failed", "not installed", str(error).partition(": ")[2])


def _home(home: Path) -> Iterator[Check]:
    there = home
    while not there.exists():
        there = there.parent
    if os.access(there, os.W_OK | os.X_OK):
        yield Check("home", "ok", f"{home} can be written")
    else:
        yield Check("home", "failed", f"{there} cannot be written", "choose another: segur up --home DIR")
    free = shutil.disk_usage(there).free
    if free >= _DISK_BYTES:
        yield Check("disk", "ok", f"{free / 2**30:.1f} GiB free")
    else:
        yield Check("disk", "failed", f"{free / 2**20:.0f} MiB free", "make room, or --home on another disk")


def _leftovers(home: Path) -> Iterator[Check]:
    found = leftovers.find(home)
    if found:
        told = ", ".join(str(process.pid) for process in found)
        yield Check("leftover processes", "failed", f"a dead supervisor left {told}", f"segur down --home {home}")
    else:
        yield Check("leftover processes", "ok", "none")


def _ports(plan: Plan, alive: Running | None) -> Iterator[Check]:
    if alive is not None:
        yield Check("ports", "ok", "held by the platform that runs here")
        return
    try:
        launch.check_ports(plan)
        yield Check("ports", "ok", f"free, {plan.ports.edge_http} and {plan.ports.edge_tls} for the edge")
    except launch.PortForbidden as error:
        found, _, fix = str(error).partition(". ")
        yield Check("ports", "failed", found, fix)
    except launch.PortTaken as error:
        found, _, fix = str(error).partition(". ")
        number = re.search(r"\d+", found)
        yield Check("ports", "failed", found + _holder(int(number[0]) if number else 0), fix)


def _holder(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN:
                if connection.pid is None:
                    return ""
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass  # other users' processes are not shown to everybody
    return ""


def _machine() -> Iterator[Check]:
    free = min(psutil.virtual_memory().available, _container_limit())
    if free >= _MEMORY_BYTES:
        yield Check("memory", "ok", f"{free / 2**30:.1f} GiB available")
    else:
        yield Check("memory", "warning", f"{free / 2**20:.0f} MiB available", "close something: it takes about 1.3 GiB")
    cores = os.cpu_count() or 1
    yield Check("cores", "ok" if cores > 1 else "warning", str(cores), "" if cores > 1 else "it will be slow on one")
    if sys.platform != "win32":
        import resource

        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        if limit != resource.RLIM_INFINITY and limit < _OPEN_FILES:
            yield Check("open files", "warning", f"{limit} at most", f"ulimit -n {_OPEN_FILES * 4}")


def _container_limit() -> int:
    try:
        told = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        used = int(Path("/sys/fs/cgroup/memory.current").read_text())
        return 2**62 if told == "max" else max(int(told) - used, 0)
    except (OSError, ValueError):
        return 2**62


def _clock(home: Path) -> Iterator[Check]:
    now = datetime.now(UTC)
    note = home / "pki" / "ca.pem"
    if now < _BUILT or (note.exists() and note.stat().st_mtime > time.time() + _CLOCK_SKEW_S):
        fix = "set the clock (timedatectl set-ntp true): certificates and tokens are dated by it"
        yield Check("clock", "failed", f"{now:%Y-%m-%d %H:%M} UTC lies in the past", fix)
    else:
        yield Check("clock", "ok", f"{now:%Y-%m-%d %H:%M} UTC")


def _names() -> Iterator[Check]:
    local = _addresses("localhost")
    if "127.0.0.1" in local:
        yield Check("localhost", "ok", ", ".join(local))
    else:
        fix = "add to the hosts file: 127.0.0.1 localhost"
        yield Check("localhost", "failed", ", ".join(local) or "does not resolve", fix)
    if "127.0.0.1" in _addresses("equipe-1.localhost"):
        yield Check("*.localhost", "ok", "leads here")
    else:
        fix = "use the path prefix /s/<sandbox>, or add 127.0.0.1 <sandbox>.localhost to the hosts file"
        yield Check("*.localhost", "warning", "does not resolve for every program", fix)


def _addresses(name: str) -> list[str]:
    try:
        return sorted({str(entry[4][0]) for entry in socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM)})
    except OSError:
        return []


def _proxies() -> Iterator[Check]:
    told = {name.upper(): value for name, value in os.environ.items()}
    proxies = [name for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY") if told.get(name)]
    spared = {entry.strip() for entry in told.get("NO_PROXY", "").split(",")}
    if not proxies:
        yield Check("proxies", "ok", "none in the environment")
    elif "*" in spared or {"localhost", "127.0.0.1"} <= spared:
        yield Check("proxies", "ok", f"{', '.join(proxies)}, but not for this machine")
    else:
        fix = "export NO_PROXY=localhost,127.0.0.1,.localhost (segur itself never uses a proxy, your software may)"
        yield Check("proxies", "warning", f"{', '.join(proxies)} would catch calls to localhost", fix)


def _certificates(home: Path) -> Iterator[Check]:
    folder = home / "pki"
    if not (folder / "ca.pem").exists():
        yield Check("certificates", "ok", "made at the first start")
        return
    for name in ("ca.pem", "gateway.pem", "mssante.pem"):
        path = folder / name
        if not path.exists():
            continue
        try:
            ends = min(c.not_valid_after_utc for c in x509.load_pem_x509_certificates(path.read_bytes()))
        except (OSError, ValueError) as error:
            yield Check(name, "failed", f"not readable: {error}", f"move {folder} away: all certificates are made anew")
            continue
        left = ends - datetime.now(UTC)
        if left > _SOON:
            yield Check(name, "ok", f"valid until {ends:%Y-%m-%d}")
        else:
            what = "rm " + str(folder / Path(name).stem) + ".*" if name != "ca.pem" else f"move {folder} away"
            state: State = "failed" if left < timedelta() else "warning"
            yield Check(name, state, f"ends on {ends:%Y-%m-%d}", f"{what}, then segur down and up")
    open_keys = [key.name for key in folder.glob("*.key") if key.stat().st_mode & 0o077]
    if open_keys:
        yield Check("keys", "warning", f"readable by others: {', '.join(open_keys)}", f"chmod 600 {folder}/*.key")


def _services(alive: Running | None) -> Iterator[Check]:
    if alive is None:
        yield Check("platform", "ok", "not running; start it: segur up --detach")
        return
    for name, service in sorted(states.status(alive)["services"].items()):
        if service["ready"]:
            yield Check(name, "ok", "ready")
            continue
        wrong = [check for check, held in service.get("checks", {}).items() if not held] or [service.get("error", "?")]
        log_file = alive.plan.home / "logs" / f"{name}.log"
        yield Check(name, "failed", f"not ready ({', '.join(wrong)}): {launch.last_words(log_file)}", f"see {log_file}")

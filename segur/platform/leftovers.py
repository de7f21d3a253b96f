"""Processes of a platform whose supervisor is gone (kill -9, crash): found, and stopped like it would have done.

A child is known by its command line and by the home in its environment, not by a remembered number: numbers are used
again, and the last note may be older than the last child.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

_SERVICES_PATIENCE_S, _SERVERS_PATIENCE_S = 10.0, 5.0
_SUPERVISORS = ("segur.cli", "segur")


def find(home: Path) -> list[psutil.Process]:
    """The children of a dead supervisor of this home: services first, then the servers they stand on."""
    found = [
        process
        for process in psutil.process_iter()
        if _kind(process) and _home_of(process) == _path(home) and _is_orphan(process)
    ]
    return sorted(found, key=lambda process: _kind(process) == "server")


def stop(home: Path) -> list[int]:
    """Stop what `find` finds, services before servers, gently and then not; give the process ids."""
    found = find(home)
    servers = [process for process in found if _kind(process) == "server"]
    services = [process for process in found if process not in servers]
    pids = [process.pid for process in found]
    _end(services, _SERVICES_PATIENCE_S)
    _end(servers, _SERVERS_PATIENCE_S)
    return pids


def _end(processes: Sequence[psutil.Process], patience_s: float) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, stubborn = psutil.wait_procs(processes, timeout=patience_s)
    for process in stubborn:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    deadline = time.monotonic() + patience_s
    while any(_runs(process) for process in stubborn) and time.monotonic() < deadline:
        time.sleep(0.02)


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _kind(process: psutil.Process) -> str:
    """`service`, `server`, or empty for a process that is none of ours."""
    try:
        command = process.cmdline()
    except psutil.Error:
        return ""
    if "segur.platform.role" in command[:4]:
        return "service"
    programs = [os.path.basename(word) for word in command[:2]]
    is_broker = bool(programs) and programs[0].startswith("tansu") and "broker" in command
    return "server" if is_broker or any(program.startswith("secantusd") for program in programs) else ""


def _home_of(process: psutil.Process) -> str:
    try:
        return _path(Path(process.environ().get("SEGUR_HOME", "/")))
    except (psutil.Error, OSError):
        return ""


def _is_orphan(process: psutil.Process) -> bool:
    try:
        parent = process.parent()
        return parent is None or not any(os.path.basename(word) in _SUPERVISORS for word in parent.cmdline()[:4])
    except psutil.Error:
        return True


def _path(home: Path) -> str:
    return str(home.absolute())

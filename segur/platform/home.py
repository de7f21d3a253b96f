"""What runs in a home, remembered in `<home>/run/platform.json` by the supervisor and read by every command."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import psutil

from segur.kernel.ports import Ports
from segur.platform.plan import Plan

_SAME_PROCESS_S = 2.0


@dataclass(frozen=True, slots=True)
class Running:
    """A platform that was started: its plan, the supervisor and the seconds it took to be ready (0 until then).

    A process id of 0 stands for one that runs in a container of its own.
    """

    plan: Plan
    supervisor: int
    pids: dict[str, int]
    started_in_s: float
    begun: float = 0.0
    """When the supervisor's process was created (epoch seconds): its number may be another's by now."""

    @property
    def alive(self) -> bool:
        """Whether the supervisor still runs."""
        try:
            process = psutil.Process(self.supervisor)
            is_it = not self.begun or abs(process.create_time() - self.begun) < _SAME_PROCESS_S
            return is_it and process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        except (psutil.NoSuchProcess, ValueError):
            return False

    def resident_bytes(self) -> int:
        """Resident memory of the supervisor and all its children."""
        total = 0
        for pid in filter(None, (self.supervisor, *self.pids.values())):
            try:
                total += psutil.Process(pid).memory_info().rss
            except psutil.NoSuchProcess:
                continue
        return total


def _file(home: Path) -> Path:
    return home / "run" / "platform.json"


def write(running: Running) -> None:
    """Remember what runs; replaces the former note in one step."""
    path = _file(running.plan.home)
    path.parent.mkdir(parents=True, exist_ok=True)
    ports = {name: getattr(running.plan.ports, name) for name in Ports.__dataclass_fields__}
    note = {
        "supervisor": running.supervisor,
        "begun": psutil.Process(running.supervisor).create_time(),
        "pids": running.pids,
        "started_in_s": running.started_in_s,
        "ports": ports,
        "kafka": running.plan.kafka,
        "mongo": running.plan.mongo,
    }
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(note, indent=1))
    draft.replace(path)


def read(home: Path) -> Running | None:
    """What was started in this home last, or None; a note that cannot be read (half written, of old) counts as none."""
    try:
        note = json.loads(_file(home).read_text())
        plan = Plan(home, Ports(**note["ports"]), note["kafka"], note["mongo"])
        return Running(plan, int(note["supervisor"]), note["pids"], note["started_in_s"], float(note.get("begun", 0)))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def forget(home: Path) -> None:
    """The platform has stopped."""
    _file(home).unlink(missing_ok=True)

"""One running platform for journeys, another for the pillars; `tests/distribution.py` keeps each on one worker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from segur.platform import home as homes
from segur.platform.home import Running
from tests.conftest import port_base

SEGUR = [sys.executable, "-m", "segur.cli"]


@dataclass(frozen=True)
class Platform:
    """A platform in a home of its own."""

    home: Path

    def segur(self, *words: str, patience_s: float = 120) -> subprocess.CompletedProcess[str]:
        """Type a command."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SEGUR_")}
        command = [*SEGUR, *words, "--home", str(self.home)]
        return subprocess.run(command, capture_output=True, text=True, timeout=patience_s, env=environment)

    def json(self, *words: str) -> Any:
        """Type a command and read its `--json` answer."""
        told = self.segur(*words, "--json")
        assert told.stdout, told.stderr
        return json.loads(told.stdout)

    @property
    def running(self) -> Running:
        """What runs, as the supervisor noted it."""
        running = homes.read(self.home)
        assert running is not None
        return running

    def ready(self) -> bool:
        """Whether every service is ready."""
        return bool(self.json("status")["ready"])


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform that is up, on ports of its own; down at the end."""
    platform = Platform(tmp_path_factory.mktemp("platform"))
    started = platform.segur("up", "--detach", "--port-base", str(port_base()))
    assert started.returncode == 0, started.stderr + started.stdout
    yield platform
    platform.segur("down")

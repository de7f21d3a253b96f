"""The import rules hold, and each has been seen to fail on a copy that breaks it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PROBES = {
    "storeys": ("segur/kernel/clock.py", "import segur.platform.plan\n"),
    "purity": ("segur/vocab/ins.py", "import asyncio\n"),
    "drivers": ("segur/console/store.py", "import motor\n"),
}
"""Contract → file and line that breaks it."""


def lint(folder: Path, contract: str) -> subprocess.CompletedProcess[str]:
    """Check one contract in a copy of the project."""
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-cache", "--contract", contract],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=50,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"},
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's own packages and rules, copied."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "segur", folder / "segur", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", folder)
    return folder


@pytest.mark.parametrize("contract", PROBES)
def test_each_import_rule_holds_and_fails_when_it_is_broken(copy: Path, contract: str) -> None:
    whole = lint(copy, contract)
    assert whole.returncode == 0, whole.stdout + whole.stderr
    path, line = PROBES[contract]
    file = copy / path
    sound = file.read_text()
    file.write_text(sound + "\n" + line)
    try:
        broken = lint(copy, contract)
    finally:
        file.write_text(sound)
    assert broken.returncode == 1
    assert "BROKEN" in broken.stdout


def test_every_service_in_the_tree_has_the_agreed_shape() -> None:
    known = {
        "__init__.py", "service.py", "settings.py", "errors.py", "faults.py", "store.py", "context.py", "clients.py",
        "pipeline.py", "listeners.py", "jobs.py", "operations", "domain", "edges",
    }  # fmt: skip
    gateway = {"edge.py", "routes.py", "record.py", "sandboxes.py"}
    for package in ROOT.glob("services/*/segur_*"):
        names = {entry.name for entry in package.iterdir() if entry.name != "__pycache__"}
        if "service.py" not in names:
            continue  # not wired yet: the launcher does not start it either
        allowed = known | (gateway if package.name == "segur_gateway" else set())
        assert {"__init__.py", "settings.py"} <= names, package
        unknown = {name for name in names - allowed if not name.endswith((".html", ".css", ".wsdl", ".csv", ".json"))}
        assert not unknown, f"{package.name}: which question do {sorted(unknown)} answer?"

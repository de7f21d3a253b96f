"""The import rules hold, and each has been seen to fail on a copy that breaks it."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from segur.kernel.ports import SERVICES

ROOT = Path(__file__).parents[2]

PROBES = {
    "storeys": (
        ("segur/kernel/clock.py", "import segur.platform.plan\n"),
        ("services/dmp/segur_dmp/errors.py", "import segur_psc.errors\n"),
        ("services/ins/segur_ins/errors.py", "import segur.scenario.story\n"),
        ("segur/personas/model.py", "import segur.cda.render\n"),
    ),
    "shape": (
        ("services/psc/segur_psc/store.py", "import segur_psc.operations\n"),
        ("services/annuaire/segur_annuaire/helpers.py", "ANSWER = 42\n"),
    ),
    "purity": (("segur/vocab/ins.py", "import asyncio\n"),),
    "rules": (
        ("services/dmp/segur_dmp/domain/rights.py", "import segur.kernel.clock\n"),
        ("services/psc/segur_psc/domain/session.py", "import httpx\n"),
    ),
    "documents": (("segur/cda/render/media.py", "import httpx\n"),),
    "drivers": (
        ("segur/console/store.py", "import motor\n"),
        ("services/mssante/segur_mssante/store.py", "import pymongo\n"),
    ),
}
"""Contract → files, and the line in each that breaks it."""


def lint(folder: Path, contract: str) -> subprocess.CompletedProcess[str]:
    """Check one contract in a copy of the project."""
    program = Path(sys.executable).with_name("lint-imports")
    paths = [folder, *(folder / "services" / name for name in SERVICES)]
    return subprocess.run(
        [program, "--no-cache", "--contract", contract],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=50,
        env={"PYTHONPATH": ":".join(map(str, paths)), "PATH": "/usr/bin:/bin"},
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's own packages and rules, copied."""
    folder = tmp_path_factory.mktemp("copy")
    for packages in ("segur", "services"):
        shutil.copytree(ROOT / packages, folder / packages, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", folder)
    return folder


@pytest.mark.parametrize(
    ("contract", "path", "line"), [(name, *probe) for name, probes in PROBES.items() for probe in probes]
)
def test_each_import_rule_fails_when_it_is_broken(copy: Path, contract: str, path: str, line: str) -> None:
    file = copy / path
    sound = file.read_text() if file.exists() else None
    file.write_text((sound or "") + "\n" + line)
    try:
        broken = lint(copy, contract)
    finally:
        if sound is None:
            file.unlink()
        else:
            file.write_text(sound)
    assert broken.returncode == 1, broken.stdout + broken.stderr
    assert "BROKEN" in broken.stdout


def test_every_import_rule_has_a_probe_and_covers_every_service() -> None:
    rules = configparser.ConfigParser()
    rules.read(ROOT / ".importlinter")
    contracts = {section.split(":")[-1] for section in rules.sections() if ":contract:" in section}
    assert contracts == set(PROBES)
    packages = {f"segur_{name}" for name in SERVICES}
    assert packages < set(rules["importlinter"]["root_packages"].split())
    assert packages <= set(rules["importlinter:contract:drivers"]["source_modules"].split())
    assert packages - {"segur_gateway"} == set(rules["importlinter:contract:shape"]["containers"].split())


def test_every_service_has_its_wiring_and_its_settings() -> None:
    for name in SERVICES:
        package = ROOT / "services" / name / f"segur_{name}"
        assert {"__init__.py", "service.py", "settings.py"} <= {entry.name for entry in package.iterdir()}, package

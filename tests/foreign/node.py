"""Programs for Node.js that tests run: npm installs what their lock file pins, or the test skips and says why."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

PATIENCE_S = 90


def installed(source: Path, folder: Path) -> Path:
    """The program `run.mjs` of `source`, in `folder` with its packages beside it."""
    npm = shutil.which("npm")
    if shutil.which("node") is None or npm is None:
        pytest.skip("node and npm are not installed")
    for name in ("package.json", "package-lock.json", "run.mjs"):
        shutil.copy(source / name, folder)
    command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        pytest.skip(f"the npm registry did not answer within {PATIENCE_S} s")
    if done.returncode:
        pytest.skip(f"npm could not install the packages: {done.stderr[-300:]}")
    return folder / "run.mjs"

"""Programs for the JVM that tests build and run, where somebody asks for them: Maven takes minutes the first time."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PATIENCE_S = 560


def built(source: Path, folder: Path, **properties: str) -> list[str]:
    """Build the Maven project of `source` in `folder`; give the command that runs its classes, up to the class's name.

    Once asked for, a project that does not build is a failure, not a reason to skip.
    """
    if os.environ.get("SEGUR_TEST_JAVA") != "1":
        pytest.skip("SEGUR_TEST_JAVA=1 runs the Java clients; the first time, Maven fetches what their pom.xml pins")
    maven = shutil.which("mvn")
    if maven is None or shutil.which("java") is None:
        pytest.skip("SEGUR_TEST_JAVA is set, but mvn and java are not installed")
    project = folder / "project"
    shutil.copytree(source, project)
    options = [f"-D{name.replace('_', '.')}={value}" for name, value in properties.items()]
    done = subprocess.run(
        [maven, "-q", "-B", *options, "compile"], cwd=project, capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    target = project / "target"
    classpath = f"{target / 'classes'}{os.pathsep}{(target / 'classpath').read_text().strip()}"
    return ["java", "-cp", classpath]

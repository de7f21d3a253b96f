"""The command line as scripts rely on it: the tree, the common options, clean JSON, exit codes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from segur.cli.app import app

PROMISED = {
    "up", "status", "down", "demo", "scenario list", "scenario run", "sandbox create", "sandbox list", "sandbox reset",
    "sandbox snapshot", "sandbox restore", "sandbox delete", "fault list", "fault set", "fault clear", "facts tail",
    "facts replay", "facts dead", "trace show", "journal tail", "certs issue", "population generate", "load run",
    "bench", "doctor", "hosts",
}  # fmt: skip
"""Architecture §9."""

LOCAL = {"hosts", "population generate", "scenario list", "load list", "render", "cda make"}
"""Need no home: they talk to no platform and keep nothing."""

STARTS_OR_EXAMINES = {"up", "down", "demo", "doctor", "certs issue", "attach", "validate"}
"""Do their work without a running platform."""

ARGUMENTS: dict[str, list[str]] = {
    "scenario run": ["--all"],
    "sandbox create": ["equipe-1"],
    "sandbox reset": ["equipe-1"],
    "sandbox snapshot": ["equipe-1", "--as", "avant"],
    "sandbox restore": ["equipe-1", "avant"],
    "sandbox forget": ["equipe-1", "avant"],
    "sandbox delete": ["equipe-1"],
    "fault set": ["dmp.submit.busy", "--count", "1", "--until", "+5m"],
    "trace show": ["0" * 32],
    "journal show": ["01ARZ3NDEKTSV4RRFFQ69G5FAV"],
    "load run": ["--profile", "dmp-deposit"],
    "population load": ["--professionals", "100"],
    "population documents": ["--count", "100"],
    "psc client add": ["mon-lps", "--redirect-uri", "https://mon-lps.test/retour"],
    "psc client remove": ["mon-lps"],
    "psc identity create": ["--profession", "medecin"],
}


def commands(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every command with its full name."""
    for name, command in group.commands.items():
        full = f"{prefix}{name}"
        if hasattr(command, "commands"):
            yield from commands(command, f"{full} ")
        else:
            yield full, command


TREE = dict(commands(typer.main.get_command(app)))


def options(command: Any) -> set[str]:
    """The option names of a command."""
    return {option for parameter in command.params for option in parameter.opts}


def run(*words: str) -> Any:
    """Type a command in this process."""
    return CliRunner().invoke(app, list(words), env={"SEGUR_HOME": ""})


def test_the_promised_commands_are_there() -> None:
    assert set(TREE) >= PROMISED


@pytest.mark.parametrize("name", sorted(set(TREE) - {"attach"}))
def test_every_command_knows_json_and_a_home_where_it_has_one(name: str) -> None:
    assert "--json" in options(TREE[name])
    assert ("--home" in options(TREE[name])) is (name not in LOCAL)


@pytest.mark.parametrize("name", sorted(TREE))
def test_every_command_says_what_it_does(name: str) -> None:
    assert TREE[name].help
    assert run(*name.split(), "--help").exit_code == 0


@pytest.mark.parametrize("name", sorted(set(TREE) - LOCAL - STARTS_OR_EXAMINES))
def test_without_a_platform_the_code_is_3_and_json_stays_clean(name: str, tmp_path: Path) -> None:
    words = [*name.split(), *ARGUMENTS.get(name, []), "--home", str(tmp_path)]
    told = run(*words, "--json")
    assert told.exit_code == 3, told.output
    document = json.loads(told.stdout)
    assert "no platform runs" in document["error"]
    assert document["exit_code"] == 3
    plain = run(*words)
    assert (plain.exit_code, plain.stdout) == (3, "")
    assert "segur up --detach" in plain.stderr.replace("\n", " ")


def test_status_without_a_platform_keeps_its_shape(tmp_path: Path) -> None:
    document = json.loads(run("status", "--json", "--home", str(tmp_path)).stdout)
    assert (document["ready"], document["services"], document["addresses"]) == (False, {}, {})


def test_down_without_a_platform_is_no_failure(tmp_path: Path) -> None:
    told = run("down", "--json", "--home", str(tmp_path))
    assert (told.exit_code, json.loads(told.stdout)) == (0, {"stopped": False, "was_running": False})


@pytest.mark.parametrize(
    "words",
    [
        ["sandbox", "create", "Équipe"],
        ["sandbox", "create", "a/b"],
        ["sandbox", "snapshot", "equipe-1", "--as", "../x"],
        ["fault", "set", "dmp.submit.busy", "--until", "demain"],
        ["facts", "tail", "--limit", "0"],
        ["load", "run", "--profile", "nothing"],
        ["load", "run", "--profile", "dmp-deposit", "--rate", "4000", "--duration", "3000"],
        ["bench", "--against", "nobody"],
        ["scenario", "run", "NOPE"],
        ["up", "--port-base", "80"],
        ["certs", "issue", "../../x"],
        ["certs", "issue", "x", "--kind", "root"],
        ["doctor", "--port-base", "70000"],
        ["population", "generate", "--patients", "-1"],
        ["population", "generate", "--out", "/nowhere/at/all"],
    ],
)
def test_wrong_use_is_told_with_2_before_anything_is_looked_for(words: list[str], tmp_path: Path) -> None:
    home = [] if words[0] == "population" else ["--home", str(tmp_path)]
    told = run(*words, *home)
    assert told.exit_code == 2, told.output
    assert told.stderr
    assert not told.stdout


def test_wrong_use_is_told_in_json_too() -> None:
    document = json.loads(run("load", "run", "--profile", "nothing", "--json").stdout)
    assert document["exit_code"] == 2
    assert "dmp-deposit" in document["error"]
    assert json.loads(run("facts", "tail", "--follow", "--json").stdout)["exit_code"] == 2


def test_hosts_prints_lines_that_a_hosts_file_takes() -> None:
    told = run("hosts")
    lines = told.stdout.splitlines()
    assert all(line.split()[0] == "127.0.0.1" and "#" in line for line in lines)
    assert "auth.bas.psc.esante.gouv.fr" in {line.split()[1] for line in lines}
    document = json.loads(run("hosts", "--address", "10.0.0.5", "--json").stdout)
    assert {row["address"] for row in document["hosts"]} == {"10.0.0.5"}
    assert [row["name"] for row in document["hosts"]] == [line.split()[1] for line in lines]


def test_a_certificate_is_issued_without_a_platform(tmp_path: Path) -> None:
    words = ["certs", "issue", "my-lps", "--home", str(tmp_path / "home"), "--out", str(tmp_path / "out"), "--json"]
    files = json.loads(run(*words, "--password", "secret").stdout)
    assert {Path(file).parent.name for file in files.values()} == {"out"}
    assert Path(files["key"]).stat().st_mode & 0o777 == 0o600
    assert Path(files["pkcs12"]).stat().st_mode & 0o777 == 0o600


def test_a_missing_option_is_usage_and_leaves_stdout_empty() -> None:
    told = run("load", "run", "--json")
    assert (told.exit_code, told.stdout) == (2, "")

"""Exit codes, the common options and the two ways a command answers: for people, or one JSON document on stdout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, NoReturn

import httpx
import typer
from rich.console import Console

from segur.platform import home as homes
from segur.platform.home import Running

HELD, NOT_HELD, WRONG_USE, UNREACHABLE = 0, 1, 2, 3
"""Exit codes: 0 held, 1 a check did not hold, 2 wrong use, 3 the platform is not reachable."""

Home = Annotated[Path, typer.Option("--home", envvar="SEGUR_HOME", help="Folder of the platform's state.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, nothing else.")]

DEFAULT_HOME = Path.home() / ".segurstack"

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)


def print_json(value: Any) -> None:
    """The one JSON document of a `--json` answer."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def fail(message: str, code: int) -> NoReturn:
    """Say why on stderr and end with an exit code."""
    err.print(f"[red]segur:[/red] {message}", markup=True)
    raise typer.Exit(code)


def platform_of(home: Path) -> Running:
    """The running platform of a home, or exit 3 with the way to start it."""
    running = homes.read(home)
    if running is None or not running.alive:
        fail(f"no platform runs in {home}. Start it with: segur up --detach", UNREACHABLE)
    return running


def control(home: Path, method: str, path: str, **options: Any) -> Any:
    """Ask the control plane; give its JSON. Exit 3 when it does not answer, 1 when it refuses, with its words."""
    url = f"http://127.0.0.1:{platform_of(home).plan.ports.control}{path}"
    try:
        answer = httpx.request(method, url, timeout=60, trust_env=False, **options)
    except httpx.HTTPError as error:
        fail(f"the control plane does not answer at {url} ({type(error).__name__})", UNREACHABLE)
    if answer.status_code >= 400:
        fail(f"{method} {path}: {answer.status_code} {answer.text[:500]}", NOT_HELD)
    return answer.json() if answer.content else None

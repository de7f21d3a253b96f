"""Exit codes, the common options and the two ways a command answers: for people, or one JSON document on stdout."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

import httpx
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from segur.platform import home as homes
from segur.platform import leftovers, state
from segur.platform.home import Running
from segur.platform.plan import Plan

HELD, NOT_HELD, WRONG_USE, UNREACHABLE = 0, 1, 2, 3
"""Exit codes: 0 held, 1 a check did not hold, 2 wrong use, 3 the platform is not reachable."""

_CODE_OF_STATUS = {400: WRONG_USE, 404: WRONG_USE, 405: WRONG_USE, 413: WRONG_USE, 503: UNREACHABLE}
_PATIENCE_S = 90.0

_json_is_wanted = False


def _remember(value: bool) -> bool:
    """Failures answer in JSON too, wherever they happen."""
    global _json_is_wanted
    _json_is_wanted = value
    return value


Home = Annotated[Path, typer.Option("--home", envvar="SEGUR_HOME", help="Folder of the platform's state.")]
AsJson = Annotated[
    bool,
    typer.Option("--json", callback=_remember, is_eager=True, help="One JSON document on stdout, nothing else."),
]

DEFAULT_HOME = Path.home() / ".segurstack"

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)


def print_json(value: Any) -> None:
    """The one JSON document of a `--json` answer."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def show(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Rows as a table for people; absent values are blank, the first column is never cut: it is what one types next."""
    table = Table()
    for number, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=number == 0)
    for row in rows:
        table.add_row(*("" if (value := row.get(column)) is None else escape(str(value)) for column in columns))
    out.print(table)


def fail(message: str, code: int, **more: Any) -> NoReturn:
    """Say why on stderr (with `--json` on stdout too, as `error` and `exit_code`) and end with an exit code."""
    err.print(f"[red]segur:[/red] {escape(message)}")
    if _json_is_wanted:
        print_json({**more, "error": message, "exit_code": code})
    raise typer.Exit(code)


def platform_of(home: Path, **more: Any) -> Running:
    """The running platform of a home, or exit 3 with the way to start it; `more` joins the JSON of that failure."""
    running = homes.read(home)
    if running is None or not running.alive:
        fail(f"no platform runs in {home}. Start it with: segur up --detach", UNREACHABLE, **more)
    return running


def prepare(plan: Plan) -> None:
    """Make a home ready for a new start: no process of a dead supervisor, no state of another version; say what was."""
    if stopped := leftovers.stop(plan.home):
        err.print(f"Stopped {len(stopped)} processes that a dead supervisor had left.")
    if plan.mongo is None and (aside := state.claim(plan.home)) is not None:
        err.print(f"The state here was written by another version: moved to {aside}, starting anew.")


def control(home: Path, method: str, path: str, **options: Any) -> Any:
    """Ask the control plane; give its JSON.

    Exit 3 when it does not answer, 2 when what is asked makes no sense or is not there, 1 for any other refusal.
    """
    url = f"http://127.0.0.1:{platform_of(home).plan.ports.control}{path}"
    try:
        answer = httpx.request(method, url, timeout=_PATIENCE_S, trust_env=False, **options)
    except httpx.HTTPError as error:
        fail(f"the control plane does not answer at {url} ({type(error).__name__})", UNREACHABLE)
    if answer.status_code >= 400:
        fail(_words(answer), _CODE_OF_STATUS.get(answer.status_code, NOT_HELD))
    return answer.json() if answer.content else None


def _words(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.status_code} {answer.text[:500]}"

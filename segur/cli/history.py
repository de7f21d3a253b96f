"""`segur facts`, `segur journal`, `segur trace`: what happened."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from segur.cli.output import DEFAULT_HOME, NOT_HELD, WRONG_USE, AsJson, Home, control, fail, out, print_json, show

facts_app = typer.Typer(help="What happened, as told on Kafka.", no_args_is_help=True)
trace_app = typer.Typer(help="One trace, from the first request to the last consumer.", no_args_is_help=True)
journal_app = typer.Typer(help="Each exchange with the outside.", no_args_is_help=True)

_FACT_COLUMNS = ("time", "type", "subject", "sandbox", "id")
_JOURNAL_COLUMNS = ("at", "door", "sandbox", "service", "method", "path", "status", "ms", "fault", "id")
_LOOK_EVERY_S = 0.5

Limit = Annotated[int, typer.Option(min=1, max=1_000, help="How many.")]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Go on showing what comes, until Ctrl-C.")]
Sandbox = Annotated[str, typer.Option(help="Only of this sandbox.")]
Trace = Annotated[str, typer.Option(help="Only of this trace.")]


@facts_app.command("tail")
def facts_tail(
    home: Home = DEFAULT_HOME,
    limit: Limit = 50,
    type_: Annotated[str, typer.Option("--type", help="Only this type, e.g. dmp.document.submitted.")] = "",
    sandbox: Sandbox = "",
    trace: Trace = "",
    follow: Follow = False,
    as_json: AsJson = False,
) -> None:
    """The latest facts."""
    where = {"type": type_, "sandbox": sandbox, "trace": trace}
    _tail(home, "/api/facts", where, limit, follow, as_json, _FACT_COLUMNS)


@facts_app.command("dead")
def facts_dead(home: Home = DEFAULT_HOME, as_json: AsJson = False) -> None:
    """Facts that a service could not handle."""
    dead = control(home, "GET", "/api/dead")
    if as_json:
        print_json(dead)
        return
    rows = [{"service": service, **row} for service, told in dead.items() for row in _listed(told)]
    show(rows, ["service", "at", "type", "sandbox", "reason", "_id"]) if rows else out.print("Aucun.")


@facts_app.command("replay")
def facts_replay(home: Home = DEFAULT_HOME, as_json: AsJson = False) -> None:
    """Handle the dead letters again; exit 0 only if all are handled now."""
    outcome = control(home, "POST", "/api/dead/replay")
    if as_json:
        print_json(outcome)
    else:
        rows = [
            {"service": name, "fait": id_, "issue": said}
            for name, told in outcome.items()
            for id_, said in told.items()
        ]
        show(rows, ["service", "fait", "issue"]) if rows else out.print("Rien à reprendre.")
    if any(said != "handled" for told in outcome.values() for said in told.values()):
        raise typer.Exit(NOT_HELD)


@journal_app.command("tail")
def journal_tail(
    home: Home = DEFAULT_HOME,
    limit: Limit = 30,
    service: Annotated[str, typer.Option(help="Only of this service.")] = "",
    sandbox: Sandbox = "",
    trace: Trace = "",
    follow: Follow = False,
    as_json: AsJson = False,
) -> None:
    """The latest exchanges."""
    where = {"service": service, "sandbox": sandbox, "trace": trace}
    _tail(home, "/api/journal", where, limit, follow, as_json, _JOURNAL_COLUMNS)


@journal_app.command("show")
def journal_show(
    exchange: Annotated[str, typer.Argument(metavar="ID", help="Its id: segur journal tail.")],
    home: Home = DEFAULT_HOME,
    as_json: AsJson = False,
) -> None:
    """One exchange: headers and bodies, secrets masked."""
    found = control(home, "GET", f"/api/journal/{exchange}")
    if as_json:
        print_json(found)
        return
    out.print(f"{found['method']} {found['path']} → {found['status']}, {found['ms']} ms", markup=False)
    out.print(f"trace {found['trace_id']}", markup=False)
    for side in ("request", "response"):
        out.rule(side)
        for name, value in found[side]["headers"]:
            out.print(f"{name}: {value}", markup=False)
        out.print(f"\n{found[side]['body']}", markup=False)


@trace_app.command("show")
def trace_show(
    trace_id: Annotated[str, typer.Argument(metavar="ID", help="32 hexadecimal characters.")],
    home: Home = DEFAULT_HOME,
    as_json: AsJson = False,
) -> None:
    """The spans of a trace."""
    trace = control(home, "GET", f"/api/traces/{trace_id}")
    if as_json:
        print_json(trace)
        return
    show(trace["spans"], ["service", "name", "kind", "duration_ms", "failed", "span_id", "parent_id"])


def _tail(
    home: Path,
    path: str,
    where: dict[str, str],
    limit: int,
    follow: bool,
    as_json: bool,
    columns: tuple[str, ...],
) -> None:
    if follow and as_json:
        fail("--follow never ends, --json is one document: choose one", WRONG_USE)
    asked = {name: value for name, value in where.items() if value}
    rows = control(home, "GET", path, params={**asked, "limit": limit})
    if as_json:
        print_json(rows)
        return
    if not follow:
        show(rows, columns)
        return
    _print_lines(rows[::-1], columns)
    after = str(rows[0]["cursor"]) if rows else "0"
    while True:
        time.sleep(_LOOK_EVERY_S)
        new = control(home, "GET", path, params={**asked, "after": after})
        _print_lines(new, columns)
        after = str(new[-1]["cursor"]) if new else after


def _print_lines(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    for row in rows:
        out.print("  ".join(str(row[column]) for column in columns if row.get(column) not in (None, "")), markup=False)


def _listed(told: Any) -> list[dict[str, Any]]:
    return told if isinstance(told, list) else [{"reason": told.get("error")}]

"""`segur load` and `segur bench`: how much the platform bears, and whether anything gets lost."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import Annotated, Any

import typer

from segur.cli.output import (
    DEFAULT_HOME,
    NOT_HELD,
    WRONG_USE,
    AsJson,
    Home,
    err,
    fail,
    out,
    platform_of,
    print_json,
    show,
)
from segur.platform.home import Running

load_app = typer.Typer(help="Send many calls, and look whether each came through.", no_args_is_help=True)

_LONGEST_S = 3_600
_IN_DEPTH = ("annuaire", "dmp", "ins", "psc")
"""Each is `segur.load.bench_<name>.bench_<name>(running)`."""
_MOST_CALLS = 200_000


def register(app: typer.Typer) -> None:
    """Hang the commands into the tree."""
    app.add_typer(load_app, name="load")
    app.command()(bench)


@load_app.command("list")
def load_list(as_json: AsJson = False) -> None:
    """The profiles there are."""
    rows = _profiles()
    print_json(rows) if as_json else show(rows, ["name", "sends"])


@load_app.command("run")
def load_run(
    profile: Annotated[str, typer.Option(help="What to send: segur load list.")],
    rate: Annotated[float, typer.Option(min=0.1, max=5_000, help="Calls a second.")] = 10.0,
    duration: Annotated[float, typer.Option(min=0.1, max=_LONGEST_S, help="Seconds.")] = 10.0,
    home: Home = DEFAULT_HOME,
    as_json: AsJson = False,
) -> None:
    """Send by schedule, then look for all that was acknowledged; exit 1 when anything is lost or doubled."""
    known = [row["name"] for row in _profiles()]
    if profile not in known:
        fail(f"--profile is one of {', '.join(known)}", WRONG_USE)
    if rate * duration > _MOST_CALLS:
        fail(f"{rate * duration:.0f} calls are more than {_MOST_CALLS}: lower --rate or --duration", WRONG_USE)
    running = platform_of(home)
    from segur.load import driver
    from segur.load.profiles import PROFILES

    try:
        result = asyncio.run(driver.run(profile, PROFILES[profile](running), rate, duration))
    except Exception as error:
        fail(f"{profile} could not be run: {type(error).__name__}: {error}", NOT_HELD)
    if as_json:
        print_json(result)
    else:
        _print_load(result)
    if not result["held"]:
        raise typer.Exit(NOT_HELD)


def bench(
    target: Annotated[
        str, typer.Argument(help=f"One service in depth: {', '.join(_IN_DEPTH)}. Without it, a few figures of all.")
    ] = "",
    against: Annotated[str, typer.Option(help="The peer to compare with: starlette.")] = "starlette",
    home: Home = DEFAULT_HOME,
    as_json: AsJson = False,
) -> None:
    """Measure a few things on this machine; each figure is the median of its samples."""
    from segur.load import bench as benches

    if target and target not in _IN_DEPTH:
        fail(f"segur bench takes nothing, or one of {', '.join(_IN_DEPTH)}", WRONG_USE)
    if against not in benches.PEERS:
        fail(f"--against is one of {', '.join(benches.PEERS)}", WRONG_USE)
    running = platform_of(home)
    if not as_json:
        err.print("Une vingtaine de secondes…")
    try:
        results = asyncio.run(_in_depth(target, running) if target else benches.bench(running, against))
    except Exception as error:
        fail(f"bench: {type(error).__name__}: {error}", NOT_HELD)
    if as_json:
        print_json({"results": results})
    else:
        show(results, ["name", "value", "unit", "peer", "peer_value", "ratio", "samples"])


async def _in_depth(target: str, running: Running) -> list[dict[str, Any]]:
    module = import_module(f"segur.load.bench_{target}")
    found: list[dict[str, Any]] = await getattr(module, f"bench_{target}")(running)
    return found


def _profiles() -> list[dict[str, Any]]:
    from segur.load.profiles import PROFILES

    return [{"name": name, "sends": (made.__doc__ or "").strip().splitlines()[0]} for name, made in PROFILES.items()]


def _print_load(result: dict[str, Any]) -> None:
    out.print(
        f"{result['sent']} envois, {result['acknowledged']} acquittés ({result['achieved_rate']}/s), "
        f"{result['errors']} erreurs, {result['lost']} perdus, {result['doubled']} en double"
    )
    out.print(
        f"réponse : médiane {result['p50_ms']} ms, 99 % sous {result['p99_ms']} ms, au plus {result['max_ms']} ms"
    )
    if result["fact_lag_p99_ms"] is not None:
        out.print(f"faits : 99 % visibles en {result['fact_lag_p99_ms']} ms")
    for kind, times in result["error_kinds"].items():
        out.print(f"  {times} × {kind}", markup=False)
    out.print(f"pilote en retard d'au plus {result['driver_late_p99_ms']} ms (99 %)")

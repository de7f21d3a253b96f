"""`segur fault`: break things on purpose."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from segur.cli.output import DEFAULT_HOME, WRONG_USE, AsJson, Home, control, fail, out, print_json, show

fault_app = typer.Typer(help="Break things on purpose.", no_args_is_help=True)

_RULE_COLUMNS = (
    "id", "point", "sandbox", "rate", "struck", "left", "actor", "patient", "operation", "starts_at", "ends_at",
)  # fmt: skip
_AFTER = re.compile(r"\+(\d+(?:\.\d+)?)(s|m|h)?")
_SECONDS = {"s": 1, "m": 60, "h": 3600, None: 1}


@fault_app.command("list")
def fault_list(home: Home = DEFAULT_HOME, as_json: AsJson = False) -> None:
    """The fault points, and the rules in force with what is left of them."""
    state = control(home, "GET", "/api/faults")
    if as_json:
        print_json(state)
        return
    for point in state["points"]:
        out.print(f"[bold]{point['name']}[/bold] [dim]({point['door']})[/dim]")
        out.print(f"    {point['shows']}\n    {point['explains']}", markup=False, style="dim")
    if state["rules"]:
        show(state["rules"], _RULE_COLUMNS)
    else:
        out.print("Aucune règle en vigueur.")


@fault_app.command("set")
def fault_set(
    point: Annotated[str, typer.Argument(help="A fault point: segur fault list.")],
    home: Home = DEFAULT_HOME,
    sandbox: Annotated[str, typer.Option(help="In which sandbox; * for all.")] = "default",
    rate: Annotated[float, typer.Option(help="Share of the calls that break.")] = 1.0,
    count: Annotated[int | None, typer.Option(help="Break that many calls, then no more.")] = None,
    skip: Annotated[int, typer.Option(help="Let that many matching calls pass first.")] = 0,
    seed: Annotated[int | None, typer.Option(help="Same seed, same calls break.")] = None,
    delay_ms: Annotated[int, typer.Option(help="Wait before breaking.")] = 0,
    actor: Annotated[str | None, typer.Option(help="Only for this professional (idNat).")] = None,
    patient: Annotated[str | None, typer.Option(help="Only for this patient (pseudonym, as in the journal).")] = None,
    operation: Annotated[str | None, typer.Option(help="Only for this operation, e.g. TD2.1.")] = None,
    starts: Annotated[str | None, typer.Option("--from", help="Not before: ISO 8601, or +30s, +5m, +1h.")] = None,
    ends: Annotated[str | None, typer.Option("--until", help="Not after: ISO 8601, or +30s, +5m, +1h.")] = None,
    every_s: Annotated[float | None, typer.Option("--every", help="Period in seconds; goes with --for.")] = None,
    for_s: Annotated[float | None, typer.Option("--for", help="Break in the first seconds of each period.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a point break; the rule is in force when this returns."""
    now = datetime.now(UTC)
    given: dict[str, Any] = {
        "point": point, "sandbox": sandbox, "rate": rate, "count": count, "skip": skip, "seed": seed,
        "delay_ms": delay_ms, "actor": actor, "patient": patient, "operation": operation, "every_s": every_s,
        "for_s": for_s, "starts_at": _moment(starts, now, "--from"), "ends_at": _moment(ends, now, "--until"),
    }  # fmt: skip
    rule = {name: value for name, value in given.items() if value is not None}
    answer = control(home, "POST", "/api/faults", json=rule)
    if as_json:
        print_json(answer)
        return
    out.print(f"{point} casse maintenant (règle {answer['id']}). L'enlever : segur fault clear {answer['id']}")
    if not answer["armed"]:
        out.print("Un service ne répond pas : il recevra la règle à son retour.")


@fault_app.command("clear")
def fault_clear(
    rule: Annotated[str | None, typer.Argument(help="Its id; all rules without it.")] = None,
    home: Home = DEFAULT_HOME,
    as_json: AsJson = False,
) -> None:
    """Remove one rule, or all."""
    control(home, "DELETE", f"/api/faults/{rule}" if rule else "/api/faults")
    if as_json:
        print_json({"cleared": rule or "all"})
    else:
        out.print("Plus de panne provoquée." if rule is None else f"Règle {rule} retirée.")


def _moment(text: str | None, now: datetime, option: str) -> str | None:
    if text is None:
        return None
    if match := _AFTER.fullmatch(text):
        return (now + timedelta(seconds=float(match[1]) * _SECONDS[match[2]])).isoformat()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fail(f"{option}: {text} is neither ISO 8601 nor +30s, +5m, +1h", WRONG_USE)
    return (moment if moment.tzinfo else moment.astimezone()).isoformat()

"""Commands that ask the control plane: faults, facts, journal, traces, sandboxes; and certificates, which are local."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from segur.cli.output import DEFAULT_HOME, WRONG_USE, AsJson, Home, control, fail, out, print_json
from segur.kernel.certificates import KIND_OIDS
from segur.kernel.ids import new_id
from segur.kernel.pki import Authority

fault_app = typer.Typer(help="Break things on purpose.", no_args_is_help=True)
facts_app = typer.Typer(help="What happened, as told on Kafka.", no_args_is_help=True)
trace_app = typer.Typer(help="One trace, from the first request to the last consumer.", no_args_is_help=True)
journal_app = typer.Typer(help="Each exchange with the outside.", no_args_is_help=True)
sandbox_app = typer.Typer(help="Private countries: one per team.", no_args_is_help=True)
certs_app = typer.Typer(help="Certificates of the platform's own authority.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Hang the command groups into the tree."""
    for name, group in {
        "fault": fault_app,
        "facts": facts_app,
        "trace": trace_app,
        "journal": journal_app,
        "sandbox": sandbox_app,
        "certs": certs_app,
    }.items():
        app.add_typer(group, name=name)


def _show(rows: list[dict[str, Any]], columns: list[str], as_json: bool) -> None:
    if as_json:
        print_json(rows)
        return
    table = Table(*columns)
    for row in rows:
        table.add_row(*(str(row.get(column, "")) for column in columns))
    out.print(table)


@fault_app.command("list")
def fault_list(home: Home = DEFAULT_HOME, as_json: AsJson = False) -> None:
    """The fault points, and the rules in force."""
    state = control(home, "GET", "/api/faults")
    if as_json:
        print_json(state)
        return
    _show(state["points"], ["name", "door", "shows", "explains"], False)
    _show(state["rules"], ["id", "point", "sandbox", "rate", "count"], False)


@fault_app.command("set")
def fault_set(
    point: str,
    home: Home = DEFAULT_HOME,
    rate: Annotated[float, typer.Option(help="Share of the calls that break.")] = 1.0,
    count: Annotated[int | None, typer.Option(help="Break that many calls, then no more.")] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same calls break.")] = None,
    delay_ms: Annotated[int, typer.Option(help="Wait before breaking.")] = 0,
    sandbox: str = "default",
    as_json: AsJson = False,
) -> None:
    """Make a point break."""
    rule = {"id": new_id(), "point": point, "sandbox": sandbox, "rate": rate, "count": count, "seed": seed}
    rule["delay_ms"] = delay_ms
    answer = control(home, "POST", "/api/faults", json=rule)
    if as_json:
        print_json(answer)
    else:
        out.print(f"{point} casse maintenant (règle {rule['id']}).")


@fault_app.command("clear")
def fault_clear(home: Home = DEFAULT_HOME, rule: Annotated[str | None, typer.Argument()] = None) -> None:
    """Remove one rule, or all."""
    control(home, "DELETE", f"/api/faults/{rule}" if rule else "/api/faults")
    out.print("Plus de panne provoquée." if rule is None else f"Règle {rule} retirée.")


@facts_app.command("tail")
def facts_tail(
    home: Home = DEFAULT_HOME,
    limit: int = 50,
    type_: Annotated[str, typer.Option("--type")] = "",
    as_json: AsJson = False,
) -> None:
    """The latest facts."""
    rows = control(home, "GET", "/api/facts", params={"limit": limit, **({"type": type_} if type_ else {})})
    _show(rows, ["time", "type", "subject", "sandbox", "id"], as_json)


@facts_app.command("dead")
def facts_dead(home: Home = DEFAULT_HOME, as_json: AsJson = False) -> None:
    """Facts that a service could not handle."""
    print_json(control(home, "GET", "/api/dead")) if as_json else out.print(control(home, "GET", "/api/dead"))


@facts_app.command("replay")
def facts_replay(home: Home = DEFAULT_HOME) -> None:
    """Handle the dead letters again."""
    print_json(control(home, "POST", "/api/dead/replay"))


@trace_app.command("show")
def trace_show(trace_id: str, home: Home = DEFAULT_HOME, as_json: AsJson = False) -> None:
    """The spans of a trace."""
    trace = control(home, "GET", f"/api/traces/{trace_id}")
    if as_json:
        print_json(trace)
        return
    _show(trace["spans"], ["service", "name", "kind", "duration_ms", "span_id", "parent_id"], False)


@journal_app.command("tail")
def journal_tail(home: Home = DEFAULT_HOME, limit: int = 30, as_json: AsJson = False) -> None:
    """The latest exchanges."""
    rows = control(home, "GET", "/api/journal", params={"limit": limit})
    _show(rows, ["at", "door", "sandbox", "method", "path", "status", "ms", "fault", "trace_id"], as_json)


@sandbox_app.command("list")
def sandbox_list(home: Home = DEFAULT_HOME, as_json: AsJson = False) -> None:
    """The sandboxes."""
    print_json(control(home, "GET", "/api/sandboxes")) if as_json else out.print(control(home, "GET", "/api/sandboxes"))


@sandbox_app.command("create")
def sandbox_create(sandbox: str, home: Home = DEFAULT_HOME, offset_s: float = 0) -> None:
    """Make a private country; `--offset-s` shifts its clock."""
    if not (
        sandbox.isascii() and sandbox.replace("-", "").isalnum() and sandbox == sandbox.lower() and len(sandbox) <= 40
    ):
        fail("a sandbox is named with up to 40 lower-case letters, digits and hyphens", WRONG_USE)
    print_json(control(home, "POST", "/api/sandboxes", json={"id": sandbox, "offset_s": offset_s}))


@sandbox_app.command("reset")
def sandbox_reset(sandbox: str, home: Home = DEFAULT_HOME) -> None:
    """Back to the state of its creation."""
    print_json(control(home, "POST", f"/api/sandboxes/{sandbox}/reset"))


@sandbox_app.command("delete")
def sandbox_delete(sandbox: str, home: Home = DEFAULT_HOME) -> None:
    """Forget it."""
    control(home, "DELETE", f"/api/sandboxes/{sandbox}")
    out.print(f"Bac à sable {sandbox} supprimé.")


@certs_app.command("issue")
def certs_issue(
    name: str,
    home: Home = DEFAULT_HOME,
    kind: Annotated[str, typer.Option(help=", ".join(KIND_OIDS))] = "org-auth",
    unit: Annotated[str, typer.Option(help="Struct_idNat of the structure, e.g. 1990000014.")] = "1990000014",
    organisation: str = "STRUCTURE DE TEST",
    password: Annotated[str, typer.Option(help="Also write a PKCS#12 file with this password.")] = "",
    out_dir: Annotated[Path | None, typer.Option("--out", help="Copy the files there.")] = None,
    as_json: AsJson = False,
) -> None:
    """Issue a certificate that the platform trusts."""
    if kind not in KIND_OIDS:
        fail(f"--kind is one of {', '.join(KIND_OIDS)}", WRONG_USE)
    authority = Authority.of_home(home)
    identity = authority.issue(name, kind, common_name=name, organisation=organisation, unit=unit)
    folder = out_dir or home / "pki"
    folder.mkdir(parents=True, exist_ok=True)
    files = {"certificate": identity.chain, "key": identity.key, "ca": authority.bundle}
    if out_dir is not None:
        for label, file in files.items():
            copy = out_dir / file.name
            copy.touch(mode=0o600 if label == "key" else 0o644)
            copy.write_bytes(file.read_bytes())
            files[label] = copy
    if password:
        files["pkcs12"] = folder / f"{name}.p12"
        files["pkcs12"].write_bytes(authority.pkcs12(identity, password.encode()))
        files["pkcs12"].chmod(0o600)
    if as_json:
        print_json({label: str(file) for label, file in files.items()})
    else:
        for label, file in files.items():
            out.print(f"{label}: {file}")

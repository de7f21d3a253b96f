"""`segur sandbox`: private countries, one per team."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from segur.cli.output import DEFAULT_HOME, WRONG_USE, AsJson, Home, control, fail, out, platform_of, print_json, show
from segur.kernel.sandbox import is_name

sandbox_app = typer.Typer(help="Private countries: one per team.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="1 to 40 lower-case letters, digits and hyphens.", metavar="NAME")]
Label = Annotated[str, typer.Argument(help="The snapshot's label.", metavar="LABEL")]


@sandbox_app.command("list")
def sandbox_list(home: Home = DEFAULT_HOME, as_json: AsJson = False) -> None:
    """The sandboxes and their snapshots."""
    rows = control(home, "GET", "/api/sandboxes")
    if as_json:
        print_json(rows)
        return
    port = platform_of(home).plan.ports.edge_http
    show(
        [
            {
                "nom": row["id"],
                "adresse": f"http://localhost:{port}" + ("" if row["id"] == "default" else f"/s/{row['id']}"),
                "horloge": f"{row['offset_s']:+.0f} s",
                "instantanés": ", ".join(row["snapshots"]),
            }
            for row in rows
        ],
        ["nom", "adresse", "horloge", "instantanés"],
    )


@sandbox_app.command("create")
def sandbox_create(
    sandbox: Name,
    home: Home = DEFAULT_HOME,
    offset_s: Annotated[float, typer.Option(help="Let it live that many seconds ahead of real time.")] = 0,
    with_insi_test_identities: Annotated[
        bool, typer.Option("--with-insi-test-identities", help="INSi also knows the people of the CNDA's test cases.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a private country, or shift the clock of one."""
    wanted = {"id": _named(sandbox), "offset_s": offset_s}
    if with_insi_test_identities:
        wanted["extras"] = ["insi-test-identities"]
    made = control(home, "POST", "/api/sandboxes", json=wanted)
    _tell(made, f"Bac à sable {sandbox} prêt : préfixe /s/{sandbox}, ou hôte {sandbox}.localhost.", as_json)


@sandbox_app.command("reset")
def sandbox_reset(sandbox: Name, home: Home = DEFAULT_HOME, as_json: AsJson = False) -> None:
    """Back to the state of its creation; its snapshots stay."""
    made = control(home, "POST", f"/api/sandboxes/{_named(sandbox)}/reset")
    _tell(made, f"Bac à sable {sandbox} remis à neuf.", as_json)


@sandbox_app.command("delete")
def sandbox_delete(sandbox: Name, home: Home = DEFAULT_HOME, as_json: AsJson = False) -> None:
    """Forget it, with its snapshots."""
    control(home, "DELETE", f"/api/sandboxes/{_named(sandbox)}")
    _tell({"id": sandbox, "deleted": True}, f"Bac à sable {sandbox} supprimé.", as_json)


@sandbox_app.command("snapshot")
def sandbox_snapshot(
    sandbox: Name,
    home: Home = DEFAULT_HOME,
    label: Annotated[str, typer.Option("--as", help="Its label; the present time without it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Keep the state of all services, at one moment."""
    if label:
        _named(label)
    kept = control(home, "POST", f"/api/sandboxes/{_named(sandbox)}/snapshots", json={"label": label})
    documents = sum(kept["services"].values())
    words = f"Instantané {kept['label']} : {documents} documents. Revenir : segur sandbox restore {sandbox}"
    _tell(kept, words, as_json)


@sandbox_app.command("restore")
def sandbox_restore(
    sandbox: Name,
    label: Annotated[str | None, typer.Argument(help="Which snapshot; the latest without it.")] = None,
    home: Home = DEFAULT_HOME,
    as_json: AsJson = False,
) -> None:
    """Bring a kept state back, in all services or with an error that says which."""
    path = f"/api/sandboxes/{_named(sandbox)}/snapshots"
    if label is None:
        kept = control(home, "GET", path)
        if not kept:
            fail(f"{sandbox} has no snapshot. Take one: segur sandbox snapshot {sandbox}", WRONG_USE)
        label = str(kept[-1]["label"])
    restored = control(home, "POST", f"{path}/{_named(label)}/restore")
    _tell(restored, f"Bac à sable {sandbox} tel qu'il était : {label}.", as_json)


@sandbox_app.command("forget")
def sandbox_forget(sandbox: Name, label: Label, home: Home = DEFAULT_HOME, as_json: AsJson = False) -> None:
    """Delete a snapshot."""
    control(home, "DELETE", f"/api/sandboxes/{_named(sandbox)}/snapshots/{_named(label)}")
    _tell({"sandbox": sandbox, "label": label, "deleted": True}, f"Instantané {label} supprimé.", as_json)


def _named(name: str) -> str:
    if not is_name(name):
        fail(f"{name!r}: sandboxes and snapshots are named with 1 to 40 lower-case letters, digits, hyphens", WRONG_USE)
    return name


def _tell(value: Any, words: str, as_json: bool) -> None:
    print_json(value) if as_json else out.print(words)

"""Commands that tell stories: `segur demo`, `segur scenario`."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from segur.cli.output import (
    DEFAULT_HOME,
    NOT_HELD,
    UNREACHABLE,
    WRONG_USE,
    AsJson,
    Home,
    err,
    fail,
    out,
    platform_of,
    prepare,
    print_json,
)
from segur.kernel.ports import Ports
from segur.platform import home as homes
from segur.platform import launch
from segur.platform.embedded import EmbeddedMissing
from segur.platform.home import Running
from segur.platform.plan import Plan
from segur.platform.status import status

DEMO = "E-00"
"""The story `segur demo` tells."""

scenario_app = typer.Typer(help="Stories: what an editor must prove.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Hang the commands into the tree."""
    app.add_typer(scenario_app, name="scenario")
    app.command()(demo)


@contextlib.contextmanager
def _a_platform(home: Path) -> Iterator[Running]:
    """The platform of the home if one runs; else one of our own, on free ports, stopped at the end."""
    running = homes.read(home)
    if running is not None and running.alive:
        yield running
        return
    with tempfile.TemporaryDirectory(prefix="segur-demo-") as folder:
        plan = Plan(home.absolute())
        arguments = ["--home", str(plan.home)]
        try:
            launch.check_ports(plan)
        except launch.PortTaken:
            base = launch.free_base()
            plan = Plan(Path(folder), Ports.from_base(base))
            arguments = ["--home", folder, "--port-base", str(base)]
        prepare(plan)
        err.print("Démarrage de la plateforme…")
        running = launch.detach(arguments, plan.home)
        try:
            yield running
        finally:
            launch.stop(running)


def demo(
    home: Home = DEFAULT_HOME,
    document: Annotated[Path | None, typer.Option(help="Submit this CDA instead of our own report.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write the HTML report into this folder.")] = None,
    as_json: AsJson = False,
) -> None:
    """The wave-2 journey, end to end; exit 0 only if every step held."""
    from segur.scenario import report as reports
    from segur.scenario import runner, story

    if document is not None and not document.is_file():
        fail(f"--document: no file {document}", WRONG_USE)
    try:
        with _a_platform(home) as running:
            state = status(running)
            [result] = runner.tell_all(running, [story.load_all()[DEMO]], document)
            control = running.plan.addresses["console"]
            page = reports.write_html([result], report or home / "reports", control)
    except (launch.PortTaken, launch.NotReady, EmbeddedMissing) as error:
        fail(str(error), UNREACHABLE)
    if as_json:
        facts = [{"type": fact["type"], "subject": fact["subject"], "id": fact["id"]} for fact in result.facts]
        print_json({**result.as_json(), "facts": facts, "report": str(page)})
    else:
        reports.print_text([result], out, control)
        out.print(f"  rapport : {page}")
        if state["started_in_s"]:
            memory = state["resident_bytes"] / 2**20
            out.print(f"  plateforme prête en {state['started_in_s']} s, {memory:.0f} Mio résidents")
    if not result.held:
        raise typer.Exit(NOT_HELD)


@scenario_app.command("list")
def scenario_list(
    as_json: AsJson = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="As docs/scenarios.md.")] = False,
) -> None:
    """The stories there are."""
    from segur.scenario import catalogue, story

    known = story.load_all()
    stories = known.values()
    if markdown:
        typer.echo(catalogue.markdown(known), nl=False)
        return
    if as_json:
        print_json(
            [{"id": s.id, "title": s.title, "pillar": s.pillar, "requirements": s.requirements} for s in stories]
        )
        return
    for each in stories:
        out.print(f"{each.id:<8} {each.pillar:<8} {each.title}")


@scenario_app.command("run")
def scenario_run(
    ids: Annotated[list[str] | None, typer.Argument()] = None,
    home: Home = DEFAULT_HOME,
    every: Annotated[bool, typer.Option("--all", help="Tell all stories.")] = False,
    pillar: Annotated[str | None, typer.Option(help="Only those of a pillar: psc, dmp, mssante, drim, cross.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write a JUnit file.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write the HTML report into this folder.")] = None,
    as_json: AsJson = False,
) -> None:
    """Tell stories; exit 0 only if all held."""
    from segur.scenario import report as reports
    from segur.scenario import runner, story

    known = story.load_all()
    unknown = sorted(set(ids or ()) - set(known))
    if unknown or not (ids or every):
        fail(f"unknown story {unknown[0]}" if unknown else "name stories, or give --all", WRONG_USE)
    chosen = [each for id_, each in known.items() if (every or id_ in (ids or ())) and pillar in (None, each.pillar)]
    if not chosen:
        fail(f"no story of pillar {pillar}", WRONG_USE)
    running = platform_of(home)
    control = running.plan.addresses["console"]
    results = runner.tell_all(running, chosen)
    if junit is not None:
        reports.write_junit(results, junit)
    if report is not None:
        reports.write_html(results, report, control)
    if as_json:
        print_json(reports.as_json(results))
    else:
        reports.print_text(results, out, control)
    if not all(result.held for result in results):
        raise typer.Exit(NOT_HELD)

"""The command tree, and the commands of a platform's life: up, status, down."""

from __future__ import annotations

import asyncio
import logging
from typing import Annotated

import typer
from rich.table import Table

from segur.cli import attach, control, journey
from segur.cli.output import (
    DEFAULT_HOME,
    NOT_HELD,
    UNREACHABLE,
    WRONG_USE,
    AsJson,
    Home,
    fail,
    out,
    platform_of,
    print_json,
)
from segur.kernel.ports import Ports
from segur.platform import home as homes
from segur.platform import launch
from segur.platform import status as states
from segur.platform.embedded import EmbeddedMissing
from segur.platform.home import Running
from segur.platform.plan import Plan

app = typer.Typer(
    name="segur",
    help="SégurStack: the French national e-health platform, on one laptop.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
control.register(app)
journey.register(app)
attach.register(app)


def main() -> None:
    """The `segur` command."""
    app()


@app.command()
def up(
    home: Home = DEFAULT_HOME,
    detach: Annotated[bool, typer.Option("--detach", help="Go to the background once ready.")] = False,
    kafka: Annotated[str | None, typer.Option(help="Use this broker (HOST:PORT) instead of the embedded one.")] = None,
    mongo: Annotated[str | None, typer.Option(help="Use this MongoDB (URL) instead of the embedded one.")] = None,
    port_base: Annotated[int | None, typer.Option(help="Thirty consecutive ports from here.")] = None,
) -> None:
    """Start the whole platform and print where to connect."""
    running = homes.read(home)
    if running is not None and running.alive:
        out.print(f"Already running since it started in {running.started_in_s} s.")
        _print_addresses(running)
        return
    try:
        ports = Ports() if port_base is None else Ports.from_base(port_base)
        plan = Plan(home.absolute(), ports, kafka, mongo)
        launch.check_ports(plan)
        if detach:
            options = {"--kafka": kafka, "--mongo": mongo, "--port-base": port_base}
            arguments = [word for name, value in options.items() if value is not None for word in (name, str(value))]
            _print_addresses(launch.detach(["--home", str(plan.home), *arguments], plan.home))
        else:
            logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
            asyncio.run(launch.Supervisor(plan, _print_addresses).run())
    except ValueError as error:
        fail(str(error), WRONG_USE)
    except (launch.PortTaken, launch.NotReady, EmbeddedMissing) as error:
        fail(str(error), UNREACHABLE)


@app.command()
def status(home: Home = DEFAULT_HOME, as_json: AsJson = False) -> None:
    """Tell how the platform is; exit 0 only when every service is ready."""
    running = homes.read(home)
    if running is None:
        if as_json:
            print_json({"ready": False, "services": {}, "addresses": {}})
            raise typer.Exit(UNREACHABLE)
        platform_of(home)
        return
    state = states.status(running)
    if as_json:
        print_json(state)
    else:
        table = Table("service", "prêt", "contrôles")
        for name, service in sorted(state["services"].items()):
            checks = service.get("checks", {service.get("error", "?"): False})
            table.add_row(name, "oui" if service["ready"] else "NON", ", ".join(f"{k}={v}" for k, v in checks.items()))
        out.print(table)
        if running.started_in_s:
            out.print(f"démarré en {state['started_in_s']} s, {state['resident_bytes'] / 2**20:.0f} Mio résidents")
        _print_addresses(running)
    if not state["ready"]:
        raise typer.Exit(NOT_HELD if running.alive else UNREACHABLE)


@app.command()
def down(home: Home = DEFAULT_HOME) -> None:
    """Drain and stop the platform; nothing is left running."""
    running = homes.read(home)
    if running is None or not running.alive:
        out.print("Nothing runs here.")
        return
    if not launch.stop(running):
        fail(f"the supervisor (process {running.supervisor}) did not stop", NOT_HELD)
    out.print("Stopped.")


def _print_addresses(running: Running) -> None:
    table = Table("porte", "adresse", title="SégurStack : où connecter votre logiciel")
    for name, address in running.plan.addresses.items():
        table.add_row(name, address)
    out.print(table)
    if running.started_in_s:
        out.print(
            f"Prêt en {running.started_in_s} s. Autorité de certification : {running.plan.home / 'pki' / 'ca.pem'}"
        )

"""The command tree, and the commands of a platform's life: up, status, down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

import typer
from rich.table import Table

from segur.cli import attach, documents, journey, load, machine, population, validate
from segur.cli.certs import certs_app
from segur.cli.faults import fault_app
from segur.cli.history import facts_app, journal_app, trace_app
from segur.cli.identities import identity_app
from segur.cli.make import cda_app
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
from segur.cli.psc import psc_app
from segur.cli.sandboxes import sandbox_app
from segur.kernel.ports import Ports
from segur.platform import home as homes
from segur.platform import launch, leftovers
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
    port_edge_tls: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="Port of the TLS edge, e.g. 443 for national host names.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start the whole platform and print where to connect."""
    running = homes.read(home)
    if running is not None and running.alive:
        err.print("Already running." if running.started_in_s else "Already starting: wait for it with segur status.")
        _tell(as_json)(running)
        return
    try:
        ports = Ports() if port_base is None else Ports.from_base(port_base)
        if port_edge_tls is not None:
            ports = replace(ports, edge_tls=port_edge_tls)
        plan = Plan(home.absolute(), ports, kafka, mongo)
        prepare(plan)
        plan.servers()  # a missing program is told before anything starts
        launch.check_ports(plan)
        if detach:
            options = {
                "--kafka": kafka, "--mongo": mongo, "--port-base": port_base, "--port-edge-tls": port_edge_tls
            }  # fmt: skip
            arguments = [word for name, value in options.items() if value is not None for word in (name, str(value))]
            _tell(as_json)(launch.detach(["--home", str(plan.home), *arguments], plan.home))
        else:
            logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
            asyncio.run(launch.Supervisor(plan, _tell(as_json)).run())
    except ValueError as error:
        fail(str(error), WRONG_USE)
    except OSError as error:
        fail(f"{home}: {error.strerror or error}", WRONG_USE)
    except (launch.PortTaken, launch.NotReady, EmbeddedMissing) as error:
        fail(str(error), UNREACHABLE)


@app.command()
def status(home: Home = DEFAULT_HOME, as_json: AsJson = False) -> None:
    """Tell how the platform is; exit 0 only when every service is ready."""
    running = homes.read(home)
    if running is None:
        platform_of(home, ready=False, services={}, addresses={})
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
        if state["started_in_s"]:
            out.print(f"démarré en {state['started_in_s']} s, {state['resident_bytes'] / 2**20:.0f} Mio résidents")
        _print_addresses(running)
        if not running.alive:
            err.print("The supervisor is gone. Clean up and start again: segur down, then segur up --detach")
    if not state["ready"]:
        raise typer.Exit(NOT_HELD if running.alive else UNREACHABLE)


@app.command()
def down(home: Home = DEFAULT_HOME, as_json: AsJson = False) -> None:
    """Drain and stop the platform; nothing is left running, even when its supervisor is dead already."""
    running = homes.read(home)
    found = leftovers.find(home)
    if (running is None or not running.alive) and not found:
        print_json({"stopped": False, "was_running": False}) if as_json else out.print("Nothing runs here.")
        return
    gently = launch.stop(running) if running is not None else bool(leftovers.stop(home))
    if remaining := [process.pid for process in leftovers.find(home)]:
        fail(f"still running: {', '.join(map(str, remaining))}", NOT_HELD, stopped=False, was_running=True)
    if not gently:
        err.print("The supervisor did not stop in time and was killed; see its log.")
    print_json({"stopped": True, "was_running": True}) if as_json else out.print("Stopped.")


def _tell(as_json: bool) -> Callable[[Running], None]:
    return _print_running if as_json else _print_addresses


def _print_running(running: Running) -> None:
    told: dict[str, Any] = {
        "ready": bool(running.started_in_s),
        "started_in_s": running.started_in_s,
        "addresses": running.plan.addresses,
        "ca": str(running.plan.home / "pki" / "ca.pem"),
    }
    print_json(told)


def _print_addresses(running: Running) -> None:
    table = Table("porte", "adresse", title="SégurStack : où connecter votre logiciel")
    for name, address in running.plan.addresses.items():
        table.add_row(name, address)
    out.print(table)
    if running.started_in_s:
        out.print(
            f"Prêt en {running.started_in_s} s. Autorité de certification : {running.plan.home / 'pki' / 'ca.pem'}"
        )


psc_app.add_typer(identity_app, name="identity")
for _name, _group in {
    "fault": fault_app,
    "facts": facts_app,
    "trace": trace_app,
    "journal": journal_app,
    "sandbox": sandbox_app,
    "certs": certs_app,
    "psc": psc_app,
    "cda": cda_app,
}.items():
    app.add_typer(_group, name=_name)
for _register in (
    journey.register,
    attach.register,
    machine.register,
    population.register,
    load.register,
    documents.register,
    validate.register,
):
    _register(app)

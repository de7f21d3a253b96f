"""`segur doctor` and `segur hosts`: this machine, and what it needs to play the country."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated

import typer

from segur.cli.output import DEFAULT_HOME, NOT_HELD, WRONG_USE, AsJson, Home, err, fail, out, print_json
from segur.kernel.ports import Ports
from segur.vocab.hosts import NATIONAL_TEST_HOSTS

_MARKS = {"ok": "[green]✔[/green]", "warning": "[yellow]![/yellow]", "failed": "[red]✘[/red]"}
_LABELS = {
    "psc": "Pro Santé Connect",
    "dmp": "DMP",
    "annuaire": "Annuaire Santé",
    "ins": "INSi",
    "mssante": "MSSanté",
    "drim": "DRIM-M",
}


def register(app: typer.Typer) -> None:
    """Hang the commands into the tree."""
    app.command()(doctor)
    app.command()(hosts)


def doctor(
    home: Home = DEFAULT_HOME,
    port_base: Annotated[int | None, typer.Option(help="Check these ports: thirty from here.")] = None,
    port_edge_tls: Annotated[int | None, typer.Option(min=1, max=65_535, help="Check this TLS edge port.")] = None,
    as_json: AsJson = False,
) -> None:
    """What is wrong with this machine or this setup, and the fix; exit 0 when nothing stands in the way."""
    from segur.platform import doctor as examination

    try:
        ports = Ports() if port_base is None else Ports.from_base(port_base)
    except ValueError as error:
        fail(str(error), WRONG_USE)
    if port_edge_tls is not None:
        ports = replace(ports, edge_tls=port_edge_tls)
    checks = examination.examine(home.absolute(), ports)
    healthy = all(check.state != "failed" for check in checks)
    if as_json:
        print_json({"healthy": healthy, "checks": [asdict(check) for check in checks]})
    else:
        for check in checks:
            out.print(f"{_MARKS[check.state]} {check.name}: ", end="")
            out.print(check.found, markup=False)
            if check.fix:
                out.print(f"    → {check.fix}", markup=False)
    if not healthy:
        raise typer.Exit(NOT_HELD)


def hosts(
    address: Annotated[str, typer.Option(help="Address the names shall lead to.")] = "127.0.0.1",
    as_json: AsJson = False,
) -> None:
    """Lines for the hosts file: national test names that lead here. Test names only; production is refused."""
    if as_json:
        rows = [{"address": address, "name": name, "service": service} for name, service in NATIONAL_TEST_HOSTS.items()]
        print_json({"address": address, "hosts": rows})
        return
    width = max(map(len, NATIONAL_TEST_HOSTS)) + 2
    for name, service in NATIONAL_TEST_HOSTS.items():
        out.print(f"{address}  {name:<{width}}# {_LABELS[service]}", markup=False)
    err.print("Append them: segur hosts | sudo tee -a /etc/hosts. Clients call port 443: segur up --port-edge-tls 443")

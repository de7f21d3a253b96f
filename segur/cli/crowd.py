"""`segur population load` and `documents`: crowds to search among, in the directory and the DMP that run."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from segur.cli.output import DEFAULT_HOME, NOT_HELD, WRONG_USE, AsJson, Home, err, fail, out, platform_of, print_json

_PATIENCE_S = 60.0
_PAUSE_S = 1.0


def register(app: typer.Typer) -> None:
    """Hang the commands into the tree."""
    app.command("load")(load)
    app.command("documents")(documents)


def load(
    professionals: Annotated[int, typer.Option(min=1, max=500_000, help="So many, beside those who can sign in.")],
    sandbox: Annotated[str, typer.Option(help="Whose directory.")] = "default",
    home: Home = DEFAULT_HOME,
    as_json: AsJson = False,
) -> None:
    """Fill the directory with professionals to search among: they are in the Annuaire and nowhere else.

    A hundred thousand take some minutes; a second call with the same number does nothing.
    """
    state, took_s = _filled("annuaire", "professionals", professionals, sandbox, home, quiet=as_json)
    _tell("professionals", professionals, state, took_s, "professionnels", as_json)


def documents(
    count: Annotated[int, typer.Option("--count", min=1, max=5_000_000, help="So many, beside those submitted.")],
    sandbox: Annotated[str, typer.Option(help="Whose DMP.")] = "default",
    home: Home = DEFAULT_HOME,
    as_json: AsJson = False,
) -> None:
    """Fill the DMP with documents to search among: 5,000 of one patient of the country, 20 of each of many others.

    Their entries are as a submission leaves them, a few dozen CDA are their bytes. A million take the embedded store
    half an hour or more; a second call with the same number does nothing.
    """
    state, took_s = _filled("dmp", "documents", count, sandbox, home, quiet=as_json)
    _tell("documents", count, state, took_s, f"documents, dont ceux de {state['largest']},", as_json)


def _filled(
    service: str, what: str, wanted: int, sandbox: str, home: Path, *, quiet: bool
) -> tuple[dict[str, Any], float]:
    """Ask the service for the crowd and wait until it is there; give its state and the seconds it took."""
    ports = platform_of(home).plan.ports
    prefix = "" if sandbox == "default" else f"/s/{sandbox}"
    url = f"http://127.0.0.1:{ports.edge_http}{prefix}/{service}/api/population"
    begun = time.monotonic()
    with httpx.Client(timeout=_PATIENCE_S, trust_env=False) as http:
        state = _asked(http, "GET", url)
        if state[what] < wanted:
            _asked(http, "POST", url, json={what: wanted})
            if not quiet:
                err.print(f"Remplissage en cours ({wanted})…")
            while (state := _asked(http, "GET", url))["loading"]:
                time.sleep(_PAUSE_S)
    return state, round(time.monotonic() - begun, 1)


def _tell(what: str, wanted: int, state: dict[str, Any], took_s: float, noun: str, as_json: bool) -> None:
    held = state[what] >= wanted
    if as_json:
        print_json({what: state[what], "seconds": took_s, "held": held})
    else:
        out.print(f"{state[what]} {noun} à chercher ({took_s} s)", markup=False)
    if not held:
        raise typer.Exit(NOT_HELD)


def _asked(http: httpx.Client, method: str, url: str, **options: Any) -> dict[str, Any]:
    try:
        answer = http.request(method, url, **options)
    except httpx.HTTPError as error:
        fail(f"the service does not answer at {url} ({type(error).__name__})", NOT_HELD)
    if answer.status_code >= 400:
        fail(f"refused: {answer.text[:300]}", WRONG_USE)
    found: dict[str, Any] = answer.json()
    return found

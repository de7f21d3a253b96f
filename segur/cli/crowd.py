"""`segur population load`: a crowd of professionals to search among in the directory of a running platform."""

from __future__ import annotations

import time
from typing import Annotated, Any

import httpx
import typer

from segur.cli.output import DEFAULT_HOME, NOT_HELD, WRONG_USE, AsJson, Home, err, fail, out, platform_of, print_json

_PATIENCE_S = 60.0
_PAUSE_S = 1.0


def register(app: typer.Typer) -> None:
    """Hang the command into the tree."""
    app.command("load")(load)


def load(
    professionals: Annotated[int, typer.Option(min=1, max=500_000, help="So many, beside those who can sign in.")],
    sandbox: Annotated[str, typer.Option(help="Whose directory.")] = "default",
    home: Home = DEFAULT_HOME,
    as_json: AsJson = False,
) -> None:
    """Fill the directory with professionals to search among: they are in the Annuaire and nowhere else.

    A hundred thousand take some minutes; a second call with the same number does nothing.
    """
    ports = platform_of(home).plan.ports
    prefix = "" if sandbox == "default" else f"/s/{sandbox}"
    url = f"http://127.0.0.1:{ports.edge_http}{prefix}/annuaire/api/population"
    begun = time.monotonic()
    with httpx.Client(timeout=_PATIENCE_S, trust_env=False) as http:
        state = _asked(http, "GET", url)
        if state["professionals"] < professionals:
            _asked(http, "POST", url, json={"professionals": professionals})
            if not as_json:
                err.print(f"Chargement de {professionals} professionnels…")
            while (state := _asked(http, "GET", url))["loading"]:
                time.sleep(_PAUSE_S)
    held = state["professionals"] >= professionals
    told = {"professionals": state["professionals"], "seconds": round(time.monotonic() - begun, 1), "held": held}
    if as_json:
        print_json(told)
    else:
        out.print(f"{told['professionals']} professionnels à chercher ({told['seconds']} s)", markup=False)
    if not held:
        raise typer.Exit(NOT_HELD)


def _asked(http: httpx.Client, method: str, url: str, **options: Any) -> dict[str, Any]:
    try:
        answer = http.request(method, url, **options)
    except httpx.HTTPError as error:
        fail(f"the directory does not answer at {url} ({type(error).__name__})", NOT_HELD)
    if answer.status_code >= 400:
        fail(f"the directory: {answer.text[:300]}", WRONG_USE)
    found: dict[str, Any] = answer.json()
    return found

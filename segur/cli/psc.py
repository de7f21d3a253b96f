"""`segur psc`: the services that may sign people in, and the realm's keys, through the edge as anyone may."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

import httpx
import typer

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
    show,
)

psc_app = typer.Typer(help="Pro Santé Connect: clients and keys.", no_args_is_help=True)
client_app = typer.Typer(help="The services that may sign people in, one registry per sandbox.", no_args_is_help=True)
keys_app = typer.Typer(help="The keys PSC signs with.", no_args_is_help=True)
psc_app.add_typer(client_app, name="client")
psc_app.add_typer(keys_app, name="keys")

Sandbox = Annotated[str, typer.Option(help="Which private country.")]
_PATIENCE_S = 30.0


@client_app.command("add")
def client_add(
    client_id: Annotated[str, typer.Argument(help="Its client_id.", metavar="ID")],
    redirect_uri: Annotated[list[str] | None, typer.Option(help="Exact redirect URI; may be repeated.")] = None,
    logout_uri: Annotated[list[str] | None, typer.Option(help="Exact post-logout URI; may be repeated.")] = None,
    name: Annotated[str, typer.Option(help="What the login page calls it.")] = "",
    secret: Annotated[str, typer.Option(help="Its secret; made and shown once when left out.")] = "",
    policy: Annotated[str, typer.Option(help="How it proves itself: SECRET, MTLS or BOTH.")] = "SECRET",
    subject: Annotated[str, typer.Option(help="DN of its certificate; any organisation's when left out.")] = "",
    pkce: Annotated[str, typer.Option(help="OPTIONAL, REQUIRED or S256.")] = "OPTIONAL",
    ciba: Annotated[bool, typer.Option("--ciba", help="It may ask for logins by phone.")] = False,
    bound: Annotated[bool, typer.Option("--bound", help="Its tokens are bound to its certificate.")] = False,
    backchannel_logout_uri: Annotated[str, typer.Option(help="Where it takes logout tokens.")] = "",
    sandbox: Sandbox = "default",
    home: Home = DEFAULT_HOME,
    as_json: AsJson = False,
) -> None:
    """Register a service."""
    asked: dict[str, Any] = {
        "client_id": client_id,
        "client_name": name,
        "client_secret": secret,
        "redirect_uris": redirect_uri or [],
        "post_logout_redirect_uris": logout_uri or [],
        "policy": policy,
        "tls_client_auth_subject_dn": subject,
        "pkce": pkce,
        "tls_client_certificate_bound_access_tokens": bound,
        "backchannel_logout_uri": backchannel_logout_uri,
        **({"backchannel_token_delivery_mode": "poll"} if ciba else {}),
    }
    made = ask(home, sandbox, "POST", "/psc/clients", json=asked)
    if as_json:
        print_json(made)
        return
    out.print(f"client_id      {made['client_id']}", markup=False)
    if "client_secret" in made:
        out.print(f"client_secret  {made['client_secret']}", markup=False)


@client_app.command("list")
def client_list(sandbox: Sandbox = "default", home: Home = DEFAULT_HOME, as_json: AsJson = False) -> None:
    """The services of a sandbox, without their secrets."""
    rows = ask(home, sandbox, "GET", "/psc/clients")["clients"]
    if as_json:
        print_json(rows)
        return
    shown = [{**row, "redirect_uris": " ".join(row["redirect_uris"])} for row in rows]
    show(shown, ["client_id", "client_name", "policy", "pkce", "redirect_uris"])


@client_app.command("remove")
def client_remove(
    client_id: Annotated[str, typer.Argument(metavar="ID")],
    sandbox: Sandbox = "default",
    home: Home = DEFAULT_HOME,
    as_json: AsJson = False,
) -> None:
    """Forget a service."""
    ask(home, sandbox, "DELETE", f"/psc/clients/{quote(client_id, safe='')}")
    print_json({"client_id": client_id, "removed": True}) if as_json else out.print(f"{client_id} : retiré.")


@keys_app.command("list")
def keys_list(home: Home = DEFAULT_HOME, as_json: AsJson = False) -> None:
    """The keys: which signs, which are published only until their last token has expired."""
    rows = ask(home, "default", "GET", "/psc/keys")["keys"]
    print_json(rows) if as_json else _show_keys(rows)


@keys_app.command("rotate")
def keys_rotate(home: Home = DEFAULT_HOME, as_json: AsJson = False) -> None:
    """Sign with a new key from now on; the old one stays published until its last token has expired."""
    told = ask(home, "default", "POST", "/psc/keys/rotation")
    print_json(told) if as_json else _show_keys(told["keys"])


def _show_keys(rows: list[dict[str, Any]]) -> None:
    def at(seconds: int | None) -> str:
        return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")

    shown = [
        {
            "kid": row["kid"],
            "use": row["use"],
            "made": at(row["made"]),
            "retired": at(row["retired"]),
            "published": "oui" if row["published"] else "non",
        }
        for row in rows
    ]
    show(shown, ["kid", "use", "made", "retired", "published"])


def ask(home: Home, sandbox: str, method: str, path: str, **options: Any) -> Any:
    """Ask PSC through the edge; exit 3 when it does not answer, 2 when what is asked is refused."""
    edge = f"http://localhost:{platform_of(home).plan.ports.edge_http}"
    url = f"{edge}{'' if sandbox == 'default' else f'/s/{sandbox}'}{path}"
    accept = {"accept": "application/json"}
    try:
        answer = httpx.request(method, url, headers=accept, timeout=_PATIENCE_S, trust_env=False, **options)
    except httpx.HTTPError as error:
        fail(f"the edge does not answer at {url} ({type(error).__name__})", UNREACHABLE)
    if answer.status_code >= 400:
        told = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        words = told.get("error_description") or told.get("detail") or f"HTTP {answer.status_code}"
        fail(str(words), WRONG_USE if answer.status_code < 500 else NOT_HELD)
    return answer.json() if answer.content else None

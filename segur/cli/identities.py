"""`segur psc identity`: test identities, as ANS's EDIT gives them."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import Annotated, Any

import typer

from segur.cli.output import DEFAULT_HOME, WRONG_USE, AsJson, Home, fail, out, print_json
from segur.cli.psc import Sandbox, ask

identity_app = typer.Typer(help="Test identities: card, e-CPS, RPPS, mailboxes, certificates.", no_args_is_help=True)


@identity_app.callback()
def _group() -> None:
    """Test identities: card, e-CPS, RPPS, mailboxes, certificates."""


@identity_app.command("create")
def identity_create(
    profession: Annotated[str, typer.Option(help="TRE_G15 code or the beginning of its name: 10, medecin, pharm…")],
    family_name: Annotated[str, typer.Option(help="Made up when left out.")] = "",
    given_name: Annotated[str, typer.Option(help="Made up when left out.")] = "",
    speciality: Annotated[str, typer.Option(help="Savoir-faire code, e.g. SM54.")] = "",
    structure: Annotated[str, typer.Option(help="Struct_idNat, e.g. 1990000119; empty: own practice.")] = "",
    card: Annotated[bool, typer.Option(help="With a CPS card and its certificates.")] = True,
    e_cps: Annotated[bool, typer.Option(help="With an e-CPS.")] = True,
    mailbox: Annotated[bool, typer.Option(help="With an MSSanté mailbox.")] = True,
    out_dir: Annotated[Path | None, typer.Option("--out", help="Write the certificates there (PEM, PKCS#12).")] = None,
    sandbox: Sandbox = "default",
    home: Home = DEFAULT_HOME,
    as_json: AsJson = False,
) -> None:
    """Create a professional who exists at once in the directory, in PSC and at the mail operator."""
    texts = {
        "profession": profession, "family_name": family_name, "given_name": given_name, "speciality": speciality,
        "structure": structure,
    }  # fmt: skip
    asked: dict[str, Any] = {name: value for name, value in texts.items() if value}
    asked |= {"card": card, "has_ecps": e_cps, "mailbox": mailbox}
    made = ask(home, sandbox, "POST", "/psc/identities", json=asked)
    files = _written(made, out_dir) if out_dir is not None else {}
    if as_json:
        print_json(made | ({"files": files} if files else {}))
        return
    out.print(f"{made['given_name']} {made['family_name']}, {made['profession_label']}", markup=False)
    rows = {
        "idNat": made["id_nat"],
        "RPPS": made["rpps"],
        "structure": f"{made['structure']['name']} ({made['structure']['id']})",
        "carte": f"{made['card']['number']}, code {made['card']['pin']}" if made["card"] else "sans",
        "e-CPS": made["e_cps"]["phone"] if made["e_cps"] else "sans",
        "MSSanté": ", ".join(made["mailboxes"]) or "sans",
        **files,
    }
    for name, value in rows.items():
        out.print(f"{name:<10} {value}", markup=False, soft_wrap=True)


def _written(made: dict[str, Any], folder: Path) -> dict[str, str]:
    """The card's certificates as files, keys readable by their owner alone."""
    files: dict[str, str] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for kind, issued in made["certificates"].items():
            for ending, data in (
                ("pem", issued["certificate"].encode()),
                ("key", issued["key"].encode()),
                ("p12", b64decode(issued["pkcs12"])),
            ):
                file = folder / f"{made['id_nat']}-{kind}.{ending}"
                file.touch(mode=0o600)
                file.write_bytes(data)
                files[f"{kind}.{ending}"] = str(file)
    except OSError as error:
        fail(f"--out: {error.strerror or error}", WRONG_USE)
    return files

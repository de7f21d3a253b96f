"""`segur certs`: certificates of the platform's own authority."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from segur.cli.output import DEFAULT_HOME, WRONG_USE, AsJson, Home, fail, out, print_json
from segur.kernel.certificates import KIND_OIDS
from segur.kernel.pki import Authority

certs_app = typer.Typer(help="Certificates of the platform's own authority.", no_args_is_help=True)


@certs_app.callback()
def _group() -> None:
    """Certificates of the platform's own authority."""


@certs_app.command("issue")
def certs_issue(
    name: Annotated[str, typer.Argument(help="File name and common name: letters, digits, dots, hyphens.")],
    home: Home = DEFAULT_HOME,
    kind: Annotated[str, typer.Option(help=", ".join(KIND_OIDS))] = "org-auth",
    unit: Annotated[str, typer.Option(help="Struct_idNat of the structure, e.g. 1990000317.")] = "1990000317",
    organisation: Annotated[str, typer.Option(help="Name of the structure.")] = "CENTRE D IMAGERIE DE LA CLAIRIERE",
    password: Annotated[str, typer.Option(help="Also write a PKCS#12 file with this password.")] = "",
    out_dir: Annotated[Path | None, typer.Option("--out", help="Copy the files there.")] = None,
    as_json: AsJson = False,
) -> None:
    """Issue a certificate that the platform trusts; asking again for a name gives the same one."""
    if kind not in KIND_OIDS:
        fail(f"--kind is one of {', '.join(KIND_OIDS)}", WRONG_USE)
    if not (name.isascii() and name.strip(".") and all(c.isalnum() or c in "._-" for c in name) and len(name) <= 64):
        fail("NAME becomes a file name: up to 64 letters, digits, dots, underscores and hyphens", WRONG_USE)
    try:
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
            files["pkcs12"].touch(mode=0o600)
            files["pkcs12"].write_bytes(authority.pkcs12(identity, password.encode()))
    except (OSError, ValueError) as error:
        fail(str(error), WRONG_USE)
    if as_json:
        print_json({label: str(file) for label, file in files.items()})
    else:
        for label, file in files.items():
            out.print(f"{label}: {file}", markup=False)

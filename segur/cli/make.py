"""`segur cda make`: documents of the synthetic country."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from segur.cda import minimal
from segur.cda.make import BODIES, MODELS, Request
from segur.cda.make import make as document
from segur.cli.documents import write
from segur.cli.output import WRONG_USE, AsJson, fail, out, print_json
from segur.personas import build_country, roles
from segur.personas.cda_header import NotADocument
from segur.personas.country import UnknownPersona
from segur.vocab.document_types import UnknownDocumentType

cda_app = typer.Typer(help="Documents of the synthetic country.", no_args_is_help=True)

_PARIS = ZoneInfo("Europe/Paris")
_STORY = datetime(2026, 11, 23, 9, 30, tzinfo=_PARIS)


@cda_app.callback()
def _group() -> None:
    """Documents of the synthetic country."""


@cda_app.command("make")
def make(
    type_code: Annotated[str, typer.Option("--type", help="Type code of the DMP (J66), e.g. 11490-0.")] = "11488-4",
    patient: Annotated[str, typer.Option(help="Key of a patient, e.g. P1.")] = roles.PATIENT,
    author: Annotated[str, typer.Option(help="Key of a professional, e.g. PS3.")] = roles.GENERAL_PRACTITIONER,
    level: Annotated[int, typer.Option(min=1, max=3, help="1, or 3 for: " + ", ".join((*MODELS, "18748-4")))] = 1,
    body: Annotated[str, typer.Option(help="Body of level 1: " + ", ".join(BODIES))] = BODIES[0],
    title: Annotated[str, typer.Option(help="Default: the label of the type.")] = "",
    at: Annotated[
        datetime | None,
        typer.Option(help="Paris time; default: an instant of the stories.", formats=["%Y-%m-%dT%H:%M"]),
    ] = None,
    replaces: Annotated[str | None, typer.Option(help="Id (OID) of the version this one replaces.")] = None,
    serial: Annotated[int, typer.Option(help="Another number makes another document.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of the country and of the ids.")] = 1,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File; default: TYPE-PATIENT.xml.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make one document. The same words give the same bytes."""
    if level not in (1, 3):
        fail(f"--level is 1 or 3, not {level}", WRONG_USE)
    country = build_country(seed=seed)
    try:
        request = Request(
            type_code,
            country.patient(patient),
            country.professional(author),
            at.replace(tzinfo=_PARIS) if at is not None else _STORY,
            level=3 if level == 3 else 1,
            title=title,
            body=body,
            replaces=replaces,
            serial=serial,
            seed=seed,
        )
        content = document(request)
    except (UnknownPersona, UnknownDocumentType, NotADocument) as error:
        fail(str(error), WRONG_USE)
    file = output or Path(f"{type_code}-{patient}.xml")
    write(file, content)
    findings = [str(one) for one in minimal.check(content)]
    if as_json:
        print_json({"file": str(file), "id": request.uid, "bytes": len(content), "findings": findings})
    else:
        out.print(f"{file} ({len(content)} octets, id {request.uid})", markup=False)
        for finding in findings:
            out.print(f"  {finding}", markup=False)

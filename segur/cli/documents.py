"""`segur render`: a CDA as a page to read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from segur.cda.render import render as page_of
from segur.cli.output import NOT_HELD, WRONG_USE, AsJson, fail, out, print_json
from segur.wire import cda


def register(app: typer.Typer) -> None:
    """Hang the commands into the tree."""
    app.command("render")(render)


def read(file: Path) -> bytes:
    """The bytes of a file, or exit 2 saying why not."""
    try:
        return file.read_bytes()
    except OSError as error:
        fail(f"{file}: {error.strerror}", WRONG_USE)


def write(file: Path, content: bytes) -> None:
    """Write a file, or exit 2 saying why not."""
    try:
        file.write_bytes(content)
    except OSError as error:
        fail(f"{file}: {error.strerror}", WRONG_USE)


def render(
    file: Annotated[Path, typer.Argument(help="A CDA: plain, signed or self-presenting.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The page; default: FILE with .html.")] = None,
    embedded: Annotated[
        Path | None, typer.Option("--embedded", help="Also write the file inside (PDF, image) there.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make one HTML page of a document. Nothing of the document can run in it, nothing outside it is fetched."""
    content, page = read(file), output or file.with_suffix(".html")
    try:
        text, inside = page_of(content), cda.read_embedded_file(content) if embedded else None
    except cda.CdaRefused as refusal:
        fail(f"{file}: {refusal}", NOT_HELD)
    if embedded is not None:
        if inside is None:
            fail(f"{file} holds no file (no level 1 body, no PDF copy)", NOT_HELD)
        write(embedded, inside.content)
    write(page, text.encode())
    written = [page, *([embedded] if embedded is not None else [])]
    print_json({"written": [str(one) for one in written]}) if as_json else out.print(*written, markup=False)

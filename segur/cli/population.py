"""`segur population`: synthetic people in any number, always the same for a seed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from segur.cli import crowd
from segur.cli.output import WRONG_USE, AsJson, err, fail, out, print_json
from segur.personas.generated import CountryFull
from segur.personas.population import Statistics, stream_population

population_app = typer.Typer(help="Synthetic people.", no_args_is_help=True)

_MOST_PATIENTS, _MOST_PROFESSIONALS = 2_000_000, 100_000


def register(app: typer.Typer) -> None:
    """Hang the commands into the tree."""
    crowd.register(population_app)
    app.add_typer(population_app, name="population")


@population_app.callback()
def _group() -> None:
    """Synthetic people."""


@population_app.command("generate")
def generate(
    patients: Annotated[int, typer.Option(min=0, max=_MOST_PATIENTS, help="Fixtures included.")] = 60,
    professionals: Annotated[int, typer.Option(min=0, max=_MOST_PROFESSIONALS, help="Fixtures included.")] = 40,
    seed: Annotated[int, typer.Option(help="Same seed, same people.")] = 1,
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Write JSON lines there; statistics to stdout.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Patients, professionals and mailboxes as JSON lines (with --json: one document); equal for equal arguments.

    Fixtures P1…P12 and PS1…PS14 always come first, whatever the numbers.
    """
    told = Statistics(seed)
    records = stream_population(seed, patients, professionals, told)
    try:
        if out_file is not None:
            with out_file.open("w", encoding="utf-8") as file:
                _write_lines(records, file)
            print_json({"file": str(out_file), **told.as_json()}) if as_json else _print_statistics(told)
        elif as_json:
            _write_document(records, told, sys.stdout)
        else:
            _write_lines(records, sys.stdout)
            err.print(_words(told))
    except CountryFull as error:
        fail(str(error), WRONG_USE)
    except BrokenPipeError:  # a reader like `head` has seen enough
        with ExitStack() as stack:
            stack.enter_context(open("/dev/null", "w", encoding="utf-8"))
        sys.stderr.close()
        raise typer.Exit(0) from None
    except OSError as error:
        fail(f"--out: {error}", WRONG_USE)


def _write_lines(records: Iterator[dict[str, Any]], file: TextIO) -> None:
    for record in records:
        file.write(json.dumps(record, ensure_ascii=False) + "\n")
    file.flush()


def _write_document(records: Iterator[dict[str, Any]], told: Statistics, file: TextIO) -> None:
    """One JSON document, written as it is made."""
    file.write('{"records": [')
    for number, record in enumerate(records):
        file.write((",\n" if number else "\n") + json.dumps(record, ensure_ascii=False))
    file.write(f'\n], "statistics": {json.dumps(told.as_json(), ensure_ascii=False)}}}\n')


def _print_statistics(told: Statistics) -> None:
    out.print(_words(told), markup=False)


def _words(told: Statistics) -> str:
    shown = ", ".join(f"{name} {number}" for name, number in told.counts.items())
    return f"graine {told.seed} : {shown}"

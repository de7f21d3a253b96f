"""`segur population generate`: the people of a country as records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from segur.cli.app import app
from segur.personas.country import build_country
from segur.personas.population import Statistics, stream_population


def records(seed: int, patients: int, professionals: int) -> list[dict[str, Any]]:
    """All records."""
    return list(stream_population(seed, patients, professionals, Statistics(seed)))


def values(rows: list[dict[str, Any]], kind: str, field: str) -> list[str]:
    """A field of all records of a kind."""
    return [row[field] for row in rows if row["kind"] == kind]


def test_a_population_is_the_country_of_the_same_arguments() -> None:
    rows, country = records(7, 40, 25), build_country(7, 40, 25)
    assert values(rows, "patient", "ins") == [patient.ins.matricule for patient in country.patients]
    assert values(rows, "professional", "id_nat") == [each.id_nat.value for each in country.professionals]
    assert sorted(values(rows, "mailbox", "address")) == sorted(box.address for box in country.mailboxes)
    assert values(rows, "patient", "treating_doctor") == [patient.treating_doctor for patient in country.patients]


def test_the_same_seed_gives_the_same_people_and_another_seed_others() -> None:
    assert records(1, 30, 20) == records(1, 30, 20)
    assert records(1, 30, 20) != records(2, 30, 20)


def test_a_longer_population_begins_with_the_shorter_one() -> None:
    short, long = values(records(1, 30, 20), "patient", "ins"), values(records(1, 60, 20), "patient", "ins")
    assert long[: len(short)] == short


def test_records_come_one_by_one_however_many_are_asked_for() -> None:
    stream = stream_population(1, 2_000_000, 20, Statistics(1))
    first = [next(stream) for _ in range(200)]
    assert len(values(first, "patient", "ins")) > 30


def test_the_command_writes_lines_a_document_or_a_file(tmp_path: Path) -> None:
    words = ["population", "generate", "--patients", "20", "--professionals", "18", "--seed", "3"]
    lines = [json.loads(line) for line in CliRunner().invoke(app, words).stdout.splitlines()]
    document = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    file = tmp_path / "people.jsonl"
    told = json.loads(CliRunner().invoke(app, [*words, "--out", str(file), "--json"]).stdout)
    assert lines == document["records"] == records(3, 20, 18)
    assert [json.loads(line) for line in file.read_text().splitlines()] == lines
    assert document["statistics"]["patients"] == told["patients"] == len(values(lines, "patient", "ins"))
    assert told["file"] == str(file)

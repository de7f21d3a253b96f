"""Documents are made on demand: the same words give the same bytes, and the rules find nothing to say."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Literal

import pytest
from typer.testing import CliRunner

from segur.cda import minimal, official
from segur.cda.make import BODIES, MODELS, Request, make
from segur.cda.render import render
from segur.cli.app import app
from segur.personas import Country, roles
from segur.personas.cda_header import NotADocument
from segur.vocab.document_types import TYPE_LABELS, UnknownDocumentType
from segur.wire import cda
from tests.unit.cda.conftest import AT, LEVEL_3, made

OFFICIAL = os.environ.get("SEGUR_CDA_RULES", "")


@pytest.mark.parametrize("type_code", [code for code in TYPE_LABELS if code != "IMG-KOS"])
def test_any_type_is_made_at_level_1_without_a_finding(country: Country, type_code: str) -> None:
    document = made(country, type_code)
    assert minimal.check(document) == ()
    header = cda.read_header(document)
    assert (header.code.code, header.level) == (type_code, 1)
    assert cda.differences(header, cda.entry_from_header(header)) == ()


@pytest.mark.parametrize("type_code", LEVEL_3)
def test_the_models_of_level_3_are_made_without_a_finding(country: Country, type_code: str) -> None:
    document = made(country, type_code, 3)
    assert minimal.check(document) == ()
    assert cda.read_header(document).level == 3
    assert "<h2>" in render(document)


def test_every_model_is_tried() -> None:
    assert {*MODELS, "18748-4"} == set(LEVEL_3)


@pytest.mark.parametrize("level", [1, 3])
def test_the_same_request_gives_the_same_bytes_and_another_serial_others(
    country: Country, level: Literal[1, 3]
) -> None:
    once = made(country, "57833-6", level)
    assert once == made(country, "57833-6", level)
    ids = {cda.read_header(made(country, "57833-6", level, **more)).id for more in ({}, {"serial": 2}, {"seed": 2})}
    assert len(ids) == 3


def test_the_body_of_level_1_is_what_was_asked_for(country: Country) -> None:
    for media_type in BODIES:
        document = made(country, "11488-4", body=media_type)
        inside = cda.read_embedded_file(document)
        assert inside is not None
        assert inside.media_type == media_type
        assert minimal.check(document) == ()


def test_biology_and_prescription_carry_their_pdf_copy(country: Country) -> None:
    for type_code in ("11502-2", "57833-6"):
        inside = cda.read_embedded_file(made(country, type_code, 3))
        assert inside is not None
        assert inside.content.startswith(b"%PDF-1.4")


def test_a_new_version_says_what_it_replaces(country: Country) -> None:
    first = cda.read_header(made(country, "SYNTH", 3))
    second = cda.read_header(made(country, "SYNTH", 3, replaces=str(first.id)))
    assert [str(one) for one in second.replaces] == [str(first.id)]
    assert (second.set_id, second.version) == (first.set_id, 2)


def test_what_cannot_be_made_is_refused_by_name(country: Country) -> None:
    patient, doctor = country.patient(roles.PATIENT), country.professional(roles.GENERAL_PRACTITIONER)
    with pytest.raises(NotADocument, match="11490-0"):
        make(Request("11488-4", patient, doctor, AT, level=3))
    with pytest.raises(NotADocument, match="body"):
        make(Request("11488-4", patient, doctor, AT, body="image/svg+xml"))
    with pytest.raises(UnknownDocumentType):
        make(Request("10213-7", patient, doctor, AT))


def test_the_command_writes_the_file_and_tells_its_id(tmp_path: Path) -> None:
    file = tmp_path / "note.xml"
    words = ["cda", "make", "--type", "87273-9", "--level", "3", "--author", "PS9", "-o", str(file), "--json"]
    told = CliRunner().invoke(app, words)
    assert told.exit_code == 0, told.output
    answer = json.loads(told.stdout)
    assert (answer["findings"], answer["bytes"]) == ([], file.stat().st_size)
    assert str(cda.read_header(file.read_bytes()).id) == answer["id"]
    assert CliRunner().invoke(app, [*words[:3], "10213-7", "-o", str(file)]).exit_code == 2
    assert CliRunner().invoke(app, ["cda", "make", "--level", "2", "-o", str(file)]).exit_code == 2
    assert CliRunner().invoke(app, ["cda", "make", "--patient", "P999", "-o", str(file)]).exit_code == 2


@pytest.mark.timeout(300)
@pytest.mark.skipif(not OFFICIAL, reason="SEGUR_CDA_RULES names no folder of official rules; they are not shipped")
def test_the_official_rules_find_no_error_in_what_is_made(country: Country) -> None:
    court = official.Court(official.editions([Path(OFFICIAL)]), official.Engine())
    for type_code, level in (*((code, 3) for code in LEVEL_3), ("11488-4", 1), ("18748-4", 1)):
        root, _ = cda.clinical_document(made(country, type_code, 3 if level == 3 else 1))
        (judgement,) = court.judge(root)
        assert (judgement.errors, judgement.unusable) == ((), ()), type_code

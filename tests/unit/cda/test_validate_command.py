"""`segur validate` and `segur render` as people and scripts use them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from segur.cli.app import app
from segur.personas import Country
from tests.unit.cda.conftest import made

HEAD = '<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2"><ns prefix="c" uri="urn:hl7-org:v3"/>'
SOUND, BROKEN = "sound.xml", "broken.xml"


@pytest.fixture
def folder(country: Country, tmp_path: Path) -> Path:
    """A sound and a broken document, and two editions of a rule of ours."""
    document = made(country, "11488-4")
    (tmp_path / SOUND).write_bytes(document)
    (tmp_path / BROKEN).write_bytes(document.replace(b'code="FR"', b'code="BE"'))
    for year, test in (("2022", "true()"), ("2023", "c:realmCode/@code = 'FR'")):
        (tmp_path / year).mkdir()
        (tmp_path / year / "ours.sch").write_text(
            f'{HEAD}<pattern id="p"><rule context="c:ClinicalDocument"><assert test="{test}">pays</assert></rule>'
            "</pattern></schema>"
        )
    return tmp_path


def run(folder: Path, *words: str) -> Any:
    """Type `segur validate` with the home inside the folder."""
    return CliRunner().invoke(app, ["validate", "--home", str(folder / "home"), *words])


def test_a_sound_document_holds_and_a_broken_one_does_not(folder: Path) -> None:
    assert run(folder, str(folder / SOUND)).exit_code == 0
    told = run(folder, str(folder / SOUND), str(folder / BROKEN))
    assert told.exit_code == 1
    assert "sound.xml : conforme" in told.stdout
    assert "erreur CDA-REALM : realmCode doit être unique et valoir FR (trouvé : BE)" in told.stdout
    assert '→ écrire <realmCode code="FR"/>' in told.stdout


def test_the_report_speaks_english_on_demand(folder: Path) -> None:
    told = run(folder, str(folder / BROKEN), "--lang", "en").stdout
    assert "error CDA-REALM : realmCode must be there once and be FR (found: BE)" in told
    assert "broken.xml: 1 error(s)" in told


def test_editions_are_told_side_by_side(folder: Path) -> None:
    words = ["--rules", str(folder / "2022"), "--rules", str(folder / "2023"), str(folder / BROKEN)]
    plain = run(folder, *words)
    assert plain.exit_code == 1
    assert "2023 le dit, 2022 non" in plain.stdout
    answer = json.loads(run(folder, *words, "--json").stdout)
    [report] = answer["documents"]
    assert (answer["held"], report["errors"]) == (False, 2)
    assert [len(edition["findings"]) for edition in report["editions"]] == [0, 1]
    [difference] = report["differences"]
    assert (difference["finding"]["wrong"], difference["by"], difference["not_by"]) == ("pays", ["2023"], ["2022"])
    assert len(list((folder / "home" / "cache" / "rules").glob("*.xsl"))) == 2


def test_a_rule_file_that_cannot_be_used_is_told_and_holds_nothing(folder: Path) -> None:
    (folder / "2023" / "ours.sch").write_text(f'{HEAD}<include href="none.sch"/></schema>')
    told = run(folder, "--rules", str(folder / "2023"), str(folder / SOUND))
    assert told.exit_code == 1
    assert "règle inutilisable : none.sch" in told.stdout


def test_wrong_use_says_what_is_wrong(folder: Path) -> None:
    for words in (["--rules", str(folder / "none"), str(folder / SOUND)], [str(folder / "none.xml")]):
        told = run(folder, *words, "--json")
        assert told.exit_code == 2
        assert "none" in json.loads(told.stdout)["error"]


def test_bytes_that_are_no_document_are_a_finding(folder: Path) -> None:
    (folder / "x.xml").write_bytes(b"<!DOCTYPE a><a/>")
    told = run(folder, "--rules", str(folder / "2023"), str(folder / "x.xml"))
    assert told.exit_code == 1
    assert "CDA-READABLE" in told.stdout


def test_render_writes_the_page_and_the_file_inside(folder: Path) -> None:
    pdf = folder / "inside.pdf"
    told = CliRunner().invoke(app, ["render", str(folder / SOUND), "--embedded", str(pdf), "--json"])
    assert json.loads(told.stdout)["written"] == [str(folder / "sound.html"), str(pdf)]
    assert pdf.read_bytes().startswith(b"%PDF-1.4")
    assert (folder / "sound.html").read_text().startswith("<!DOCTYPE html>")
    (folder / "x.xml").write_bytes(b"<a/>")
    assert CliRunner().invoke(app, ["render", str(folder / "x.xml")]).exit_code == 1

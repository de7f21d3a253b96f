"""Official rules plugged in by their folder: schematrons compiled, editions compared, documents judged."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from segur.cda import official
from segur.cda.finding import Severity
from segur.cda.official.schematron import read_schema
from segur.wire import cda, xml

OFFICIAL = os.environ.get("SEGUR_CDA_RULES", "")
DOCUMENT = """<?oxygen SCHSchema="../rules/CI-SIS_OTHER_2021.01.sch"?>
<ClinicalDocument xmlns="urn:hl7-org:v3">
<templateId root="1.2.250.1.213.1.1.1.13" extension="2022.01"/><id root="1.2.3"/>
<code code="SYNTH" codeSystem="1.2.250.1.213.1.1.4.12"/><title>Essai</title>
<effectiveTime value="20260105101500+0100"/><recordTarget><patientRole><id root="1.2.4" extension="7"/></patientRole>
</recordTarget><component><structuredBody><component><section><code code="A"/></section></component>
<component><section><code code="B"/><text>x</text></section></component></structuredBody></component>
</ClinicalDocument>"""
UNNAMED = DOCUMENT.partition("\n")[2]

HEAD = '<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2"><ns prefix="c" uri="urn:hl7-org:v3"/>'


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[official.Engine]:
    """One Saxon for the module; it keeps its programs in a folder."""
    made = official.Engine(tmp_path_factory.mktemp("cache"))
    yield made
    made.close()


def found(engine: official.Engine, folder: Path, body: str, **files: str) -> list[tuple[str, str, str]]:
    """(rule, path, words) of what a schematron of `body` finds; `files` stand beside it, `a_sch` is a.sch."""
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_text(content)
    rules = folder / "rules.sch"
    rules.write_text(f"{HEAD}{body}</schema>")
    root, _ = cda.clinical_document(DOCUMENT.encode())
    return [(one.rule, one.path, one.wrong) for one in engine.judge(root, rules, folder)]


def test_an_assertion_tells_where_and_with_which_value(engine: official.Engine, tmp_path: Path) -> None:
    body = """<pattern id="p"><rule context="c:section"><let name="code" value="c:code/@code"/>
    <assert id="TEXT" test="c:text">La <name/> <value-of select="$code"/> n'a <emph>pas</emph> de texte</assert>
    <report test="$code = 'B'" role="warning">vue</report></rule></pattern>"""
    assert found(engine, tmp_path, body) == [
        ("TEXT", "/ClinicalDocument/component/structuredBody/component/section", "La section A n'a pas de texte"),
        ("p", "/ClinicalDocument/component/structuredBody/component[2]/section", "vue"),
    ]


def test_a_saxon_that_ends_takes_nobody_with_it_and_is_started_again(engine: official.Engine, tmp_path: Path) -> None:
    body = '<pattern id="p"><rule context="c:section"><report test="true()">vue</report></rule></pattern>'
    assert len(found(engine, tmp_path, body)) == 2
    for child in psutil.Process().children():
        if "spawn_main" in " ".join(child.cmdline()):
            child.kill()
            child.wait(10)
    assert len(found(engine, tmp_path, body)) == 2
    with pytest.raises(official.RulesRefused, match="deux fois"):
        engine._ask(os._exit, 3)
    assert len(found(engine, tmp_path, body)) == 2


def test_the_first_rule_that_fits_decides(engine: official.Engine, tmp_path: Path) -> None:
    body = """<pattern id="p"><rule context="c:section[c:text]"><report test="true()">avec</report></rule>
    <rule context="c:section"><report test="true()">autre</report></rule></pattern>
    <pattern id="q"><rule context="c:section/c:code/@code"><report test=". = 'A'">attribut</report></rule></pattern>"""
    assert [words for _, _, words in found(engine, tmp_path, body)] == ["autre", "avec", "attribut"]


def test_abstract_patterns_and_rules_are_filled_in(engine: official.Engine, tmp_path: Path) -> None:
    body = """<include href="Abstract.sch"/><pattern id="mine" is-a="coded"><param name="where" value="c:section"/>
    <param name="whereabouts" value="'ici'"/><param name="code" value="'A'"/></pattern>
    <pattern id="p"><rule abstract="true" id="titled"><assert test="c:title">sans titre</assert></rule>
    <rule context="c:section"><extends rule="titled"/></rule></pattern>"""
    abstract = """<pattern xmlns="http://purl.oclc.org/dsdl/schematron" abstract="true" id="coded">
    <rule context="$where"><assert test="c:code/@code = $code">code <value-of select="$whereabouts"/></assert></rule>
    </pattern>"""
    (tmp_path / "abstract.sch").write_text(abstract)
    assert [words for _, _, words in found(engine, tmp_path, body)] == ["code ici", "sans titre", "sans titre"]


def test_a_rule_may_use_the_values_of_the_one_that_extends_it(engine: official.Engine, tmp_path: Path) -> None:
    body = """<pattern id="p"><rule abstract="true" id="is"><assert test="c:code/@code = $wanted">faux</assert></rule>
    <rule context="c:section"><let name="wanted" value="'A'"/><extends rule="is"/></rule></pattern>"""
    assert len(found(engine, tmp_path, body)) == 1


def test_a_phase_chooses_and_diagnostics_add_words(engine: official.Engine, tmp_path: Path) -> None:
    body = """<let name="limit" value="2"/><phase id="short"><active pattern="p"/></phase>
    <pattern id="p"><rule context="c:structuredBody"><let name="n" value="count(c:component)"/>
    <assert test="$n &gt; $limit" diagnostics="d">trop peu :</assert></rule></pattern>
    <pattern id="q"><rule context="/"><assert test="false()">jamais</assert></rule></pattern>
    <diagnostics><diagnostic id="d"><value-of select="$n"/> sections</diagnostic></diagnostics>"""
    folder = tmp_path / "rules"
    folder.mkdir()
    assert len(found(engine, folder, body)) == 2
    body_with_default = HEAD.replace("queryBinding", 'defaultPhase="short" queryBinding') + body + "</schema>"
    (folder / "other.sch").write_text(body_with_default)
    root, _ = cda.clinical_document(DOCUMENT.encode())
    assert [one.wrong for one in engine.judge(root, folder / "other.sch", folder)] == ["trop peu : 2 sections"]


def test_a_value_set_that_is_not_there_stops_no_other_rule(engine: official.Engine, tmp_path: Path) -> None:
    body = """<pattern id="p"><rule context="c:section"><assert test="doc('sets/none.xml')//x">a</assert>
    <assert test="c:title">b</assert></rule></pattern>"""
    rules = tmp_path / "rules.sch"
    rules.write_text(f"{HEAD}{body}</schema>")
    judged = engine.judge(cda.clinical_document(DOCUMENT.encode())[0], rules, tmp_path)
    assert [(one.severity, one.wrong) for one in judged if one.severity is not Severity.UNJUDGED] == [
        (Severity.ERROR, "b"),
        (Severity.ERROR, "b"),
    ]
    (unjudged,) = (one for one in judged if one.severity is Severity.UNJUDGED)
    assert "none.xml" in unjudged.wrong


def test_a_value_set_beside_the_rules_is_read(engine: official.Engine, tmp_path: Path) -> None:
    body = """<let name="set" value="'set.xml'"/><pattern id="p"><rule context="c:section">
    <assert test="c:code/@code = document($set)//code/@v">hors jeu</assert></rule></pattern>"""
    assert len(found(engine, tmp_path, body, set_xml='<set><code v="A"/></set>')) == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('<include href="../../etc/passwd"/>', "outside the folder"),
        ('<include href="none.sch"/>', "none.sch"),
        ('<include href="rules.sch"/>', "circle"),
        ('<pattern is-a="nobody" id="p"/>', "nobody"),
        ('<pattern id="p"><rule context="c:id"><extends rule="nobody"/></rule></pattern>', "nobody"),
        ('<pattern id="p"><rule context="c:id"><assert test="((">x</assert></rule></pattern>', "rules.sch"),
    ],
)
def test_rules_that_cannot_be_used_say_why(engine: official.Engine, tmp_path: Path, body: str, reason: str) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    with pytest.raises(official.RulesRefused, match=reason):
        found(engine, folder, body)


def test_rules_of_another_language_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "rules.sch"
    file.write_text('<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="stx"/>')
    with pytest.raises(official.RulesRefused, match="stx"):
        read_schema(file, tmp_path)


def test_the_program_is_kept_and_made_anew_when_a_file_changes(tmp_path: Path) -> None:
    cache, folder = tmp_path / "cache", tmp_path / "rules"
    folder.mkdir()
    body = '<pattern id="p"><rule context="c:section"><assert test="c:title">sans</assert></rule></pattern>'
    assert len(found(official.Engine(cache), folder, body)) == 2
    assert len(found(official.Engine(cache), folder, body)) == 2
    assert len(list(cache.iterdir())) == 1
    assert found(official.Engine(cache), folder, body.replace("c:title", "c:code")) == []
    assert len(list(cache.iterdir())) == 2


def test_without_the_engine_the_message_says_how_to_get_it(
    engine: official.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "saxonche", None)
    (tmp_path / "a.sch").write_text(f"{HEAD}</schema>")
    court = official.Court(official.editions([tmp_path]), official.Engine())
    with pytest.raises(official.EngineMissing, match=r"segurstack\[validation\]"):
        court.judge(cda.clinical_document(DOCUMENT.encode())[0])


def schematron(model: str, words: str) -> str:
    return f"""{HEAD}<pattern id="p"><rule context="c:ClinicalDocument">
    <assert test="c:templateId/@root = '{model}'">modèle</assert><assert test="c:author">{words}</assert></rule>
    </pattern></schema>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder laid out as the official one."""
    for name, model in {
        "CI-SIS_VSM_2022.01": "1.2.250.1.213.1.1.1.13",
        "CI-SIS_VSM_2023.01": "1.2.250.1.213.1.1.1.13",
        "CI-SIS_OTHER_2021.01": "1.2.250.1.213.1.1.1.99",
        "profils/IHE": "1.2.250.1.213.1.1.1.13",
        "moteur/colle": "1.2.3",
        "include/part": "1.2.3",
    }.items():
        path = tmp_path / "rules" / f"{name}.sch"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(schematron(model, "aucun auteur"))
    return tmp_path / "rules"


@pytest.mark.parametrize(
    ("document", "only", "expected"),
    [
        (UNNAMED, (), ["IHE", "CI-SIS_VSM_2022.01"]),
        (UNNAMED.replace("2022.01", "2018.01"), (), ["IHE", "CI-SIS_VSM_2023.01"]),
        (UNNAMED.replace("1.1.1.13", "1.1.1.77"), (), ["IHE"]),
        (DOCUMENT, (), ["IHE", "CI-SIS_OTHER_2021.01"]),
        (DOCUMENT, ("CI-SIS_VSM_2023.01",), ["CI-SIS_VSM_2023.01"]),
    ],
)
def test_a_document_meets_the_general_rules_and_those_of_its_model(
    folder: Path, document: str, only: tuple[str, ...], expected: list[str]
) -> None:
    (edition,) = official.editions([folder])
    root, _ = cda.clinical_document(document.encode())
    assert [path.stem for path in edition.for_document(root, only=only)] == expected


def test_two_editions_judge_side_by_side(engine: official.Engine, tmp_path: Path) -> None:
    body = '<pattern id="p"><rule context="c:ClinicalDocument">{}</rule></pattern>'
    checks = {
        "2022": '<assert test="c:author">[VSM_2022.01] aucun auteur</assert>',
        "2023": '<assert test="c:author">[VSM_2023.01] aucun auteur</assert>'
        '<assert test="c:setId">aucun setId</assert>',
    }
    for year, check in checks.items():
        (tmp_path / year).mkdir()
        (tmp_path / year / "a.sch").write_text(f"{HEAD}{body.format(check)}</schema>")
    court = official.Court(official.editions([tmp_path / "2022", tmp_path / "2023"]), engine)
    old, new = court.judge(cda.clinical_document(DOCUMENT.encode())[0])
    assert (len(old.errors), len(new.errors)) == (1, 2)
    (difference,) = official.differences((old, new))
    assert (difference.finding.wrong, difference.by, difference.not_by) == ("aucun setId", ("2023",), ("2022",))


def test_a_schema_in_the_folder_judges_too(engine: official.Engine, tmp_path: Path) -> None:
    (tmp_path / "CDA_extended.xsd").write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:hl7-org:v3">'
        '<xs:element name="ClinicalDocument" type="xs:string"/></xs:schema>'
    )
    court = official.Court(official.editions([tmp_path]), engine)
    (judgement,) = court.judge(cda.clinical_document(DOCUMENT.encode())[0])
    assert judgement.applied == ("CDA_extended.xsd",)
    assert judgement.errors[0].rule == "CDA-SCHEMA"


def test_a_folder_without_rules_is_refused(tmp_path: Path) -> None:
    with pytest.raises(official.RulesRefused, match="neither"):
        official.editions([tmp_path])
    with pytest.raises(official.RulesRefused, match="no such folder"):
        official.editions([tmp_path / "none"])


@pytest.mark.timeout(300)
@pytest.mark.skipif(not OFFICIAL, reason="SEGUR_CDA_RULES names no folder of official rules; they are not shipped")
def test_the_published_documents_meet_the_official_rules(engine: official.Engine) -> None:
    court = official.Court(official.editions([Path(OFFICIAL)]), engine)
    examples = Path(__file__).parents[4] / "shared" / "data" / "cda"
    for path in sorted(examples.glob("*.xml")):
        root, _ = cda.clinical_document(path.read_bytes())
        (judgement,) = court.judge(root)
        assert not judgement.unusable
        # the rules of that edition are stricter on names than the dispensation report it comes with
        assert len(judgement.errors) == (path.name == "eDISP-MED_2024.01.xml"), path.name
        root.remove(root.find("hl7:author", xml.NS))
        assert court.judge(root)[0].errors

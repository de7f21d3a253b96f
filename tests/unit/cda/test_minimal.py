"""The minimal structure: each rule has been seen to fail, and fails alone where it can."""

from __future__ import annotations

from pathlib import Path

import pytest

from segur.cda import minimal
from segur.cda.finding import Severity
from segur.cda.minimal.table import ENGLISH
from segur.personas import Country, roles
from segur.wire import cda
from tests.unit.cda.conftest import LEVEL_3, made
from tests.unit.cda.mutations import MUTATIONS, Mutation, put, spoilt

REAL = Path(__file__).parents[4] / "shared" / "data" / "cda"
KNOWN = {
    "BIO-CR-BIO_2021.01_CDA-R2-Niveau-1.xml": {"CDA-N1-PDFA"},
    "BIO-CR-BIO_2024.01_TSH_1.xml": {"CDA-TEMPLATE-N3"},
    "CARD-F-PRC-AVK_2022.01.xml": {"CDA-VERSION-RPLC", "CDA-AUTHOR-SPECIALTY"},
    "DOC_NON_STRUCTURE_CDA-R2-N1.xml": {"CDA-TIME-OFFSET", "CDA-N1-PDFA"},
    "IMG-DA-IMG_2024.01_Radiographie_Scanner_Genou.xml": {"CDA-STRUCT-IDNAT"},
    "IMG_CR_IMG_2024.01_CDA-R2-Niveau-1.xml": {"CDA-N1-PDFA"},
    "TLM-CR_2022.01.xml": {"CDA-N1-PDFA"},
}
"""What the published examples themselves break, beside the schemaLocation they all carry."""


@pytest.mark.parametrize("mutation", MUTATIONS, ids=[mutation.name for mutation in MUTATIONS])
def test_a_spoilt_document_is_found_out_by_its_rule(country: Country, mutation: Mutation) -> None:
    findings = minimal.check(spoilt(country, mutation))
    assert mutation.rule in {finding.rule for finding in findings}
    assert all(finding.wrong and finding.path.startswith("/") for finding in findings)


def test_every_rule_has_a_document_that_breaks_it() -> None:
    assert {rule.id for rule in minimal.RULES} <= {mutation.rule for mutation in MUTATIONS}


@pytest.mark.parametrize("type_code", LEVEL_3)
def test_a_sound_document_breaks_none(country: Country, type_code: str) -> None:
    assert minimal.check(made(country, type_code)) == minimal.check(made(country, type_code, 3)) == ()


def test_all_findings_come_at_once_with_place_value_and_fix(country: Country) -> None:
    document = spoilt(country, MUTATIONS[-1]).replace(b'code="FR"', b'code="BE"')
    realm, model = minimal.check(document)
    assert str(realm) == (
        "CDA-REALM /ClinicalDocument/realmCode/@code : realmCode doit être unique et valoir FR (trouvé : BE) ; "
        'écrire <realmCode code="FR"/>'
    )
    assert (model.rule, model.severity, model.source) == (
        "CDA-VAC-MODEL", Severity.ERROR, "CI-SIS, Structuration minimale V1.16.8",
    )  # fmt: skip


def test_a_place_among_several_is_counted(country: Country) -> None:
    edit = put("(.//c:section)[2]/c:code", "code", "")
    mutation = Mutation("x", "", edit, None, "11490-0", 3)
    document = spoilt(country, mutation).replace(b'<code code=""', b"<code")
    (finding,) = minimal.check(document)
    assert finding.path == "/ClinicalDocument/component/structuredBody/component[2]/section/code"


def test_what_is_found_of_the_patient_is_not_repeated(country: Country) -> None:
    matricule = country.patient(roles.PATIENT).ins.matricule
    for mutation in MUTATIONS:
        assert all(matricule not in str(finding) for finding in minimal.check(spoilt(country, mutation)))


def test_the_table_speaks_english_too(country: Country) -> None:
    assert list(ENGLISH) == [rule.id for rule in minimal.RULES]
    (finding,) = minimal.check(made(country, "11488-4").replace(b'code="FR"', b'code="BE"'), english=True)
    assert finding.wrong == "realmCode must be there once and be FR (found: BE)"


def test_a_signed_or_self_presenting_document_is_judged_inside_its_wrapping(country: Country) -> None:
    inside = made(country, "11488-4").partition(b"?>")[2]
    for start, end in (
        (b'<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><Object>', b"</Object></Signature>"),
        (b'<s:stylesheet version="1.0" xmlns:s="http://www.w3.org/1999/XSL/Transform">', b"</s:stylesheet>"),
    ):
        assert minimal.check(start + inside + end) == ()
        (finding,) = minimal.check(start + inside.replace(b'code="S"', b'code="X"') + end)
        assert finding.path == "/ClinicalDocument/legalAuthenticator/signatureCode/@code"
        assert cda.read_header(start + inside + end).signature_code == "S"


@pytest.mark.skipif(
    not REAL.is_dir(), reason="../shared/data/cda is not there: the ANS example documents are not shipped"
)
def test_the_published_documents_break_what_is_known_and_no_more() -> None:
    for path in sorted(REAL.glob("*.xml")):
        broken = {finding.rule for finding in minimal.check(path.read_bytes())} - {"CDA-SCHEMALOCATION"}
        assert broken == KNOWN.get(path.name, set()), path.name

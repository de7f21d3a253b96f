"""Documents of the stories, read back by the platform's own reader and checked against real ones [DMP digest 5.2]."""

import io
from datetime import datetime, timedelta, timezone
from typing import Literal

import pytest
from lxml import etree

from segur.cda import minimal
from segur.personas import GENERAL_PRACTITIONER, GENERIC_ACCOUNT, RADIOLOGIST, Country, build_country
from segur.personas.cda_header import NotADocument
from segur.personas.samples_cda import Version, clinical_document, imaging_report, mailable_pdf
from segur.personas.synthetic_uids import synthetic_uid
from segur.vocab.document_types import UnknownDocumentType
from segur.wire import cda

AT = datetime(2026, 11, 24, 10, 0, tzinfo=timezone(timedelta(hours=1)))
STUDY = synthetic_uid("study", 1)


@pytest.fixture(scope="module")
def country() -> Country:
    return build_country(1, 0, 0)


def report(country: Country, *, level: Literal[1, 3] = 1, patient: str = "P1", version: Version | None = None) -> bytes:
    return imaging_report(
        country.patient(patient),
        country.professional(RADIOLOGIST),
        country.structure("ST3"),
        document_id=synthetic_uid("report", level),
        study_uid=STUDY,
        accession="ACC-1",
        order="OPN-1",
        at=AT,
        level=level,
        requester=country.professional(GENERAL_PRACTITIONER),
        treating_doctor=country.professional(GENERAL_PRACTITIONER),
        version=version,
    )


@pytest.mark.parametrize("level", [1, 3])
def test_an_imaging_report_breaks_no_rule_of_the_minimal_header(country: Country, level: Literal[1, 3]) -> None:
    document = report(country, level=level)
    assert minimal.check(document) == ()
    header = cda.read_header(document)
    assert header.level == level
    assert header.code.code == "18748-4"


@pytest.mark.parametrize("level", [1, 3])
def test_an_imaging_report_names_study_order_accession_and_requester(country: Country, level: Literal[1, 3]) -> None:
    header = cda.read_header(report(country, level=level))
    assert [i.root for event in header.service_events for i in event.ids] == [STUDY]
    (order,) = header.orders
    assert order.id.extension == "OPN-1"
    assert order.accession is not None
    assert order.accession.extension == "ACC-1"
    assert header.recipient_emails == (country.professional(GENERAL_PRACTITIONER).mailbox,)


def test_metadata_can_be_derived_from_an_imaging_report(country: Country) -> None:
    document = report(country)
    header = cda.read_header(document)
    entry = cda.entry_from_header(header, content=document)
    assert cda.differences(header, entry) == ()


def test_a_level_3_report_has_the_sections_of_the_model_and_the_object_catalogue(country: Country) -> None:
    root = etree.fromstring(report(country, level=3))
    codes = [s.get("code") for s in root.iterfind(".//{urn:hl7-org:v3}section/{urn:hl7-org:v3}code")]
    assert codes == ["55752-0", "55115-0", "11329-0", "55111-9", "121181", "59776-5", "18834-2", "19005-8"]


def test_the_body_of_a_level_1_report_is_a_readable_pdf_a(country: Country) -> None:
    pikepdf = pytest.importorskip("pikepdf", reason="pikepdf reads the PDF; it is not a dependency of the project")
    body = cda.read_embedded_file(report(country))
    assert body is not None
    assert body.media_type == "application/pdf"
    with pikepdf.open(io.BytesIO(body.content)) as pdf:
        assert pdf.open_metadata().pdfa_status == "1B"
        assert "/Filter" not in pdf.Root.Metadata
        assert pdf.Root.OutputIntents[0].S == "/GTS_PDFA1"
        fonts = [font for page in pdf.pages for font in page.Resources.Font.values()]
        assert fonts
        assert all("/FontFile2" in font.FontDescriptor for font in fonts)


def test_a_long_text_runs_over_several_pages(country: Country) -> None:
    people = country.patient("P1"), country.professional("PS4"), country.structure("ST3")
    assert b"/Count 3" in mailable_pdf("Long", *people, ["ligne"] * 120, AT)


def test_the_same_arguments_give_the_same_bytes(country: Country) -> None:
    assert report(country) == report(country)


def test_a_document_of_an_unqualified_identity_carries_no_matricule(country: Country) -> None:
    patient = country.patient("P5")
    document = report(country, patient="P5")
    assert patient.ins.matricule.encode() not in document
    (local,) = cda.read_header(document).patient.ids
    assert local.root == f"{country.structure('ST3').oid}.1"


def test_the_report_of_a_minor_names_the_legal_representatives(country: Country) -> None:
    root = etree.fromstring(report(country, patient="P7"))
    assert len(root.findall(".//{urn:hl7-org:v3}guardian")) == 2


def test_a_replacement_keeps_the_set_and_names_the_former_document(country: Country) -> None:
    header = cda.read_header(report(country, version=Version("1.2.3.4", 2, "1.2.3.5")))
    assert (header.set_id and header.set_id.root, header.version) == ("1.2.3.4", 2)
    assert [i.root for i in header.replaces] == ["1.2.3.5"]


@pytest.mark.parametrize("type_code", ["11490-0", "11502-2", "57833-6", "60591-5", "SYNTH", "11488-4", "PRESC-BIO"])
@pytest.mark.parametrize("place", ["ST1", "ST4"])
def test_common_documents_break_no_rule_of_the_minimal_header(country: Country, type_code: str, place: str) -> None:
    document = clinical_document(
        type_code,
        country.patient("P10"),
        country.professional("PS1"),
        country.structure(place),
        document_id=synthetic_uid(type_code),
        at=AT,
    )
    header = cda.read_header(document)
    assert minimal.check(document) == ()
    assert header.code.code == type_code


def test_a_type_the_dmp_does_not_take_is_refused(country: Country) -> None:
    people = country.patient("P1"), country.professional("PS1"), country.structure("ST1")
    with pytest.raises(UnknownDocumentType, match="10213-7"):
        clinical_document("10213-7", *people, document_id="1.2.3", at=AT)


def test_impossible_values_are_refused_by_name(country: Country) -> None:
    people = country.patient("P1"), country.professional("PS1"), country.structure("ST1")
    with pytest.raises(NotADocument, match="document_id"):
        clinical_document("11488-4", *people, document_id="not an oid", at=AT)
    with pytest.raises(NotADocument, match="offset"):
        clinical_document("11488-4", *people, document_id="1.2.3", at=AT.replace(tzinfo=None))
    with pytest.raises(NotADocument, match="title"):
        clinical_document("11488-4", *people, document_id="1.2.3", at=AT, title="x" * 129)
    generic = country.professional(GENERIC_ACCOUNT)
    with pytest.raises(NotADocument, match="PS-X"):
        clinical_document("11488-4", people[0], generic, people[2], document_id="1.2.3", at=AT)

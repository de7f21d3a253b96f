"""The rules of the box, without doors or store. [DRIM digest 2, 3.2, 3.3]"""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pydicom
import pytest
from segur_drim import errors, faults
from segur_drim.domain.accept import ANY, BadAccept, read_accept
from segur_drim.domain.instance import Series, Study, is_uid, read_instance
from segur_drim.domain.kos import build_kos, description
from segur_drim.domain.kos_entry import Identifiers, kos_entry, submission_of
from segur_drim.domain.manifest import Listed, Manifest, Reference, in_order, is_ordered, is_same_person
from segur_drim.domain.report import Report, read_report

from segur.kernel.errors import Refusal
from segur.personas import build_country, roles, samples_cda
from segur.personas.samples_dicom import Context, ct_study
from segur.personas.synthetic_uids import local_patient_id
from segur.scenario.actors.ris import Ris
from segur.vocab.document_types import class_of
from segur.wire import dicom, xds
from segur.wire.hl7v2 import Hl7Refused
from segur.wire.xds_uuids import REPLACES

COUNTRY = build_country(1, 0, 0)
PATIENT = COUNTRY.patient(roles.PATIENT)
RADIOLOGIST = COUNTRY.professional(roles.RADIOLOGIST)
AT = datetime(2026, 2, 3, 10, 0, tzinfo=UTC)
RANGE = 'multipart/related; type="application/dicom"'
UID = "1.2.840.10008.1.2.4.80"

VIEWER = ", ".join(
    f"{RANGE};transfer-syntax={uid};q={q};boundary=**"
    for uid, q in (("1.2.840.10008.1.2.4.50", "0.9"), (UID, "0.5"), (dicom.EXPLICIT_LE, "0.4"))
)


def report(**more: Any) -> Report:
    document = samples_cda.imaging_report(
        PATIENT, RADIOLOGIST, RADIOLOGIST.structure, document_id="1.2.3", study_uid="1.2.4", accession="ACN1",
        order="OPN1", at=AT, requester=COUNTRY.professional(roles.GENERAL_PRACTITIONER),
    )  # fmt: skip
    ris = Ris(None, "", ("", 0), RADIOLOGIST.structure)  # type: ignore[arg-type]  # it only writes here
    return read_report(ris.message(document, PATIENT, **more))


def manifest(**study: Any) -> Manifest:
    about = {"uid": "1.2.4", "accession": "ACN1", "patient_id": report().local_id, "description": "Scanner", **study}
    references = (
        Reference("1.2.9", "1.2.840.10008.5.1.4.1.1.2", 1, 4),
        Reference("1.2.10", "1.2.840.10008.5.1.4.1.1.88.67"),
    )
    return Manifest(Study(**about), (Listed(Series("1.2.5", "CT", 1, "Série é", "CHEST"), references),))


@pytest.mark.parametrize(
    ("headers", "weights"),
    [
        ([VIEWER], {"1.2.840.10008.1.2.4.50": 0.9, UID: 0.5, dicom.EXPLICIT_LE: 0.4}),
        (VIEWER.split(", "), {"1.2.840.10008.1.2.4.50": 0.9, UID: 0.5, dicom.EXPLICIT_LE: 0.4}),
        ([f"{RANGE};q=1;transfer-syntax={UID},"], {UID: 1.0}),
        ([f"{RANGE};transfer-syntax={UID};q=0, {RANGE};transfer-syntax={UID};q=0.3"], {UID: 0.3}),
        ([f'multipart/related;transfer-syntax="{UID}"'], {UID: 1.0}),
        ([RANGE], {dicom.EXPLICIT_LE: 1.0}),
        ([f"{RANGE};transfer-syntax=*;q=0.1"], {ANY: 0.1}),
        (["*/*;q=0.5"], {ANY: 0.5}),
        (["image/jpeg, text/html;q=0.9"], {}),
        (['multipart/related; type="image/jp2"'], {}),
    ],
)
def test_every_legal_accept_is_read(headers: list[str], weights: dict[str, float]) -> None:
    assert read_accept(headers).weights == weights


@pytest.mark.parametrize(
    "header",
    [
        "",
        ",",
        "application",
        f"{RANGE};q=1.1",
        f"{RANGE};q=.5",
        f"{RANGE};q=",
        f"{RANGE};transfer-syntax=JPEG",
        "é/é",
        ", ".join(["*/*"] * 65),
        '"' * 20_000,
    ],
)
def test_an_accept_without_meaning_is_refused(header: str) -> None:
    with pytest.raises(BadAccept):
        read_accept([header])


def test_a_named_syntax_counts_before_any() -> None:
    accepted = read_accept([f"{RANGE};transfer-syntax={UID};q=0, {RANGE};transfer-syntax=*;q=0.5"])
    assert (accepted.takes(UID), accepted.takes(dicom.EXPLICIT_LE)) == (False, True)


@pytest.mark.parametrize(
    ("wished", "used"),
    [("**", ""), ("short", ""), ("a-boundary-of-16c", "a-boundary-of-16c"), ("ends with a space ", ""), ("x" * 71, "")],
)
def test_only_a_boundary_that_pixels_cannot_hold_is_taken_over(wished: str, used: str) -> None:
    assert read_accept([f'{RANGE};boundary="{wished}"']).boundary == used


@pytest.mark.parametrize(("text", "good"), [("1.2.3", True), ("1.02", False), ("1." + "2" * 63, False), ("x", False)])
def test_uids_are_told_from_other_text(text: str, good: bool) -> None:
    assert is_uid(text) is good


def test_an_image_says_where_it_belongs() -> None:
    where = Context(RADIOLOGIST.structure, COUNTRY.professional(roles.GENERAL_PRACTITIONER), "OPN1")
    [image] = ct_study(PATIENT, study_uid="1.2.4", accession="ACN1", at=AT, slices=1, size=16, context=where)
    instance = read_instance(dicom.read_header(image))
    assert instance.study.accession == "ACN1"
    assert instance.study.patient_id == local_patient_id(PATIENT, RADIOLOGIST.structure)[0]
    assert instance.study.ins == PATIENT.ins.cx
    assert (instance.series.modality, instance.number, instance.syntax) == ("CT", 1, dicom.EXPLICIT_LE)
    assert instance.study.description == "Scanner thoracique avec injection"


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"patient_id": "another"}, False),
        ({"patient_id": PATIENT.ins.matricule}, True),
        ({"ins": PATIENT.ins.cx}, True),
        ({"ins": "162018885045327^^^&1.2.250.1.213.1.4.10&ISO^NH"}, False),
    ],
)
def test_images_of_another_patient_are_noticed(changes: dict[str, str], same: bool) -> None:
    assert is_same_person(manifest(**changes).study, report()) is same


@pytest.mark.parametrize(("accession", "ordered"), [("ACN1", True), ("ACN2", False), ("", False)])
def test_images_of_another_request_are_noticed(accession: str, ordered: bool) -> None:
    assert is_ordered(manifest(accession=accession).study, report()) is ordered


def test_objects_come_by_number_and_those_without_one_last() -> None:
    given = [Reference("3", "c"), Reference("2", "c", 10), Reference("1", "c", 2)]
    assert [one.uid for one in in_order(given)] == ["1", "2", "3"]


def test_the_kos_has_the_french_attributes_in_the_right_syntax() -> None:
    data = build_kos(manifest(), report(), kos_uid="1.2.6", series_uid="1.2.7", at=AT, base="https://db/rs")
    header = dicom.read_header(data)
    assert header.syntax == dicom.EXPLICIT_LE
    kos = pydicom.dcmread(BytesIO(data))
    assert kos.SpecificCharacterSet == "ISO_IR 100"
    assert (kos.AccessionNumber, kos.SeriesNumber, kos.ContinuityOfContent) == ("", 59, "SEPARATE")
    assert kos.PatientComments == PATIENT.birth_place
    assert kos.OtherPatientIDsSequence[0].TypeOfPatientID == "TEXT"
    [series] = kos.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
    assert series.RetrieveURL == "https://db/rs/studies/1.2.4/series/1.2.5"
    assert [(s.get("InstanceNumber"), s.get("NumberOfFrames")) for s in series.ReferencedSOPSequence] == [
        (1, 4),
        (None, None),
    ]
    assert [item.ValueType for item in kos.ContentSequence] == ["TEXT", "IMAGE", "COMPOSITE"]
    assert "Série-1.2.5 : CT @ CHEST : Série é" in kos.ContentSequence[0].TextValue
    [request] = kos.ReferencedRequestSequence
    assert request.IssuerOfAccessionNumberSequence[0].UniversalEntityIDType == "ISO"
    assert request.StudyInstanceUID == "1.2.4"


def test_a_series_outside_latin_1_counts_too() -> None:
    one = Manifest(manifest().study, (Listed(Series("1.2.5", "CT", 1, "Łuk"), (Reference("1.2.9", "1.2.3"),)),))
    data = build_kos(one, report(), kos_uid="1.2.6", series_uid="1.2.7", at=AT, base="b")
    assert "Łuk" in pydicom.dcmread(BytesIO(data)).ContentSequence[0].TextValue


def test_names_outside_latin_1_are_written_in_utf_8() -> None:
    data = build_kos(manifest(description="Œdème Ł"), report(), kos_uid="1.2.6", series_uid="1.2.7", at=AT, base="b")
    assert pydicom.dcmread(BytesIO(data)).StudyDescription == "Œdème Ł"


def test_the_description_shows_the_exam_without_its_images() -> None:
    first, second, third = description(manifest(), report()).split("\n")
    assert (first, second) == ("Examen : Scanner", "Acte = CT thorax avec contraste IV")
    assert third.startswith("Série-1.2.5 : CT")


def test_the_metadata_follow_the_report_and_name_one_exam() -> None:
    entry = kos_entry(manifest(), report(flags={"MASQUE_PS": True}), Identifiers("1.2.6", "1.2.8"), AT)
    assert class_of(entry.type_code.code) == entry.class_code.code
    assert [code.code for code in entry.confidentiality] == ["N", "MASQUE_PS"]
    assert xds.missing_entry_attributes(entry) == ()
    assert sum("studyInstanceUID" in reference for reference in entry.reference_ids) == 1
    assert entry.legal_authenticator.startswith(str(RADIOLOGIST.id_nat))
    assert entry.creation_time == "20260203100000"


def test_a_replacement_points_at_what_it_replaces() -> None:
    entry = kos_entry(manifest(), report(), Identifiers("1.2.6", "1.2.8", "1.2.1"), AT)
    assert submission_of(entry, "1.2.8", "", AT).of_type(REPLACES) == ()
    [link] = submission_of(entry, "1.2.8", "urn:uuid:x", AT).of_type(REPLACES)
    assert (link.source, link.target) == (entry.entry_uuid, "urn:uuid:x")


def test_the_fingerprint_changes_with_objects_requests_and_visibility_only() -> None:
    def of(m: Manifest, **more: Any) -> str:
        return m.fingerprint(kos_entry(m, report(**more), Identifiers("1.2.6", "1.2.8"), AT))

    base = manifest()
    assert of(base) == of(manifest(description="Autre libellé"))
    fewer = Manifest(base.study, (Listed(base.listed[0].series, base.listed[0].references[:1]),))
    assert len({of(base), of(fewer), of(base, flags={"INVISIBLE_PATIENT": True})}) == 3


def test_a_structure_that_is_none_is_refused_before_it_names_a_file() -> None:
    document = samples_cda.imaging_report(
        PATIENT,
        RADIOLOGIST,
        RADIOLOGIST.structure,
        document_id="1.2.3",
        study_uid="1.2.4",
        accession="A",
        order="O",
        at=AT,
    )
    ris = Ris(None, "", ("", 0), RADIOLOGIST.structure)  # type: ignore[arg-type]  # it only writes here
    bad = document.replace(f'extension="{RADIOLOGIST.structure.struct_id.value}"'.encode(), b'extension="../../x"')
    assert bad != document
    with pytest.raises(Hl7Refused, match="representedOrganization"):
        read_report(ris.message(bad, PATIENT))


def test_tables_of_refusals_and_faults_are_sound() -> None:
    rows = [row for row in vars(errors).values() if isinstance(row, Refusal)]
    assert len({row.name for row in rows}) == len(rows)
    assert all(row.text.endswith(".") for row in rows)
    assert len({point.name for point in faults.POINTS}) == len(faults.POINTS)
    assert {point.name.split(".")[0] for point in faults.POINTS} == {"drim"}

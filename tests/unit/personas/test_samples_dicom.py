"""Images of the stories [DRIM digest 2.1]."""

import io
from datetime import datetime, timedelta, timezone

import pydicom
import pytest
from pydicom.uid import UID, ExplicitVRLittleEndian

from segur.personas import Country, build_country
from segur.personas.samples_dicom import Context, NotAStudy, cr_image, ct_study
from segur.personas.synthetic_uids import series_uid, synthetic_uid

AT = datetime(2026, 11, 24, 9, 40, tzinfo=timezone(timedelta(hours=1)))
STUDY = synthetic_uid("study", 1)


@pytest.fixture(scope="module")
def country() -> Country:
    return build_country(1, 0, 0)


def context(country: Country) -> Context:
    return Context(country.structure("ST3"), country.professional("PS3"), "OPN-1")


def read(data: bytes) -> pydicom.Dataset:
    return pydicom.dcmread(io.BytesIO(data))


def test_a_ct_is_one_study_with_as_many_slices_and_series_as_asked(country: Country) -> None:
    images = [
        read(i) for i in ct_study(country.patient("P1"), study_uid=STUDY, accession="A1", at=AT, slices=3, series=2)
    ]
    assert len(images) == 6
    assert {i.StudyInstanceUID for i in images} == {STUDY}
    assert {i.SeriesInstanceUID for i in images} == {series_uid(STUDY, 1), series_uid(STUDY, 2)}
    assert len({i.SOPInstanceUID for i in images}) == 6
    assert all(UID(i.SOPInstanceUID).is_valid for i in images)


def test_the_files_are_part_10_explicit_little_endian_with_all_their_pixels(country: Country) -> None:
    for data in ct_study(country.patient("P1"), study_uid=STUDY, accession="A1", at=AT, slices=2):
        image = read(data)
        assert data[128:132] == b"DICM"
        assert image.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
        assert len(image.PixelData) == 2 * image.Rows * image.Columns
        assert max(memoryview(image.PixelData).cast("H")) < 1 << image.BitsStored


def test_an_image_carries_what_the_manifest_needs(country: Country) -> None:
    patient, centre = country.patient("P1"), country.structure("ST3")
    data = ct_study(patient, study_uid=STUDY, accession="A1", at=AT, slices=1, context=context(country))[0]
    image = read(data)
    assert str(image.PatientName) == "PAT-TROIS^DOMINIQUE"
    assert (image.PatientBirthDate, image.PatientSex, image.PatientComments) == ("19790328", "F", "51215")
    (ins,) = image.OtherPatientIDsSequence
    assert (ins.PatientID, ins.IssuerOfPatientID) == ("279035121518989", "ASIP-SANTE-INS-NIR")
    assert ins.IssuerOfPatientIDQualifiersSequence[0].UniversalEntityID == patient.ins.oid
    assert (image.StudyDate, image.StudyTime, image.TimezoneOffsetFromUTC) == ("20261124", "094000", "+0100")
    assert (image.AccessionNumber, image.Modality) == ("A1", "CT")
    assert image.InstitutionName.endswith("^" * 9 + centre.struct_id.value)
    (request,) = image.RequestAttributesSequence
    assert request.PlacerOrderNumberImagingServiceRequest == "OPN-1"
    assert str(image.ReferringPhysicianName) == "GENEREUX^PAUL"


def test_without_a_centre_the_ins_is_the_patient_id(country: Country) -> None:
    image = read(cr_image(country.patient("P1"), study_uid=STUDY, accession="A1", at=AT))
    assert image.PatientID == "279035121518989"


@pytest.mark.parametrize("with_centre", [True, False])
def test_images_of_an_unqualified_identity_carry_no_matricule(country: Country, with_centre: bool) -> None:
    patient = country.patient("P5")
    where = context(country) if with_centre else Context()
    data = cr_image(patient, study_uid=STUDY, accession="A1", at=AT, context=where)
    assert patient.ins.matricule.encode() not in data


def test_a_radiograph_is_a_dx_for_presentation(country: Country) -> None:
    image = read(cr_image(country.patient("P1"), study_uid=STUDY, accession="A1", at=AT, size=96))
    assert (image.Modality, image.SOPClassUID) == ("DX", "1.2.840.10008.5.1.4.1.1.1.1")
    assert (image.Rows, image.Columns) == (96, 96)


def test_the_same_arguments_give_the_same_bytes(country: Country) -> None:
    patient = country.patient("P1")
    first, again = (ct_study(patient, study_uid=STUDY, accession="A1", at=AT, slices=2) for _ in range(2))
    assert first == again
    other = ct_study(patient, study_uid=synthetic_uid("study", 2), accession="A1", at=AT, slices=2)
    assert read(first[0]).SOPInstanceUID != read(other[0]).SOPInstanceUID


def test_impossible_values_are_refused_by_name(country: Country) -> None:
    patient = country.patient("P1")
    with pytest.raises(NotAStudy, match="offset"):
        ct_study(patient, study_uid=STUDY, accession="A1", at=AT.replace(tzinfo=None))
    with pytest.raises(NotAStudy, match="study_uid"):
        ct_study(patient, study_uid="x", accession="A1", at=AT)
    with pytest.raises(NotAStudy, match="accession"):
        ct_study(patient, study_uid=STUDY, accession="A" * 17, at=AT)
    with pytest.raises(NotAStudy, match="slices"):
        ct_study(patient, study_uid=STUDY, accession="A1", at=AT, slices=0)
    with pytest.raises(NotAStudy, match="series"):
        ct_study(patient, study_uid=STUDY, accession="A1", at=AT, series=3)

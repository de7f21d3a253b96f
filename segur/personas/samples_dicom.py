"""Images of the stories: small synthetic DICOM objects with everything a DRIMbox needs to make its KOS of them.

DICOM Part 10, Explicit VR Little Endian, 16-bit pixels drawn by us (an oval body, two lungs, one bright vessel). UIDs
follow from the study UID, so the same arguments give the same bytes. Source: DRIM digest 2.1 and 8.3; no
real image is used. Numbers of a study: `accession` is given by the imaging centre, `order` by who asked.
"""

from __future__ import annotations

import sys
from array import array
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING

from segur.personas.exams import CHEST_XRAY, CT_CHEST, Exam
from segur.personas.model import Patient, Professional, Structure
from segur.personas.synthetic_uids import (
    accession_authority,
    instance_uid,
    local_patient_id,
    order_authority,
    series_uid,
)
from segur.vocab.oids import SEGURSTACK

if TYPE_CHECKING:
    from pydicom import Dataset

IMPLEMENTATION_UID = f"{SEGURSTACK}.4"
_MANUFACTURER = "SegurStack"
_SERIES = ("THORAX PARENCHYME", "THORAX MEDIASTIN")


class NotAStudy(ValueError):
    """Images were asked for with impossible values; the message names the argument and the rule."""


@dataclass(frozen=True, slots=True)
class Context:
    """Where a study was done and who asked for it; every part may be left out.

    `structure` is the imaging centre, `requester` the prescriber, `order` the Order Placer Number.
    """

    structure: Structure | None = None
    requester: Professional | None = None
    order: str = ""


_NOWHERE = Context()


def ct_study(
    patient: Patient,
    *,
    study_uid: str,
    accession: str,
    at: datetime,
    slices: int = 4,
    series: int = 1,
    size: int = 64,
    context: Context = _NOWHERE,
    exam: Exam = CT_CHEST,
) -> list[bytes]:
    """A chest CT: `slices` images of `size` × `size` pixels in each of `series` series (1 or 2), in order.

    `at` is when the exam started, with its offset from UTC. Raise `NotAStudy` naming the argument at fault.
    """
    _check(study_uid, accession, at, size)
    if not 1 <= series <= len(_SERIES):
        raise NotAStudy(f"series: 1 or {len(_SERIES)}, got {series}")
    if slices < 1:
        raise NotAStudy(f"slices: 1 or more, got {slices}")
    objects = []
    for number in range(1, series + 1):
        for rank in range(1, slices + 1):
            image = _image(patient, study_uid, accession, at, exam, context, number, rank, _SERIES[number - 1])
            z = 5.0 * (1 - rank)
            image.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
            image.SliceThickness = "5"
            image.KVP = "120"
            image.ImagePositionPatient = [-160, -160, z]
            image.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
            image.SliceLocation = z
            image.FrameOfReferenceUID = series_uid(study_uid, 0)  # series start at 1: 0 is the frame they share
            image.PositionReferenceIndicator = ""
            image.PixelSpacing = [f"{320 / size:.6g}"] * 2
            image.RescaleIntercept, image.RescaleSlope, image.RescaleType = "-1024", "1", "HU"
            image.WindowCenter, image.WindowWidth = ("-500", "1500") if number == 1 else ("40", "400")
            _set_pixels(image, size, _chest(size, rank / slices))
            objects.append(_part10(image))
    return objects


def cr_image(
    patient: Patient,
    *,
    study_uid: str,
    accession: str,
    at: datetime,
    size: int = 128,
    context: Context = _NOWHERE,
    exam: Exam = CHEST_XRAY,
) -> bytes:
    """One digital chest radiograph (DX, for presentation) of `size` × `size` pixels. Raise `NotAStudy`."""
    _check(study_uid, accession, at, size)
    image = _image(patient, study_uid, accession, at, exam, context, 1, 1, "THORAX FACE")
    image.ImageType = ["ORIGINAL", "PRIMARY"]
    image.PresentationIntentType = "FOR PRESENTATION"
    image.ViewPosition = "PA"
    image.ImageLaterality = "U"
    image.PatientOrientation = ["L", "F"]
    image.ImagerPixelSpacing = [f"{350 / size:.6g}"] * 2
    image.PixelIntensityRelationship, image.PixelIntensityRelationshipSign = "LOG", -1
    image.RescaleIntercept, image.RescaleSlope, image.RescaleType = "0", "1", "US"
    image.PresentationLUTShape = "IDENTITY"
    image.BurnedInAnnotation, image.LossyImageCompression = "NO", "00"
    image.DetectorType = "DIRECT"
    image.WindowCenter, image.WindowWidth = "1024", "2048"
    _set_pixels(image, size, _chest(size, 0.5))
    return _part10(image)


def _check(study_uid: str, accession: str, at: datetime, size: int) -> None:
    if at.tzinfo is None:
        raise NotAStudy("at: a datetime with an offset is required (TimezoneOffsetFromUTC comes from it)")
    if not study_uid or len(study_uid) > 64 or not all(part.isdigit() for part in study_uid.split(".")):
        raise NotAStudy("study_uid: a DICOM UID of at most 64 characters is required")
    if not 0 < len(accession) <= 16:
        raise NotAStudy(f"accession: 1 to 16 characters (DICOM VR SH), got {len(accession)}")
    if not 8 <= size <= 512:
        raise NotAStudy(f"size: between 8 and 512 pixels, got {size}")


def _image(
    patient: Patient,
    study_uid: str,
    accession: str,
    at: datetime,
    exam: Exam,
    context: Context,
    series: int,
    rank: int,
    series_label: str,
) -> Dataset:
    """Patient, study, series and equipment attributes of one image [DRIM digest 2.1]."""
    from pydicom import Dataset  # heavy to load: only those who make images pay for it

    day, hour = f"{at:%Y%m%d}", f"{at:%H%M%S}"
    image = Dataset()
    image.SpecificCharacterSet = "ISO_IR 100"
    image.InstanceCreationDate, image.InstanceCreationTime = day, hour
    image.SOPClassUID = exam.sop_class[0]
    image.SOPInstanceUID = instance_uid(study_uid, series, rank)
    image.StudyDate = image.SeriesDate = image.ContentDate = image.AcquisitionDate = day
    image.StudyTime = image.SeriesTime = image.ContentTime = image.AcquisitionTime = hour
    image.TimezoneOffsetFromUTC = f"{at:%z}"
    image.AccessionNumber = accession
    image.Modality = exam.modality[0]
    image.Manufacturer = _MANUFACTURER
    image.ManufacturerModelName = "Fantôme"
    image.SoftwareVersions = "1"
    image.StudyDescription = exam.label
    image.SeriesDescription = series_label
    image.BodyPartExamined = exam.body_part
    image.PatientPosition = "HFS"
    image.StudyInstanceUID = study_uid
    image.SeriesInstanceUID = series_uid(study_uid, series)
    image.StudyID = accession
    image.SeriesNumber, image.InstanceNumber, image.AcquisitionNumber = series, rank, 1
    image.ReferringPhysicianName = ""
    _set_patient(image, patient, context.structure)
    if context.structure is not None:
        # an XON: name, nine separators, identifier [DRIM digest 2.1]
        image.InstitutionName = f"{context.structure.name[:40]}^^^^^^^^^{context.structure.struct_id.value}"
        image.IssuerOfAccessionNumberSequence = [_authority(accession_authority(context.structure))]
    if context.requester is not None:
        doctor = context.requester
        image.ReferringPhysicianName = f"{doctor.family_name}^{doctor.given_name}"
    request = Dataset()
    request.AccessionNumber = accession
    if context.structure is not None:
        request.IssuerOfAccessionNumberSequence = [_authority(accession_authority(context.structure))]
    request.RequestedProcedureID = accession
    request.RequestedProcedureDescription = exam.label
    request.ScheduledProcedureStepID = accession
    request.ScheduledProcedureStepDescription = exam.label
    if context.order:
        request.PlacerOrderNumberImagingServiceRequest = context.order
        placer = context.structure if context.requester is None else context.requester.structure
        if placer is not None:
            request.OrderPlacerIdentifierSequence = [_authority(order_authority(placer))]
    image.RequestAttributesSequence = [request]
    return image


def _set_patient(image: Dataset, patient: Patient, structure: Structure | None) -> None:
    """The INS goes out with a qualified identity only; the number of the centre stays the main one, if there is one."""
    from pydicom import Dataset

    image.PatientName = f"{patient.birth_name}^{patient.given_name}"
    image.PatientBirthDate = f"{patient.birth_date:%Y%m%d}"
    image.PatientSex = patient.sex
    image.PatientComments = patient.birth_place
    if patient.used_name:
        image.OtherPatientNames = f"{patient.used_name}^{patient.used_given_name or patient.given_name}"
    image.PatientID = ""
    if structure is not None:
        image.PatientID, authority = local_patient_id(patient, structure)
        image.IssuerOfPatientIDQualifiersSequence = [_authority(authority)]
    if not patient.carries_ins:
        return
    if structure is None:
        image.PatientID = patient.ins.matricule
        image.IssuerOfPatientID = "ASIP-SANTE-INS-NIR"
        image.IssuerOfPatientIDQualifiersSequence = [_authority(patient.ins.oid)]
    other = Dataset()
    other.PatientID = patient.ins.matricule
    other.IssuerOfPatientID = "ASIP-SANTE-INS-NIR"
    other.TypeOfPatientID = "TEXT"
    other.IssuerOfPatientIDQualifiersSequence = [_authority(patient.ins.oid)]
    image.OtherPatientIDsSequence = [other]


def _authority(oid: str) -> Dataset:
    from pydicom import Dataset

    item = Dataset()
    item.UniversalEntityID = oid
    item.UniversalEntityIDType = "ISO"
    return item


def _chest(size: int, level: float) -> array[int]:
    """Unsigned 12-bit pixels (0 is air, 1024 water): an oval body, two lungs growing with `level`, one vessel."""
    half = (size - 1) / 2
    lung = 0.22 + 0.16 * level
    pixels = array("H")
    for row in range(size):
        y = (row - half) / half
        for column in range(size):
            x = (column - half) / half
            if x * x / 0.81 + y * y / 0.49 > 1:
                value = 0
            elif (abs(x) - 0.42) ** 2 / (lung * lung) + y * y / 0.2 < 1:
                value = 180
            elif x * x + (y - 0.1) ** 2 < 0.02:
                value = 1324
            else:
                value = 1064
            # a faint texture, so that compression has something to do
            pixels.append(value + (row * 7 + column * 13) % 11)
    return pixels


def _set_pixels(image: Dataset, size: int, pixels: array[int]) -> None:
    image.SamplesPerPixel = 1
    image.PhotometricInterpretation = "MONOCHROME2"
    image.Rows = image.Columns = size
    image.BitsAllocated, image.BitsStored, image.HighBit = 16, 12, 11
    image.PixelRepresentation = 0
    if sys.byteorder == "big":
        pixels.byteswap()
    image.PixelData = pixels.tobytes()
    image["PixelData"].VR = "OW"


def _part10(image: Dataset) -> bytes:
    from pydicom import FileDataset, FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID = image.SOPClassUID
    meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(IMPLEMENTATION_UID)
    meta.ImplementationVersionName = "SEGURSTACK"
    out = BytesIO()
    file = FileDataset("", image, preamble=bytes(128), file_meta=meta)
    file.save_as(out, enforce_file_format=True)
    return out.getvalue()

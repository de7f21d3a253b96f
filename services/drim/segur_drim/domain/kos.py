"""The KOS of an exam: a Key Object Selection with the French attributes [DRIM digest 2.1].

pydicom writes it; it loads on first use, so that a box which only takes and gives images never pays for it.
"""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING

from segur.vocab import oids
from segur.vocab.format_codes import KOS as KOS_FORMAT
from segur.wire.cda import Order
from segur.wire.dicom import EXPLICIT_LE
from segur_drim.domain.manifest import Listed, Manifest, Reference
from segur_drim.domain.report import Report

if TYPE_CHECKING:
    from pydicom import Dataset

KOS_CLASS = KOS_FORMAT[0]
MANUFACTURER = "SegurStack"
IMPLEMENTATION_UID = f"{oids.SEGURSTACK}.4"
_DCM = "DCM"
_NOT_IMAGES = ("1.2.840.10008.5.1.4.1.1.88.", "1.2.840.10008.5.1.4.1.1.104.", "1.2.840.10008.5.1.4.1.1.11.")
"""Roots of SR and KO, encapsulated documents, presentation states: COMPOSITE, not IMAGE, in a content sequence."""


def build_kos(manifest: Manifest, report: Report, *, kos_uid: str, series_uid: str, at: datetime, base: str) -> bytes:
    """The Part 10 file, Explicit VR Little Endian. `base` is the WADO-RS address; `at` when the KOS is made."""
    shown = description(manifest, report)
    kos = _identified(manifest, report, kos_uid, series_uid, at)
    kos.SpecificCharacterSet = "ISO_IR 100" if _is_latin1(f"{shown}{kos}") else "ISO_IR 192"
    kos.ReferencedRequestSequence = [_request(manifest, order) for order in report.orders_of(manifest.study)]
    kos.CurrentRequestedProcedureEvidenceSequence = [_evidence(manifest, base)]
    kos.ContentSequence = [
        _described(shown),
        *(_contained(reference) for one in manifest.listed for reference in one.references),
    ]
    return part10(kos, kos_uid=kos_uid)


def part10(kos: Dataset, *, kos_uid: str) -> bytes:
    """A dataset as a Part 10 file."""
    from pydicom import FileDataset, FileMetaDataset
    from pydicom.uid import UID

    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = UID(KOS_CLASS), UID(kos_uid)
    meta.TransferSyntaxUID = UID(EXPLICIT_LE)
    meta.ImplementationClassUID = UID(IMPLEMENTATION_UID)
    meta.ImplementationVersionName = "SEGURSTACK"
    out = BytesIO()
    FileDataset("", kos, preamble=bytes(128), file_meta=meta).save_as(out, enforce_file_format=True)
    return out.getvalue()


def warm_up() -> None:
    """Load what building needs; worth doing when images have arrived and their report is to be expected.

    Who builds meanwhile imports from the package itself, and so waits until it is whole: `pydicom.dataset` is there
    before what it calls in `pydicom`.
    """
    import pydicom  # noqa: F401


def description(manifest: Manifest, report: Report) -> str:
    """The Key Object Description, by which a box shows the exam without fetching images; lines end with LF."""
    event = next((e for e in report.header.service_events if e.ids and e.ids[0].root == manifest.study.uid), None)
    act = event.code.display if event is not None else ""
    series = (
        f"Série-{one.series.uid} : {one.series.modality} @ {one.series.body_part} : {one.series.description}"
        for one in manifest.listed
    )
    return "\n".join((f"Examen : {manifest.study.description}", f"Acte = {act}", *series))


def _identified(manifest: Manifest, report: Report, kos_uid: str, series_uid: str, at: datetime) -> Dataset:
    """Everything but the references."""
    from pydicom import Dataset

    study, patient = manifest.study, report.header.patient
    organization = report.header.legal_authenticator.organization if report.header.legal_authenticator else None
    day, hour = f"{at:%Y%m%d}", f"{at:%H%M%S}"
    kos = Dataset()
    kos.InstanceCreationDate, kos.InstanceCreationTime = day, hour
    kos.SOPClassUID, kos.SOPInstanceUID = KOS_CLASS, kos_uid
    kos.StudyDate, kos.StudyTime = study.date, study.time
    kos.SeriesDate = kos.ContentDate = day
    kos.SeriesTime = kos.ContentTime = hour
    kos.AccessionNumber = ""  # the numbers stand in the request sequence
    kos.Modality = "KO"
    kos.Manufacturer = MANUFACTURER
    if organization is not None:
        # an XON: name, nine carets, identifier
        kos.InstitutionName = f"{organization.name[:40]}^^^^^^^^^{report.structure.value}"
    kos.ReferringPhysicianName = study.referring
    kos.TimezoneOffsetFromUTC = f"{at:%z}"
    kos.StudyDescription = study.description
    kos.ReferencedPerformedProcedureStepSequence = []
    kos.PatientName = f"{patient.birth_family}^{patient.first_given}"
    kos.PatientID = report.ins.matricule
    issuer = "ASIP-SANTE-INS-NIA" if report.ins.oid == oids.INS_NIA else "ASIP-SANTE-INS-NIR"
    kos.IssuerOfPatientID = issuer
    kos.IssuerOfPatientIDQualifiersSequence = [_authority(report.ins.oid)]
    kos.PatientBirthDate, kos.PatientSex = patient.birth_time[:8], patient.sex
    if patient.used_family or patient.used_given:
        kos.OtherPatientNames = f"{patient.used_family}^{patient.used_given}"
    other = Dataset()
    other.PatientID, other.IssuerOfPatientID, other.TypeOfPatientID = report.ins.matricule, issuer, "TEXT"
    other.IssuerOfPatientIDQualifiersSequence = [_authority(report.ins.oid)]
    kos.OtherPatientIDsSequence = [other]
    kos.PatientComments = patient.birthplace
    kos.StudyInstanceUID, kos.SeriesInstanceUID = study.uid, series_uid
    kos.StudyID, kos.SeriesNumber, kos.InstanceNumber = study.id, 59, 1
    kos.ValueType, kos.ContinuityOfContent = "CONTAINER", "SEPARATE"
    kos.ConceptNameCodeSequence = [_code("113030", "MANIFEST")]
    return kos


def _request(manifest: Manifest, order: Order) -> Dataset:
    from pydicom import Dataset

    item = Dataset()
    item.AccessionNumber = order.accession.extension if order.accession else ""
    if order.accession and order.accession.root:
        item.IssuerOfAccessionNumberSequence = [_authority(order.accession.root)]
    item.ReferencedStudySequence = []
    item.StudyInstanceUID = manifest.study.uid
    item.RequestedProcedureDescription = manifest.study.description
    item.RequestedProcedureCodeSequence = []
    if order.id.root:
        item.OrderPlacerIdentifierSequence = [_authority(order.id.root)]
    item.RequestedProcedureID = item.AccessionNumber
    item.PlacerOrderNumberImagingServiceRequest = order.id.extension
    item.FillerOrderNumberImagingServiceRequest = ""
    return item


def _evidence(manifest: Manifest, base: str) -> Dataset:
    from pydicom import Dataset

    def series(one: Listed) -> Dataset:
        item = Dataset()
        item.SeriesInstanceUID = one.series.uid
        if one.series.number is not None:
            item.SeriesNumber = one.series.number
        item.RetrieveURL = f"{base}/studies/{manifest.study.uid}/series/{one.series.uid}"
        item.ReferencedSOPSequence = [_referenced(reference, numbered=True) for reference in one.references]
        return item

    study = Dataset()
    study.StudyInstanceUID = manifest.study.uid
    study.ReferencedSeriesSequence = [series(one) for one in manifest.listed]
    return study


def _referenced(reference: Reference, *, numbered: bool = False) -> Dataset:
    from pydicom import Dataset

    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = reference.sop_class, reference.uid
    if numbered and reference.number is not None:
        item.InstanceNumber = reference.number
    if numbered and reference.frames is not None:
        item.NumberOfFrames = reference.frames
    return item


def _contained(reference: Reference) -> Dataset:
    from pydicom import Dataset

    item = Dataset()
    item.RelationshipType = "CONTAINS"
    item.ValueType = "COMPOSITE" if reference.sop_class.startswith(_NOT_IMAGES) else "IMAGE"
    item.ReferencedSOPSequence = [_referenced(reference)]
    return item


def _described(text: str) -> Dataset:
    from pydicom import Dataset

    item = Dataset()
    item.RelationshipType, item.ValueType = "CONTAINS", "TEXT"
    item.ConceptNameCodeSequence = [_code("113012", "Key Object Description")]
    item.TextValue = text
    return item


def _code(value: str, meaning: str) -> Dataset:
    from pydicom import Dataset

    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, _DCM, meaning
    return item


def _authority(oid: str) -> Dataset:
    from pydicom import Dataset

    item = Dataset()
    item.UniversalEntityID, item.UniversalEntityIDType = oid, "ISO"
    return item


def _is_latin1(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True

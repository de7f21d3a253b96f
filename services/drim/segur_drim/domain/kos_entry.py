"""What the DMP is told of a KOS: document entry and submission set [DRIM digest 2.2, 2.3, 2.4]."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from segur.vocab import oids
from segur.vocab.document_types import CLASS_LABELS, DOCUMENT_CLASS, LOCAL_TYPE
from segur.vocab.format_codes import KOS as KOS_FORMAT
from segur.wire import saml
from segur.wire.cda import Party
from segur.wire.saml_signature import SigningKey
from segur.wire.xds import (
    Association,
    Author,
    Code,
    DocumentEntry,
    Person,
    Structure,
    Submission,
    SubmissionSet,
    reference_id,
)
from segur.wire.xds_uuids import (
    DELETED,
    HAS_MEMBER,
    REFERENCE_ACCESSION,
    REFERENCE_ORDER,
    REFERENCE_STUDY,
    REPLACES,
    STUDY_AUTHORITY,
    UPDATE_STATUS,
)
from segur_drim.domain.manifest import Manifest
from segur_drim.domain.report import HIDDEN_FROM_REPRESENTATIVES, Report

_MODALITIES, _REGIONS = "1.2.840.10008.2.16.4", "2.16.840.1.113883.6.96"
_LPS, _VERSION, _APPROVAL = "SEGURSTACK-DRIMBOX", "1.0", "SEG-000000-drim"
_TITLE = "Reference d'Objets d'un Examen d'Imagerie"
SOURCE_ID = f"{oids.SEGURSTACK}.8"


@dataclass(frozen=True, slots=True)
class Identifiers:
    """What a publication is known by, chosen before the first attempt and kept for all others.

    `replaces` is the uniqueId of the KOS it takes the place of, empty for a first one.
    """

    kos_uid: str
    submission_uid: str
    replaces: str = ""


def kos_entry(manifest: Manifest, report: Report, identifiers: Identifiers, at: datetime) -> DocumentEntry:
    """The metadata of the KOS, made from those of its report; hash and size come with the bytes."""
    event = next((e for e in report.header.service_events if e.ids and e.ids[0].root == manifest.study.uid), None)
    said = event.translations if event is not None else ()
    modalities = {code.code: code for code in said if code.scheme == _MODALITIES}
    for one in manifest.listed:
        if one.series.modality:
            modalities.setdefault(one.series.modality, Code(one.series.modality, _MODALITIES, one.series.modality))
    regions = tuple(code for code in said if code.scheme == _REGIONS)
    return replace(
        report.entry,
        entry_uuid="Document01",
        unique_id=identifiers.kos_uid,
        mime_type="application/dicom",
        type_code=Code("IMG-KOS", LOCAL_TYPE, "Reference d'objets d'un examen d'imagerie"),
        class_code=Code("31", DOCUMENT_CLASS, CLASS_LABELS["31"]),
        format_code=Code(*KOS_FORMAT),
        title=_TITLE,
        comments="KOS",
        event_codes=(*modalities.values(), *regions),
        authors=(_box(report),),
        creation_time=f"{at.astimezone(UTC):%Y%m%d%H%M%S}",
        reference_ids=_references(manifest, report),
        hash="",
        size=None,
    )


def _references(manifest: Manifest, report: Report) -> tuple[str, ...]:
    """What joins the KOS to report and requests: the numbers of the requests this exam answers, and the exam."""
    found: list[str] = []
    for order in report.orders_of(manifest.study):
        if order.accession is not None:
            found.append(reference_id(order.accession.extension, order.accession.root, REFERENCE_ACCESSION))
        found.append(reference_id(order.id.extension, order.id.root, REFERENCE_ORDER))
    found.append(reference_id(manifest.study.uid, STUDY_AUTHORITY, REFERENCE_STUDY))
    return tuple(dict.fromkeys(found))


def with_content(entry: DocumentEntry, content: bytes) -> DocumentEntry:
    """The entry with hash and size of the document."""
    return replace(entry, hash=hashlib.sha1(content, usedforsecurity=False).hexdigest(), size=len(content))


def submission_of(entry: DocumentEntry, submission_uid: str, replaced: str, at: datetime) -> Submission:
    """The set that brings one KOS; `replaced` is the entryUUID of the one it takes the place of, or empty."""
    lot = _lot(entry.patient_id, entry.authors, entry.title, submission_uid, at)
    links = [Association("as1", HAS_MEMBER, lot.entry_uuid, entry.entry_uuid, submission_set_status="Original")]
    if replaced:
        links.append(Association("as2", REPLACES, entry.entry_uuid, replaced))
    return Submission(lot, (entry,), tuple(links))


def removal_of(report: Report, entry_uuid: str, status: str, submission_uid: str, at: datetime) -> Submission:
    """The set that deletes the KOS `entry_uuid` of a report (TD3.3c), whose status in the DMP is `status`."""
    lot = _lot(report.entry.patient_id, (_box(report),), _TITLE, submission_uid, at)
    link = Association("as1", UPDATE_STATUS, lot.entry_uuid, entry_uuid, original_status=status, new_status=DELETED)
    return Submission(lot, (), (link,))


def _lot(patient_id: str, authors: tuple[Author, ...], title: str, submission_uid: str, at: datetime) -> SubmissionSet:
    return SubmissionSet(
        entry_uuid="SubmissionSet01",
        unique_id=submission_uid,
        patient_id=patient_id,
        source_id=SOURCE_ID,
        submission_time=f"{at.astimezone(UTC):%Y%m%d%H%M%S}",
        content_type=Code("04", "1.2.250.1.213.2.2", "Hospitalisation de jour"),
        authors=authors,
        title=title,
    )


def vihf_of(report: Report, key: SigningKey, id_: str, at: datetime) -> saml.Vihf:
    """Indirect authentication: the structure speaks for the professional who validated the report [DB/SO.19]."""
    signer = report.header.legal_authenticator or Party()
    profession, _, speciality = signer.specialty.code.removeprefix("G15_").partition("/")
    roles = [saml.Coded(profession or "10", oids.PROFESSION, display=signer.specialty.display)]
    if speciality:
        roles.append(saml.Coded(speciality, oids.SPECIALITY, display=signer.specialty.display))
    place = report.entry.facility_type
    return saml.Vihf(
        id=id_,
        issue_instant=at,
        issuer=key.subject,
        name_id=Person.parse(report.entry.legal_authenticator).id,
        mode=saml.AuthenticationMode.INDIRECT,
        authn_instant=at,
        authn_class="urn:oasis:names:tc:SAML:2.0:ac:classes:TLSClient",
        structure=report.structure.value,
        sector=saml.Coded(place.code, oids.ACTIVITY_SECTOR) if place else None,
        subject_id=f"{signer.given} {signer.family}".strip(),
        roles=tuple(roles),
        resource_id=report.ins.cx,
        purpose=saml.purpose(),
        confidentiality=HIDDEN_FROM_REPRESENTATIVES if report.is_secret else "",
        lps_id=SOURCE_ID,
        lps_name=_LPS,
        lps_version=_VERSION,
        lps_approval=_APPROVAL,
    )


def _box(report: Report) -> Author:
    """The author is the system, for the structure of the report."""
    name = report.header.legal_authenticator.organization.name if report.header.legal_authenticator else ""
    system = Person(f"{report.structure.value}/DRIMBOX", "DRIMBox", "SegurStack", oids.PROFESSIONAL, "U", "EI")
    return Author(
        person=system.xcn,
        institutions=(Structure(name, report.structure.value).xon,),
        specialties=("DISPOSITIF",),
    )

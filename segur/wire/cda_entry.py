"""From a CDA header to XDS metadata, and the checks between both. [DMP digest 3.1 source column, 3.3, 3.4, 5.2]"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

from segur.vocab import document_types, format_codes, oids
from segur.wire import xds_uuids as ids
from segur.wire.cda_header import CdaHeader, CdaRefused, InstanceId, Organization, Party, Patient
from segur.wire.xds_datatypes import Person, Structure, comparable, cx, cx_key, reference_id, utc_dtm
from segur.wire.xds_values import NO_CODE, Author, Code, DocumentEntry, MetadataRefused

MAX_TITLE: Final = 128
"""Longest title of a document, in characters."""

_IMAGING_REPORT: Final = "18748-4"


def entry_from_header(
    header: CdaHeader,
    *,
    entry_uuid: str = "Document01",
    content: bytes | None = None,
    uri: str = "",
    masks: tuple[str, ...] = (),
) -> DocumentEntry:
    """The document entry of a CDA, as its sender must write it.

    `content` (the document's bytes) adds hash and size, which archives carry and DMP requests do not; `masks` are codes
    of TRE_A07 (`MASQUE_PS` …) put after the confidentiality of the document.
    Raise `CdaRefused` when the patient has no INS or the type has no class in the DMP.
    """
    ins = header.patient.ins
    if ins is None or not ins.extension:
        raise CdaRefused("recordTarget/patientRole/id", "an INS (NIR or NIA authority) is required to build metadata")
    event = header.main_event
    local = header.patient.local_id
    patient_id = cx(ins.extension, ins.root, "NH")
    return DocumentEntry(
        entry_uuid=entry_uuid,
        unique_id=str(header.id),
        patient_id=patient_id,
        mime_type="application/xslt+xml" if header.wrapping == "stylesheet" else "text/xml",
        type_code=header.code,
        class_code=class_code(header.code.code),
        format_code=format_code(header),
        facility_type=NO_CODE if header.encounter is None else header.encounter.facility_type,
        practice_setting=NO_CODE if event is None else event.industry,
        confidentiality=(
            header.confidentiality,
            *(Code(mask, oids.CONFIDENTIALITY_FR, _MASKS[mask]) for mask in masks),
        ),
        event_codes=_event_codes(header),
        authors=tuple(_author(author) for author in header.authors),
        title=header.title,
        language=header.language,
        creation_time=utc_dtm(header.effective_time),
        service_start=utc_dtm(event.start) if event is not None and event.start else "",
        service_stop=utc_dtm(event.stop) if event is not None and event.stop else "",
        legal_authenticator="" if header.legal_authenticator is None else person_of(header.legal_authenticator).xcn,
        source_patient_id=cx(local.extension, local.root, "PI") if local is not None else patient_id,
        source_patient_info=_patient_info(header.patient),
        reference_ids=_reference_ids(header),
        uri=uri,
        hash="" if content is None else hashlib.sha1(content, usedforsecurity=False).hexdigest(),
        size=None if content is None else len(content),
    )


_MASKS: Final = {
    "MASQUE_PS": "Masqué aux professionnels de santé",
    "INVISIBLE_PATIENT": "Document non visible par le patient",
    "INVISIBLE_REPRESENTANTS_LEGAUX": "Non visible par les représentants légaux du patient",
}


def class_code(type_code: str) -> Code:
    """The class of a document type (table J66); raise `CdaRefused` for a type the DMP does not take."""
    try:
        code = document_types.class_of(type_code)
    except document_types.UnknownDocumentType as error:
        raise CdaRefused("code", str(error)) from error
    return Code(code, document_types.DOCUMENT_CLASS, document_types.CLASS_LABELS[code])


def format_code(header: CdaHeader) -> Code:
    """The format of a document, from its templates and its body."""
    code = format_codes.format_of((template.root for template in header.templates), header.body_media_type)
    label = "Document à corps non structuré" if header.body_media_type else header.code.display
    return Code(code, format_codes.format_scheme(code), label)


def person_of(party: Party) -> Person:
    """A party as XCN parts: national identifier, internal identifier, system or patient. [DMP digest 3.6]"""
    identifier = next(iter(party.ids), InstanceId(""))
    value = identifier.extension or identifier.root
    if identifier.root in oids.INS_AUTHORITIES:
        kind = "NH"
    elif "/" in value:
        kind = "EI"
    else:
        kind = "RI" if party.is_device else "IDNPS"
    return Person(value, party.family, party.given, identifier.root, "U" if party.is_device else "D", kind)


def differences(header: CdaHeader, entry: DocumentEntry) -> tuple[MetadataRefused, ...]:
    """Attributes of the entry that contradict the document it describes; empty when they agree. [DMP digest 1.6]"""
    return tuple(_contradictions(header, entry))


def doubts(header: CdaHeader, entry: DocumentEntry) -> tuple[MetadataRefused, ...]:
    """Attributes that the mapping table takes from the header and that say something else in the entry.

    They are not known to be refused: titles and dates are rewritten by gateways. [DMP digest 3.1 source column]
    """
    return tuple(_departures(header, entry))


_PERSONS: Final = ("legalAuthenticator", "authorPerson")


def _departures(header: CdaHeader, entry: DocumentEntry) -> Iterator[MetadataRefused]:
    try:
        made = entry_from_header(header)
    except CdaRefused:
        return  # what keeps metadata from being made is told by other rules
    pairs = (
        ("title", entry.title, made.title),
        ("healthcareFacilityTypeCode", entry.facility_type.code, made.facility_type.code),
        ("practiceSettingCode", entry.practice_setting.code, made.practice_setting.code),
        ("serviceStartTime", comparable(entry.service_start), comparable(made.service_start)),
        ("serviceStopTime", comparable(entry.service_stop), comparable(made.service_stop)),
        ("legalAuthenticator", _who(entry.legal_authenticator), _who(made.legal_authenticator)),
        ("authorPerson", *(" ".join(sorted(_who(one.person) for one in side.authors)) for side in (entry, made))),
    )  # fmt: skip
    for field, said, found in pairs:
        if said != found and found:
            shown = f"{said!r} is not what the document says, {found!r}"
            # a person may be the patient, whose INS has no place in what is told
            yield MetadataRefused(field, "another than the document's" if field in _PERSONS else shown)


def _who(xcn: str) -> str:
    return Person.parse(xcn).id if xcn else ""


def _contradictions(header: CdaHeader, entry: DocumentEntry) -> Iterator[MetadataRefused]:
    expected_format = format_code(header).code
    identifiers = {(i.extension or i.root, i.root) for i in header.patient.ids}
    pairs = (
        ("uniqueId", entry.unique_id, str(header.id), entry.unique_id in (str(header.id), header.id.root)),
        ("typeCode", entry.type_code.code, header.code.code, entry.type_code.same(header.code)),
        ("patientId", "the entry's", "recordTarget's", cx_key(entry.patient_id) in identifiers),
        (
            "creationTime",
            entry.creation_time,
            header.effective_time,
            comparable(entry.creation_time) == comparable(utc_dtm(header.effective_time)),
        ),
        ("languageCode", entry.language, header.language, entry.language == header.language),
        (
            "confidentialityCode",
            ", ".join(code.code for code in entry.confidentiality),
            header.confidentiality.code,
            any(code.same(header.confidentiality) for code in entry.confidentiality),
        ),
        ("formatCode", entry.format_code.code, expected_format, entry.format_code.code == expected_format),
    )  # fmt: skip
    for field, said, found, agrees in pairs:
        if not agrees:
            yield MetadataRefused(field, f"{said} contradicts the document, which has {found}")


def _author(party: Party) -> Author:
    specialty = party.specialty
    return Author(
        person=person_of(party).xcn,
        institutions=tuple(institution for institution in (_institution(party.organization),) if institution),
        specialties=(f"{specialty.code}^{specialty.display}^{specialty.scheme}",) if specialty else (),
        roles=(party.function.display or party.function.code,) if party.function else (),
    )


def _institution(organization: Organization) -> str:
    identifier = next(iter(organization.ids), InstanceId(""))
    if not organization.name:
        return ""
    return Structure(organization.name, identifier.extension or identifier.root, identifier.root).xon


def _event_codes(header: CdaHeader) -> tuple[Code, ...]:
    codes = (code for event in header.service_events for code in (event.code, *event.translations) if code)
    return tuple({(code.code, code.scheme): code for code in codes}.values())


def _patient_info(patient: Patient) -> tuple[str, ...]:
    lines = (
        f"PID-5|{patient.birth_family}^{patient.first_given}^^^^^L" if patient.birth_family else "",
        f"PID-5|{patient.used_family}^{patient.used_given}^^^^^D" if patient.used_family else "",
        f"PID-7|{patient.birth_time[:8]}" if patient.birth_time else "",
        f"PID-8|{patient.sex}" if patient.sex else "",
        f"PID-11|^^^^^^BDL^^{patient.birthplace}" if patient.birthplace else "",
    )
    return tuple(line for line in lines if line)


def _reference_ids(header: CdaHeader) -> tuple[str, ...]:
    found: list[str] = []
    for order in header.orders:
        if order.accession is not None and order.accession.extension:
            found.append(reference_id(order.accession.extension, order.accession.root, ids.REFERENCE_ACCESSION))
        if order.id.extension:
            found.append(reference_id(order.id.extension, order.id.root, ids.REFERENCE_ORDER))
    if header.code.code == _IMAGING_REPORT:
        studies = (event.ids[0].root for event in header.service_events if event.ids)
        found.extend(reference_id(study, ids.STUDY_AUTHORITY, ids.REFERENCE_STUDY) for study in studies)
    return tuple(dict.fromkeys(found))

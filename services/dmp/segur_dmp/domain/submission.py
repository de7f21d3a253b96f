"""What a submission must be to enter a DMP (TD2.1), whichever door it came through [DMP digest 1.6, 3].

Every broken rule is told at once; hash and size are those of the bytes received, the registry computes them anyway.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from segur.vocab import document_types, format_codes, oids
from segur.vocab.document_types import SIGNATURE_CLASS, SIGNATURE_TYPE, UnknownDocumentType
from segur.vocab.structures import ACTIVITY_SECTORS, PRACTICE_SETTING
from segur.wire import cda, xds_uuids
from segur.wire.xds import Code, DocumentEntry, MetadataRefused, Submission, missing_attributes
from segur_dmp.domain.visibility import HIDDEN_FROM_PATIENT, MASKED, has

REPOSITORY_ERROR: Final = "XDSRepositoryMetadataError"
DICOM: Final = "application/dicom"
CDA_TYPES: Final = ("text/xml", "application/xslt+xml")

_OID = re.compile(r"^[0-2](\.(0|[1-9]\d*))+$", re.ASCII)
_DICOM_PREAMBLE, _DICOM_MARK = 128, b"DICM"
_LEVELS: Final = ("N", "R", "V")
_MASKS: Final = (MASKED.code, HIDDEN_FROM_PATIENT, "INVISIBLE_REPRESENTANTS_LEGAUX")
_PATIENT_ORIGIN: Final = ("EXP_PATIENT", "SNR")
_NOT_IN_J61: Final = ("SA66", "SA67")
_SETTINGS: Final = frozenset(
    {"AMBULATOIRE", "AMO", "DEPISTAGE", "ESSMS", "ETABLISSEMENT", "HAD", "MAD", "PALLIATIF", "SAD", "SAMU_SMUR"}
)
REFERRING: Final = (
    xds_uuids.REPLACES,
    xds_uuids.APPENDS,
    xds_uuids.TRANSFORMS,
    xds_uuids.TRANSFORMS_AND_REPLACES,
)
"""Associations that refer to a document which is there already."""
_LINKS: Final = (xds_uuids.HAS_MEMBER, *REFERRING, xds_uuids.SIGNS)


class SubmissionRefused(MetadataRefused):
    """A submission with one or more broken rules; it is the first of them, `refusals` are all."""

    def __init__(self, refusals: Sequence[MetadataRefused]) -> None:
        first = refusals[0]
        super().__init__(first.field, first.context.removeprefix(f"{first.field}: "), code=first.code)
        self.refusals = tuple(refusals)


@dataclass(frozen=True, slots=True)
class Policy:
    """Which rules are in force, and whose submission it is.

    `same_entity` tells whether a Struct_idNat is the caller's structure or of its legal entity.
    """

    same_entity: Callable[[str], bool]
    value_sets: bool = True
    documents: bool = True
    author_institution: bool = True
    hidden_and_masked: bool = False
    max_bytes: int = 20 * 1024 * 1024


def is_signature(entry: DocumentEntry) -> bool:
    """True for the signature entry, which has no clinical metadata of its own [DMP digest 1.6.1]."""
    return entry.type_code.code == SIGNATURE_TYPE[0]


def both_hidden(confidentiality: Iterable[Code]) -> bool:
    """True for MASQUE_PS together with INVISIBLE_PATIENT, which the DMP takes by a parameter only."""
    return {MASKED.code, HIDDEN_FROM_PATIENT} <= {code.code for code in confidentiality}


def is_oid(text: str) -> bool:
    """True for a pure OID of at most 64 characters, the only uniqueId the DMP takes."""
    return len(text) <= 64 and bool(_OID.match(text))


def check(submission: Submission, contents: Mapping[str, bytes], policy: Policy) -> None:
    """Raise `SubmissionRefused` unless every rule holds; `contents` holds the bytes by `entry_uuid`."""
    refusals = [*_of_set(submission, policy)]
    for entry in submission.entries:
        refusals += _of_entry(entry, contents[entry.entry_uuid], policy)
    if refusals:
        raise SubmissionRefused(refusals)


def _of_set(submission: Submission, policy: Policy) -> Iterator[MetadataRefused]:
    lot = submission.submission_set
    clinical = Submission(lot, tuple(entry for entry in submission.entries if not is_signature(entry)))
    yield from missing_attributes(clinical)
    if not is_oid(lot.unique_id):
        yield MetadataRefused("XDSSubmissionSet.uniqueId", "a pure OID of at most 64 characters is required")
    counted = Counter(entry.unique_id for entry in submission.entries)
    for unique_id, times in counted.items():
        if times > 1:
            context = f"{unique_id} identifies {times} documents of the submission, give each its own"
            yield MetadataRefused("uniqueId", context, code="XDSRegistryDuplicateUniqueIdInMessage")
    members = {link.target for link in submission.of_type(xds_uuids.HAS_MEMBER) if link.source == lot.entry_uuid}
    for entry in submission.entries:
        if entry.entry_uuid not in members:
            context = f"HasMember from {lot.entry_uuid!r} to {entry.entry_uuid!r} is missing"
            yield MetadataRefused("Association", context)
    for link in submission.associations:
        if link.type not in _LINKS:
            yield MetadataRefused(
                "Association", f"{link.type[:80]} is not taken; HasMember, RPLC, APND, XFRM, signs are"
            )
        elif link.type != xds_uuids.SIGNS and link.source != lot.entry_uuid and submission.entry(link.source) is None:
            yield MetadataRefused("Association", f"sourceObject {link.source!r} is not part of the submission")
    if policy.author_institution:
        authors = (*lot.authors, *(author for entry in submission.entries for author in entry.authors))
        if not any(policy.same_entity(structure.id) for author in authors for structure in author.structures):
            context = "aucun AuthorInstitution ne correspond à la structure de l'appelant ; name it in one author"
            yield MetadataRefused("authorInstitution", context)


def _of_entry(entry: DocumentEntry, data: bytes, policy: Policy) -> Iterator[MetadataRefused]:
    if not is_oid(entry.unique_id):
        yield MetadataRefused("uniqueId", f"{entry.unique_id[:80]!r}: a pure OID of at most 64 characters is required")
    yield from _of_bytes(entry, data, policy)
    if is_signature(entry):
        if policy.value_sets and entry.class_code.code != SIGNATURE_CLASS[0]:
            yield MetadataRefused("classCode", f"{SIGNATURE_CLASS[0]} is required for a signature")
        return
    if not all(author.who.family and (author.who.given or author.who.name_type == "U") for author in entry.authors):
        yield MetadataRefused("authorPerson", "family and given names are required [DMP digest 1.6]")
    if has(entry, MASKED.code) and has(entry, HIDDEN_FROM_PATIENT) and not policy.hidden_and_masked:
        context = "MASQUE_PS and INVISIBLE_PATIENT together are refused (cumul-invisible_patient-masque_ps = false)"
        yield MetadataRefused("confidentialityCode", context)
    if policy.value_sets:
        yield from _of_codes(entry)
    if policy.documents:
        yield from _of_document(entry, data)


def _of_bytes(entry: DocumentEntry, data: bytes, policy: Policy) -> Iterator[MetadataRefused]:
    if not data:
        yield MetadataRefused("Document", f"{entry.entry_uuid!r} is empty", code=REPOSITORY_ERROR)
    if len(data) > policy.max_bytes:
        context = f"{len(data)} bytes, at most {policy.max_bytes} are taken"
        yield MetadataRefused("Document", context, code="XDSRepositoryOutOfResources")
    if entry.hash and entry.hash != sha1(data):
        context = f"{entry.hash} announced, {sha1(data)} received (SHA-1 of the document's bytes)"
        yield MetadataRefused("hash", context, code=REPOSITORY_ERROR)
    if entry.size is not None and entry.size != len(data):
        context = f"{entry.size} bytes announced, {len(data)} received"
        yield MetadataRefused("size", context, code=REPOSITORY_ERROR)


def _of_codes(entry: DocumentEntry) -> Iterator[MetadataRefused]:
    kind = entry.type_code
    try:
        expected = document_types.class_of(kind.code)
    except UnknownDocumentType as error:
        yield MetadataRefused("typeCode", str(error))
    else:
        yield from _in_set("typeCode", kind, document_types.type_scheme(kind.code))
        if entry.class_code and entry.class_code.code != expected:
            context = f"{entry.class_code.code} given, {expected} goes with typeCode {kind.code} (ASS_X04)"
            yield MetadataRefused("classCode", context)
        yield from _in_set("classCode", entry.class_code, document_types.DOCUMENT_CLASS)
    if entry.format_code and entry.format_code.code not in format_codes.FORMAT_CODES:
        yield MetadataRefused("formatCode", f"{entry.format_code.code[:80]!r} is not in JDV_J60")
    facility = entry.facility_type
    sectors = ACTIVITY_SECTORS.keys() - set(_NOT_IN_J61)
    if facility and facility.code not in sectors and facility.code not in _PATIENT_ORIGIN:
        yield MetadataRefused("healthcareFacilityTypeCode", f"{facility.code[:40]!r} is not in JDV_J61")
    elif facility.code in sectors:
        yield from _in_set("healthcareFacilityTypeCode", facility, oids.ACTIVITY_SECTOR)
    setting = entry.practice_setting
    if setting and setting.code not in _SETTINGS and setting.code not in _PATIENT_ORIGIN:
        yield MetadataRefused("practiceSettingCode", f"{setting.code[:40]!r} is not in JDV_J62")
    elif setting.code in _SETTINGS:
        yield from _in_set("practiceSettingCode", setting, PRACTICE_SETTING)
    levels = [code for code in entry.confidentiality if code.code in _LEVELS]
    if len(levels) != 1:
        yield MetadataRefused("confidentialityCode", "exactly one of N, R, V is required")
    for code in entry.confidentiality:
        if code.code not in (*_LEVELS, *_MASKS):
            yield MetadataRefused("confidentialityCode", f"{code.code[:40]!r} is not in JDV_J58")
            continue
        scheme = oids.CONFIDENTIALITY_FR if code.code in _MASKS else oids.CONFIDENTIALITY_HL7
        yield from _in_set("confidentialityCode", code, scheme)


def _in_set(field: str, code: Code, scheme: str) -> Iterator[MetadataRefused]:
    if code and code.scheme != scheme:
        yield MetadataRefused(field, f"{code.code} belongs to {scheme}, not to {code.scheme[:80]!r}")


def _of_document(entry: DocumentEntry, data: bytes) -> Iterator[MetadataRefused]:
    if entry.mime_type == DICOM:
        if data[_DICOM_PREAMBLE : _DICOM_PREAMBLE + len(_DICOM_MARK)] != _DICOM_MARK:
            yield MetadataRefused("Document", "no DICOM file: DICM expected at byte 128", code=REPOSITORY_ERROR)
        return
    if entry.mime_type not in CDA_TYPES:
        allowed = ", ".join((*CDA_TYPES, DICOM))
        yield MetadataRefused("mimeType", f"{entry.mime_type[:60]!r}: one of {allowed} is taken")
        return
    if not data:
        return
    try:
        header = cda.read_header(data)
    except cda.CdaRefused as error:
        yield MetadataRefused("Document", f"no CDA that can be read: {error}", code=REPOSITORY_ERROR)
        return
    for refusal in cda.differences(header, entry):
        code = "XDSPatientIdDoesNotMatch" if refusal.field == "patientId" else REPOSITORY_ERROR
        yield MetadataRefused(refusal.field, refusal.context.removeprefix(f"{refusal.field}: "), code=code)


def sha1(data: bytes) -> str:
    """The hash XDS wants: SHA-1, 40 lower-case hexadecimal characters [DMP digest 1.6]."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()

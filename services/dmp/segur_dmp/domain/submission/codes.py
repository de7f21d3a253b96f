"""Coded values against the value sets of the DMP (controls 4, 5) [DMP digest 3.2 to 3.7]."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from segur.vocab import document_types, format_codes, metadata_sets
from segur.vocab.document_types import UnknownDocumentType
from segur.wire.xds import Code, DocumentEntry, MetadataRefused, SubmissionSet


def of_set(lot: SubmissionSet) -> Iterator[MetadataRefused]:
    """What is not in J59."""
    kind = lot.content_type
    if not kind:
        return
    schemes = metadata_sets.J59.get(kind.code)
    if schemes is None:
        yield MetadataRefused("XDSSubmissionSet.contentTypeCode", f"{kind.code[:40]!r} is not in JDV_J59")
    elif schemes and kind.scheme not in schemes:
        yield _of_another("XDSSubmissionSet.contentTypeCode", kind, schemes[0])


def of_entry(entry: DocumentEntry) -> Iterator[MetadataRefused]:
    """What is not in J66, J60, J61, J62, J58."""
    kind = entry.type_code
    try:
        scheme = document_types.type_scheme(kind.code)
        document_types.class_of(kind.code)
    except UnknownDocumentType as error:
        yield MetadataRefused("typeCode", str(error))
    else:
        if kind.scheme != scheme:
            yield _of_another("typeCode", kind, scheme)
    if entry.class_code and entry.class_code.scheme != document_types.DOCUMENT_CLASS:
        yield _of_another("classCode", entry.class_code, document_types.DOCUMENT_CLASS)
    if entry.format_code and entry.format_code.code not in format_codes.FORMAT_CODES:
        yield MetadataRefused("formatCode", f"{entry.format_code.code[:80]!r} is not in JDV_J60")
    yield from _in("healthcareFacilityTypeCode", entry.facility_type, metadata_sets.J61, "JDV_J61")
    yield from _in("practiceSettingCode", entry.practice_setting, metadata_sets.J62, "JDV_J62")
    levels = [code for code in entry.confidentiality if code.code in metadata_sets.CONFIDENTIALITY_LEVELS]
    if len(levels) != 1:
        yield MetadataRefused("confidentialityCode", "exactly one of N, R, V is required")
    for code in entry.confidentiality:
        yield from _in("confidentialityCode", code, metadata_sets.J58, "JDV_J58")


def of_class(entry: DocumentEntry) -> Iterator[MetadataRefused]:
    """A class that is not that of the type (ASS_X04)."""
    kind = entry.type_code
    try:
        expected = document_types.class_of(kind.code)
    except UnknownDocumentType:
        return
    if entry.class_code and entry.class_code.code != expected:
        context = f"{entry.class_code.code} given, {expected} goes with typeCode {kind.code} (ASS_X04)"
        yield MetadataRefused("classCode", context)


def of_signature(entry: DocumentEntry) -> Iterator[MetadataRefused]:
    """What a signature entry must carry [1.6.1]."""
    expected = document_types.SIGNATURE_CLASS[0]
    if entry.class_code.code != expected:
        yield MetadataRefused("classCode", f"{expected} is required for a signature")
    if entry.format_code.code not in (format_codes.SIGNATURE[0], "urn:ihe:iti:dsg:detached:2014"):
        yield MetadataRefused("formatCode", f"{format_codes.SIGNATURE[0]} is required for a signature")


def _in(field: str, code: Code, allowed: Mapping[str, str], name: str) -> Iterator[MetadataRefused]:
    if not code:
        return
    scheme = allowed.get(code.code)
    if scheme is None:
        yield MetadataRefused(field, f"{code.code[:40]!r} is not in {name}")
    elif scheme != code.scheme:
        yield _of_another(field, code, scheme)


def _of_another(field: str, code: Code, scheme: str) -> MetadataRefused:
    return MetadataRefused(field, f"{code.code[:40]} belongs to {scheme}, not to {code.scheme[:80]!r}")

"""The bytes of a document against its metadata (control 6) [DMP digest 1.6, 3.1 source column]."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

from lxml.etree import _Element

from segur.cda import minimal
from segur.vocab import format_codes
from segur.wire import cda
from segur.wire.cda import CdaHeader
from segur.wire.multipart import Buffer
from segur.wire.xds import DocumentEntry, MetadataRefused
from segur_dmp.domain.parameters import Control, Reaction
from segur_dmp.domain.submission.policy import Policy

REPOSITORY_ERROR: Final = "XDSRepositoryMetadataError"
DICOM: Final = "application/dicom"
CDA_TYPES: Final = ("text/xml", "application/xslt+xml")
VACCINATION_NOTE: Final = "87273-9"

_DICOM_PREAMBLE, _DICOM_MARK = 128, b"DICM"
_NOTE_MODEL: Final = (format_codes.CONTENT_MODELS + "46", "2023.01")
_NOTE_FORMAT: Final = format_codes.FORMAT_OF_TEMPLATE[_NOTE_MODEL[0]]


def sha1(data: Buffer) -> str:
    """The hash XDS wants: SHA-1, 40 lower-case hexadecimal characters [DMP digest 1.6]."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def of_bytes(entry: DocumentEntry, data: Buffer, policy: Policy) -> Iterator[MetadataRefused]:
    """Empty, too large, or other bytes than announced."""
    if not data:
        yield MetadataRefused("Document", f"{entry.entry_uuid!r} is empty", code=REPOSITORY_ERROR)
    if len(data) > policy.max_bytes:
        context = f"{len(data)} bytes, at most {policy.max_bytes} are taken"
        yield MetadataRefused("Document", context, code="XDSRepositoryOutOfResources")
    if entry.hash and entry.hash != (received := sha1(data)):
        context = f"{entry.hash} announced, {received} received (SHA-1 of the document's bytes)"
        yield MetadataRefused("hash", context, code=REPOSITORY_ERROR)
    if entry.size is not None and entry.size != len(data):
        context = f"{entry.size} bytes announced, {len(data)} received"
        yield MetadataRefused("size", context, code=REPOSITORY_ERROR)


def of_content(entry: DocumentEntry, data: Buffer, policy: Policy) -> Iterator[MetadataRefused]:
    """No document of the announced kind, or one whose header says otherwise than the metadata."""
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
        root, wrapping = cda.clinical_document(bytes(data))
        header = cda.header_of(root, wrapping)
    except cda.CdaRefused as error:
        yield MetadataRefused("Document", f"no CDA that can be read: {error}", code=REPOSITORY_ERROR)
        return
    if not header.authors:
        yield MetadataRefused("authorPerson", "the document has no author, one is required", code=REPOSITORY_ERROR)
    for refusal in cda.differences(header, entry):
        code = "XDSPatientIdDoesNotMatch" if refusal.field == "patientId" else REPOSITORY_ERROR
        yield MetadataRefused(refusal.field, refusal.context.removeprefix(f"{refusal.field}: "), code=code)
    if policy.structure != Reaction.IGNORE:
        yield from _of_structure(root, policy)
        policy.told.extend(f"structure-minimale: coherence {doubt}" for doubt in cda.doubts(header, entry))
    if entry.type_code.code == VACCINATION_NOTE and policy.checks(Control.VACCINATION_NOTE):
        yield from _of_note(entry, header)


def _of_structure(root: _Element, policy: Policy) -> Iterator[MetadataRefused]:
    """The minimal structure [DMP digest 5.2]; a warning is told, an error too or refused."""
    for finding in minimal.check_root(root):
        if finding.is_error and policy.structure == Reaction.REFUSE:
            yield MetadataRefused("Document", str(finding), code=REPOSITORY_ERROR)
        else:
            policy.told.append(f"structure-minimale: {finding.severity.french} {finding}")


def _of_note(entry: DocumentEntry, header: CdaHeader) -> Iterator[MetadataRefused]:
    """A vaccination note: the DMP looks into it, and takes the model 2023.01 only (EX_2.1-2035).

    NOTE: cardinalities and coded triplets of the model are the schematron's; the header is checked here.
    """
    if entry.format_code.code != _NOTE_FORMAT:
        yield MetadataRefused("formatCode", f"{_NOTE_FORMAT} goes with a vaccination note (EX_2.1-2035)")
    versions = [one.extension for one in header.templates if one.root == _NOTE_MODEL[0]]
    if versions != [_NOTE_MODEL[1]]:
        rule = f"templateId {_NOTE_MODEL[0]} with extension {_NOTE_MODEL[1]} is required in a vaccination note"
        yield MetadataRefused("Document", f"{rule} (EX_2.1-2035)", code=REPOSITORY_ERROR)
    for party in (*header.authors, *filter(None, (header.legal_authenticator,))):
        if not any(one.extension for one in party.ids):
            yield MetadataRefused("Document", "a vaccination note names each PS by PS_IdNat", code=REPOSITORY_ERROR)

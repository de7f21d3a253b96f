"""What a submission must be to enter a DMP (TD2.1), whichever door it came through [DMP digest 1.6, 3].

Every broken rule is told at once; hash and size are those of the bytes received, the registry computes them anyway.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from segur.vocab.document_types import SIGNATURE_TYPE
from segur.wire import xds_uuids
from segur.wire.multipart import Buffer
from segur.wire.xds import Author, Code, DocumentEntry, MetadataRefused, Submission, missing_attributes
from segur_dmp.domain.parameters import Control
from segur_dmp.domain.submission import codes, formats
from segur_dmp.domain.submission.documents import of_bytes, of_content
from segur_dmp.domain.submission.policy import Policy, SubmissionRefused
from segur_dmp.domain.visibility import HIDDEN_FROM_PATIENT, MASKED

_OID = re.compile(r"^[0-2](\.(0|[1-9]\d*))+$", re.ASCII)
REFERRING: Final = (
    xds_uuids.REPLACES,
    xds_uuids.APPENDS,
    xds_uuids.TRANSFORMS,
    xds_uuids.TRANSFORMS_AND_REPLACES,
)
"""Associations that refer to a document which is there already."""
_LINKS: Final = (xds_uuids.HAS_MEMBER, *REFERRING, xds_uuids.SIGNS)


def is_signature(entry: DocumentEntry) -> bool:
    """True for the signature entry, which has no clinical metadata of its own [DMP digest 1.6.1]."""
    return entry.type_code.code == SIGNATURE_TYPE[0]


def both_hidden(confidentiality: Iterable[Code]) -> bool:
    """True for MASQUE_PS together with INVISIBLE_PATIENT, which the DMP takes by a parameter only."""
    return {MASKED.code, HIDDEN_FROM_PATIENT} <= {code.code for code in confidentiality}


def is_oid(text: str) -> bool:
    """True for a pure OID of at most 64 characters, the only uniqueId the DMP takes."""
    return len(text) <= 64 and bool(_OID.match(text))


def check(submission: Submission, contents: Mapping[str, Buffer], policy: Policy) -> None:
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
    if policy.checks(Control.UNIQUE_ID) and not is_oid(lot.unique_id):
        yield MetadataRefused("XDSSubmissionSet.uniqueId", "a pure OID of at most 64 characters is required")
    counted = Counter(entry.unique_id for entry in submission.entries)
    for unique_id, times in counted.items():
        if times > 1:
            context = f"{unique_id} identifies {times} documents of the submission, give each its own"
            yield MetadataRefused("uniqueId", context, code="XDSRegistryDuplicateUniqueIdInMessage")
    yield from _of_links(submission)
    if policy.checks(Control.VALUE_SETS):
        yield from codes.of_set(lot)
    if policy.checks(Control.FORMATS):
        yield from formats.of_set(lot)
    if policy.checks(Control.AUTHOR_NAMES) and not _are_named(lot.authors):
        yield MetadataRefused("XDSSubmissionSet.authorPerson", "family and given names are required [DMP digest 1.6]")
    if policy.checks(Control.AUTHOR_INSTITUTION):
        authors = (*lot.authors, *(author for entry in submission.entries for author in entry.authors))
        if not any(policy.same_entity(structure.id) for author in authors for structure in author.structures):
            context = "aucun AuthorInstitution ne correspond à la structure de l'appelant ; name it in one author"
            yield MetadataRefused("authorInstitution", context)


def _of_links(submission: Submission) -> Iterator[MetadataRefused]:
    lot = submission.submission_set
    members = {link.target for link in submission.of_type(xds_uuids.HAS_MEMBER) if link.source == lot.entry_uuid}
    for entry in submission.entries:
        if entry.entry_uuid not in members:
            context = f"HasMember from {lot.entry_uuid!r} to {entry.entry_uuid!r} is missing"
            yield MetadataRefused("Association", context)
    for link in submission.associations:
        if link.type not in _LINKS:
            rule = f"{link.type[:80]} is not taken; HasMember, RPLC, APND, XFRM and signs are"
            yield MetadataRefused("Association", rule)
        elif link.source != lot.entry_uuid and submission.entry(link.source) is None:
            yield MetadataRefused("Association", f"sourceObject {link.source[:60]!r} is not part of the submission")
        elif link.type == xds_uuids.HAS_MEMBER and submission.entry(link.target) is None:
            rule = f"HasMember to {link.target[:60]!r}: only new documents are members here"
            yield MetadataRefused("Association", rule)
        elif link.type == xds_uuids.SIGNS and link.target != lot.entry_uuid:
            yield MetadataRefused("Association", f"signs {link.target[:60]!r}: the submission set is what is signed")


def _of_entry(entry: DocumentEntry, data: Buffer, policy: Policy) -> Iterator[MetadataRefused]:
    if policy.checks(Control.UNIQUE_ID) and not is_oid(entry.unique_id):
        yield MetadataRefused("uniqueId", f"{entry.unique_id[:80]!r}: a pure OID of at most 64 characters is required")
    yield from of_bytes(entry, data, policy)
    if is_signature(entry):
        if policy.checks(Control.VALUE_SETS):
            yield from codes.of_signature(entry)
        return
    if policy.checks(Control.AUTHOR_NAMES) and not _are_named(entry.authors):
        yield MetadataRefused("authorPerson", "family and given names are required [DMP digest 1.6]")
    if both_hidden(entry.confidentiality) and not policy.hidden_and_masked:
        context = "MASQUE_PS and INVISIBLE_PATIENT together are refused (cumul-invisible_patient-masque_ps = false)"
        yield MetadataRefused("confidentialityCode", context)
    if policy.checks(Control.VALUE_SETS):
        yield from codes.of_entry(entry)
    if policy.checks(Control.CLASS_OF_TYPE):
        yield from codes.of_class(entry)
    if policy.checks(Control.FORMATS):
        yield from formats.of_entry(entry)
    if policy.checks(Control.DOCUMENT):
        yield from of_content(entry, data, policy)


def _are_named(authors: Iterable[Author]) -> bool:
    """A system has one name (type U); what has none at all is missing, which is told apart."""
    people = [author.who for author in authors if author.person]
    return all(person.family and (person.given or person.name_type == "U") for person in people)

"""Which attributes must be present, in a request and in a registry. [DMP digest 3.1, 3.2]"""

from __future__ import annotations

from collections.abc import Iterator

from segur.wire.xds_values import DocumentEntry, MetadataRefused, Submission, SubmissionSet

_ENTRY_REQUIRED = (
    ("typeCode", "type_code"),
    ("classCode", "class_code"),
    ("formatCode", "format_code"),
    ("confidentialityCode", "confidentiality"),
    ("healthcareFacilityTypeCode", "facility_type"),
    ("practiceSettingCode", "practice_setting"),
    ("creationTime", "creation_time"),
    ("languageCode", "language"),
    ("legalAuthenticator", "legal_authenticator"),
    ("serviceStartTime", "service_start"),
    ("sourcePatientId", "source_patient_id"),
    ("title", "title"),
)
_ENTRY_REQUIRED_IN_REGISTRY = (
    ("hash", "hash"),
    ("size", "size"),
    ("repositoryUniqueId", "repository_unique_id"),
    ("logicalID", "logical_id"),
    ("version", "version"),
    ("availabilityStatus", "status"),
)
_SET_REQUIRED = (
    ("XDSSubmissionSet.sourceId", "source_id"),
    ("XDSSubmissionSet.submissionTime", "submission_time"),
    ("XDSSubmissionSet.contentTypeCode", "content_type"),
)


def missing_attributes(submission: Submission, *, in_registry: bool = False) -> tuple[MetadataRefused, ...]:
    """Every required attribute that the set or an entry lacks, as refusals ready to raise; empty when fine."""
    return (
        *_of_set(submission.submission_set),
        *(
            refusal
            for entry in submission.entries
            for refusal in missing_entry_attributes(entry, in_registry=in_registry)
        ),
    )


def missing_entry_attributes(entry: DocumentEntry, *, in_registry: bool = False) -> tuple[MetadataRefused, ...]:
    """The same for one entry; `in_registry` adds what the registry computes (hash, size, version …)."""
    required = _ENTRY_REQUIRED + (_ENTRY_REQUIRED_IN_REGISTRY if in_registry else ())
    return tuple(_of_entry(entry, required))


def _of_entry(entry: DocumentEntry, required: tuple[tuple[str, str], ...]) -> Iterator[MetadataRefused]:
    for attribute, name in required:
        if not _present(getattr(entry, name)):
            yield MetadataRefused(attribute, f"required in {entry.entry_uuid!r}, missing")
    if not entry.authors or not all(author.person for author in entry.authors):
        yield MetadataRefused("authorPerson", f"required for each author of {entry.entry_uuid!r}, missing")


def _of_set(submission_set: SubmissionSet) -> Iterator[MetadataRefused]:
    for attribute, name in _SET_REQUIRED:
        if not _present(getattr(submission_set, name)):
            yield MetadataRefused(attribute, f"required in {submission_set.entry_uuid!r}, missing")
    if not submission_set.authors or not all(author.person for author in submission_set.authors):
        yield MetadataRefused("XDSSubmissionSet.authorPerson", "required for each author of the set, missing")


def _present(value: object) -> bool:
    # A size of zero is a value; an empty text, tuple or code is not.
    return bool(value) or isinstance(value, int)

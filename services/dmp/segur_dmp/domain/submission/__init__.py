"""The controls a submission passes before it enters a DMP, each by its own module [DMP digest 1.6, 3].

`codes` value sets, `formats` forms of identifiers, `documents` the bytes, `signature` the XAdES of the set; `rules`
puts them together.
"""

from segur_dmp.domain.submission.documents import CDA_TYPES, DICOM, REPOSITORY_ERROR, sha1
from segur_dmp.domain.submission.policy import Policy, SubmissionRefused
from segur_dmp.domain.submission.rules import REFERRING, both_hidden, check, is_oid, is_signature

__all__ = [
    "CDA_TYPES",
    "DICOM",
    "REFERRING",
    "REPOSITORY_ERROR",
    "Policy",
    "SubmissionRefused",
    "both_hidden",
    "check",
    "is_oid",
    "is_signature",
    "sha1",
]

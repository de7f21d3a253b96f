"""The XAdES signature of a submission set against the set and its documents (control 11) [DMP digest 1.6.1]."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cryptography import x509

from segur.wire import xades, xds_uuids
from segur.wire.multipart import Buffer
from segur.wire.xades import SignatureRefused
from segur.wire.xds import DocumentEntry, Submission
from segur_dmp.domain.submission.rules import is_signature


def signature_finding(
    submission: Submission, contents: Mapping[str, Buffer], judge: Callable[[x509.Certificate], str]
) -> str:
    """What is wrong with the signature of a submission, in words fit for `codeContext`; empty when all is well.

    `judge` says why a certificate may not sign for the caller, empty when it may. `contents` holds the bytes by
    `entry_uuid`.
    """
    signatures = [entry for entry in submission.entries if is_signature(entry)]
    lot = submission.submission_set
    if len(signatures) != 1:
        return "absent: one signature entry (E1762) is expected" if not signatures else "more than one signature entry"
    [entry] = signatures
    if not any(
        (link.source, link.target) == (entry.entry_uuid, lot.entry_uuid) for link in submission.of_type(xds_uuids.SIGNS)
    ):
        return "no signs association from the signature to the submission set"
    try:
        signature = xades.read_signature(bytes(contents[entry.entry_uuid]))
    except SignatureRefused as refusal:
        return refusal.reason
    if not signature.covers(lot.unique_id):
        return f"the manifest does not name the submission set urn:oid:{lot.unique_id}"
    wrong = _uncovered(submission, contents, signature)
    return wrong or judge(signature.certificate)


def _uncovered(submission: Submission, contents: Mapping[str, Buffer], signature: xades.SubmissionSignature) -> str:
    documents: list[DocumentEntry] = [entry for entry in submission.entries if not is_signature(entry)]
    for entry in documents:
        if not signature.covers(entry.unique_id):
            return f"the manifest does not name the document urn:oid:{entry.unique_id}"
        try:
            same = signature.matches(entry.unique_id, bytes(contents[entry.entry_uuid]))
        except SignatureRefused as refusal:
            return refusal.reason
        if not same:
            return f"the digest of urn:oid:{entry.unique_id} is not that of the document"
    return ""

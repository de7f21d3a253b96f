"""Signed submission sets on real sockets: taken, told, refused [DMP digest 1.6.1]."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from segur.kernel.ids import new_oid
from segur.personas import roles
from segur.scenario.actors.lps import Software, submission_of
from segur.vocab import document_types, format_codes, oids
from segur.wire import xades, xds_uuids
from segur.wire.saml_signature import SigningKey
from segur.wire.xds import Association, Code, DocumentEntry, Submission
from tests.contract.dmp.conftest import Dmp
from tests.contract.dmp.registry_software import codes, find, parameters, provide

pytestmark = pytest.mark.asyncio(loop_scope="module")

REFUSE = {"signature-du-lot": "refuser"}


def signed(
    document: bytes, software: Software, key: SigningKey | None = None, digest: Literal["sha1", "sha256"] = "sha1"
) -> tuple[Submission, bytes]:
    """The submission of a CDA with its signature entry, in the form of the official samples."""
    submission = submission_of(document, software.user)
    [entry], lot = submission.entries, submission.submission_set
    signature = DocumentEntry(
        "Signature01",
        new_oid(8),
        entry.patient_id,
        type_code=Code(*document_types.SIGNATURE_TYPE),
        class_code=Code(*document_types.SIGNATURE_CLASS),
        format_code=Code(*format_codes.SIGNATURE),
        confidentiality=(
            Code("N", oids.CONFIDENTIALITY_HL7),
            *(Code(code, oids.CONFIDENTIALITY_FR) for code in ("MASQUE_PS", "INVISIBLE_PATIENT")),
        ),
        event_codes=(Code(xades.SOURCE_PURPOSE, "1.2.840.10065.1.12", "Source"),),
        authors=lot.authors,
        title="Source",
        language="art",
        creation_time=lot.submission_time,
    )
    links = (
        *submission.associations,
        Association("as2", xds_uuids.HAS_MEMBER, lot.entry_uuid, "Signature01", "Original"),
        Association("as3", xds_uuids.SIGNS, "Signature01", lot.entry_uuid),
    )
    data = xades.sign_submission(lot.unique_id, {entry.unique_id: document}, key or software.signing, digest=digest)
    return Submission(lot, (entry, signature), links), data


@pytest.mark.parametrize("digest", ["sha1", "sha256"])
async def test_a_signed_set_is_taken_and_its_signature_kept(dmp: Dmp, digest: Literal["sha1", "sha256"]) -> None:
    software, document = dmp.software(), dmp.document()
    submission, signature = signed(document, software, digest=digest)
    async with parameters(dmp, REFUSE):
        assert codes(await provide(software, submission, document, signature)) == []
    entry = submission.entries[0]
    [told] = await dmp.facts("dmp.document.submitted", document_id=entry.unique_id)
    assert told["findings"] == []
    listed = [one.unique_id for one in await find(software_reader(dmp), dmp.patient())]
    assert entry.unique_id in listed


def software_reader(dmp: Dmp) -> Software:
    return dmp.software(roles.GENERAL_PRACTITIONER)


async def test_an_unsigned_set_is_told_or_refused_or_neither_as_the_sandbox_has_it(dmp: Dmp) -> None:
    software = dmp.software()
    entry, answer = await software.submit(dmp.document())
    assert answer.succeeded
    [told] = await dmp.facts("dmp.document.submitted", document_id=entry.unique_id)
    assert told["findings"] == ["signature: absent: one signature entry (E1762) is expected"]
    async with parameters(dmp, REFUSE):
        _, answer = await software.submit(dmp.document())
    assert codes(answer) == ["XDSRepositoryMetadataError"]
    assert answer.errors[0].context.startswith("signature: absent")
    async with parameters(dmp, {"signature-du-lot": "ignorer"}):
        entry, answer = await software.submit(dmp.document())
    [told] = await dmp.facts("dmp.document.submitted", document_id=entry.unique_id)
    assert told["findings"] == []


async def test_whatever_is_wrong_with_a_signature_is_named(dmp: Dmp) -> None:
    software, document = dmp.software(), dmp.document()
    good, signature = signed(document, software)
    other_document, _ = signed(dmp.document(), software)
    _, foreign_signer = Software.identities(dmp.authority, dmp.country.professional(roles.BIOLOGIST))
    auth, _ = Software.identities(dmp.authority, software.user)
    stranger = SigningKey.load(foreign_signer.key.read_bytes(), foreign_signer.certificate.read_bytes())
    connection = SigningKey.load(auth.key.read_bytes(), auth.certificate.read_bytes())
    unlinked = replace(good, associations=good.associations[:-1])
    renamed = replace(good, submission_set=replace(good.submission_set, unique_id=new_oid(9)))
    cases = {
        "the digest of #IHEManifest": (good, signature.replace(b">AA==<", b">AAA=<")),
        "no signs association": (unlinked, signature),
        "does not name the submission set": (renamed, signature),
        "not of the caller's structure": signed(document, software, stranger),
        "no signature certificate": signed(document, software, connection),
        "does not name the document": (good, sign_of(good, other_document.entries[0].unique_id, document, software)),
        "not that of the document": (good, sign_of(good, good.entries[0].unique_id, dmp.document(), software)),
        "ds:Signature expected": (good, b"<x/>"),
    }
    async with parameters(dmp, REFUSE):
        for reason, (submission, data) in cases.items():
            answer = await provide(software, submission, document, data)
            assert codes(answer) == ["XDSRepositoryMetadataError"], reason
            assert reason in answer.errors[0].context
        assert codes(await provide(software, good, document, signature)) == []


def sign_of(submission: Submission, unique_id: str, data: bytes, software: Software) -> bytes:
    return xades.sign_submission(submission.submission_set.unique_id, {unique_id: data}, software.signing)


async def test_a_signature_entry_in_another_form_is_refused(dmp: Dmp) -> None:
    software, document = dmp.software(), dmp.document()
    submission, signature = signed(document, software)
    wrong = replace(
        submission.entries[1], class_code=Code("10", document_types.DOCUMENT_CLASS), format_code=Code("x", "y")
    )
    answer = await provide(software, replace(submission, entries=(submission.entries[0], wrong)), document, signature)
    assert [error.context.partition(":")[0] for error in answer.errors] == ["classCode", "formatCode"]

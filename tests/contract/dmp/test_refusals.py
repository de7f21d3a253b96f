"""Bad input at the SOAP door: the protocol's own error, the fact of the refusal, and nothing stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from lxml import etree

from segur.kernel.ids import new_urn_uuid
from segur.personas import roles
from segur.scenario.actors.lps import Refused, Software, submission_of
from segur.vocab.ins import Ins
from segur.wire import mtom, saml, soap, xds, xds_uuids
from segur.wire.xds import Code, DocumentEntry, DocumentPart, ProvideAndRegister, Submission
from tests.contract.dmp.conftest import Dmp

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACTION = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"
BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@dataclass
class Deposit:
    """A submission that can be spoiled before it is sent."""

    submission: Submission
    document: bytes
    inline: bool = False
    parts: bool = True

    @property
    def entry(self) -> DocumentEntry:
        return self.submission.entries[0]

    def with_entry(self, **changes: object) -> Deposit:
        entry = replace(self.entry, **changes)  # type: ignore[arg-type]
        return replace(self, submission=replace(self.submission, entries=(entry,)))

    def with_set(self, **changes: object) -> Deposit:
        lot = replace(self.submission.submission_set, **changes)  # type: ignore[arg-type]
        return replace(self, submission=replace(self.submission, submission_set=lot))


async def send(software: Software, deposit: Deposit, patient_cx: str = "") -> xds.RegistryResponse:
    """TD2.1 with what the deposit has become."""
    name = deposit.entry.entry_uuid
    part = DocumentPart(name, content=deposit.document) if deposit.inline else DocumentPart(name, content_id="d@lps")
    request = xds.write_provide_and_register(ProvideAndRegister(deposit.submission, (part,)))
    attachments = (mtom.Attachment("d@lps" if deposit.parts else "other@lps", deposit.document),)
    answer = await software.call(
        "repository",
        ACTION,
        request,
        Ins.from_cx(patient_cx or deposit.submission.submission_set.patient_id),
        saml.AuthenticationMode.INDIRECT,
        () if deposit.inline else attachments,
    )
    return xds.read_registry_response(answer.root)


def fresh(dmp: Dmp) -> Deposit:
    document = dmp.document()
    user = dmp.country.professional(roles.RADIOLOGIST)
    return Deposit(submission_of(document, user), document)


def spoiled(document: bytes) -> bytes:
    """The document with a DOCTYPE and its bomb before the root element."""
    head, mark, rest = document.partition(b"<ClinicalDocument")
    return head + BOMB + mark + rest


OTHER = "290069999999956^^^&1.2.250.1.213.1.4.10&ISO^NH"

SPOILS: dict[str, tuple[Callable[[Deposit], Deposit], str, str]] = {
    "wrong hash": (lambda d: d.with_entry(hash="0" * 40), "XDSRepositoryMetadataError", "hash"),
    "wrong size": (lambda d: d.with_entry(size=1), "XDSRepositoryMetadataError", "size"),
    "two patients": (lambda d: d.with_entry(patient_id=OTHER), "XDSPatientIdDoesNotMatch", "patientId"),
    "missing author": (lambda d: d.with_entry(authors=()), "XDSRegistryMetadataError", "authorPerson"),
    "unknown type": (
        lambda d: d.with_entry(type_code=Code("10213-7", "2.16.840.1.113883.6.1", "?")),
        "XDSRegistryMetadataError",
        "typeCode",
    ),
    "no set author": (lambda d: d.with_set(authors=()), "XDSRegistryMetadataError", "XDSSubmissionSet.authorPerson"),
    "no OID": (lambda d: d.with_entry(unique_id="1.2^3"), "XDSRegistryMetadataError", "uniqueId"),
    "not XML": (
        lambda d: replace(d.with_entry(hash="", size=None), document=b"%PDF-1.7 not XML"),
        "XDSRepositoryMetadataError",
        "Document",
    ),
    "entity bomb in the document": (
        lambda d: replace(d.with_entry(hash="", size=None), document=spoiled(d.document)),
        "XDSRepositoryMetadataError",
        "Document",
    ),
    "empty document": (
        lambda d: replace(d.with_entry(hash="", size=None), document=b""),
        "XDSRepositoryMetadataError",
        "Document",
    ),
    "other title than the content": (
        lambda d: d.with_entry(creation_time="20200101000000"),
        "XDSRepositoryMetadataError",
        "creationTime",
    ),
    "part missing": (lambda d: replace(d, parts=False), "XDSMissingDocument", "Document"),
    "masked and hidden": (
        lambda d: d.with_entry(
            confidentiality=(
                *d.entry.confidentiality,
                Code("MASQUE_PS", "1.2.250.1.213.1.1.4.13"),
                Code("INVISIBLE_PATIENT", "1.2.250.1.213.1.1.4.13"),
            )
        ),
        "XDSRegistryMetadataError",
        "confidentialityCode",
    ),
    "replaces nothing known": (
        lambda d: replace(
            d,
            submission=replace(
                d.submission,
                associations=(
                    *d.submission.associations,
                    xds.Association("r1", xds_uuids.REPLACES, d.entry.entry_uuid, new_urn_uuid()),
                ),
            ),
        ),
        "XDSRegistryMetadataError",
        "RPLC",
    ),
}


@pytest.mark.parametrize("name", SPOILS)
async def test_a_spoiled_submission_is_refused_and_leaves_nothing(dmp: Dmp, name: str) -> None:
    spoil, code, field = SPOILS[name]
    deposit = spoil(fresh(dmp))
    before = await dmp.held()
    answer = await send(dmp.software(), deposit)
    assert code in [error.code for error in answer.errors], answer.errors
    assert any(error.context.startswith(field) for error in answer.errors), answer.errors
    assert await dmp.held() == before
    known = deposit.entry.unique_id if "^" not in deposit.entry.unique_id else "unknown"
    told = await dmp.facts("dmp.document.refused", document_id=known, code=code)
    assert told[-1]["door"] == "soap"
    assert deposit.submission.submission_set.patient_id[:15] not in str(told)


async def test_the_patient_of_the_token_must_be_that_of_the_submission(dmp: Dmp) -> None:
    before = await dmp.held()
    answer = await send(dmp.software(), fresh(dmp), dmp.patient("P2").ins.cx)
    assert [error.code for error in answer.errors] == ["XDSPatientIdDoesNotMatch"]
    assert await dmp.held() == before


@pytest.mark.parametrize("key", ["P3", "P4"])
async def test_without_an_open_dmp_nothing_is_taken(dmp: Dmp, key: str) -> None:
    _, answer = await dmp.software().submit(dmp.document(key))
    assert [error.code for error in answer.errors] == ["XDSUnknownPatientId"]


async def test_two_entries_of_one_id_are_refused_together(dmp: Dmp) -> None:
    deposit = fresh(dmp)
    second = replace(deposit.entry, entry_uuid="Document02")
    links = (
        *deposit.submission.associations,
        replace(deposit.submission.associations[0], id="a2", target="Document02"),
    )
    submission = replace(deposit.submission, entries=(deposit.entry, second), associations=links)
    parts = (DocumentPart("Document01", content_id="d@lps"), DocumentPart("Document02", content_id="d@lps"))
    before = await dmp.held()
    answer = await dmp.software().call(
        "repository",
        ACTION,
        xds.write_provide_and_register(ProvideAndRegister(submission, parts)),
        dmp.patient().ins,
        saml.AuthenticationMode.INDIRECT,
        (mtom.Attachment("d@lps", deposit.document),),
    )
    errors = xds.read_registry_response(answer.root).errors
    assert [error.code for error in errors] == ["XDSRegistryDuplicateUniqueIdInMessage"]
    assert await dmp.held() == before


async def test_an_inline_base64_beyond_the_limit_of_the_parser_is_refused(dmp: Dmp) -> None:
    deposit = fresh(dmp).with_entry(hash="", size=None)
    before = await dmp.held()
    with pytest.raises(Refused) as refused:
        await send(dmp.software(), replace(deposit, inline=True, document=b"x" * 9_000_000))
    assert refused.value.code == "DMPInvalidMessage"
    assert await dmp.held() == before


ENVELOPE = b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><x/></s:Body></s:Envelope>'
MULTIPART = 'multipart/related; type="application/xop+xml"; boundary=b; start="<r>"'
RAW = {
    "not XML": ("application/soap+xml", b"PK\x03\x04 no XML"),
    "empty": ("application/soap+xml", b""),
    "entity bomb": ("application/soap+xml", BOMB + ENVELOPE),
    "no addressing": ("application/soap+xml", ENVELOPE),
    "no envelope": ("application/soap+xml", b"<ping/>"),
    "truncated MTOM": (MULTIPART, b"--b\r\nContent-ID: <r>\r\n\r\n" + ENVELOPE),
    "no boundary": ("multipart/related", b"--b--"),
    "root missing": (MULTIPART, b"--b\r\nContent-ID: <z>\r\n\r\n" + ENVELOPE + b"\r\n--b--"),
}
"""What no codec of ours would write: content type and body."""


@pytest.mark.parametrize("name", RAW)
async def test_an_unreadable_message_gets_a_fault_and_is_told(dmp: Dmp, name: str) -> None:
    content_type, body = RAW[name]
    before = await dmp.held()
    answer = await dmp.client().post(
        f"{dmp.base}/si-dmp-server/v2/services/repository", content=body, headers={"content-type": content_type}
    )
    assert answer.status_code == 500
    fault = soap.read_fault(soap.read_envelope(etree.fromstring(answer.content), required=()).body)
    assert fault is not None
    assert fault.code == "Sender"
    assert "Traceback" not in answer.text
    assert await dmp.held() == before
    assert name == "no addressing" or fault.subcode == "DMPInvalidMessage"
    assert await dmp.facts("dmp.access.refused", operation="unknown", code="DMPInvalidMessage", reason="malformed")


async def test_an_unknown_operation_names_those_there_are(dmp: Dmp) -> None:
    with pytest.raises(Refused, match=r"TD2\.1") as refused:
        await dmp.software().call(
            "registry", "urn:x", etree.Element("nothing"), dmp.patient().ins, saml.AuthenticationMode.INDIRECT
        )
    assert refused.value.code == "DMPUnknownOperation"


async def test_the_service_still_takes_a_good_one(dmp: Dmp) -> None:
    deposit = fresh(dmp)
    assert (await send(dmp.software(), replace(deposit, inline=True))).succeeded

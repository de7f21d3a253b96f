"""Documents spoilt in a dozen ways, ours and those the ANS publishes: refused with the code, and nothing is kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from segur.kernel.ids import new_oid, new_urn_uuid
from segur.personas import roles
from segur.scenario.actors.lps import SERVICES, Refused, Software, submission_of
from segur.vocab import oids
from segur.vocab.ins import Ins
from segur.wire import mtom, soap, xds
from segur.wire.xds import Code, DocumentPart, ProvideAndRegister, Submission
from tests.contract.dmp.conftest import Dmp
from tests.contract.dmp.registry_software import INDIRECT, SUBMIT, provide

pytestmark = pytest.mark.asyncio(loop_scope="module")

FOLDER = Path(__file__).parents[4] / "shared" / "data" / "cda"
REAL_PERSON = "eDISP-MED_2024.01.xml"
REAL = sorted(path.name for path in FOLDER.glob("*.xml") if path.name != REAL_PERSON) if FOLDER.is_dir() else []
OURS = "our sample"

BOMB = b'<!DOCTYPE b [<!ENTITY a "ha"><!ENTITY c "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;">]>'
FILE = b'<!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@dataclass(frozen=True)
class Sent:
    """What a software sends: metadata made from the good document, and bytes."""

    submission: Submission
    document: bytes

    def entry(self, **changes: object) -> Sent:
        [entry] = self.submission.entries
        return replace(self, submission=replace(self.submission, entries=(replace(entry, **changes),)))  # type: ignore[arg-type]

    def bytes_(self, document: bytes) -> Sent:
        return replace(self, document=document)


def _cut(document: bytes, tag: bytes) -> bytes:
    """The document without its first element of that name."""
    spoilt = re.sub(rb"<(\w+:)?" + tag + rb"\b.*?</(\w+:)?" + tag + rb">", b"", document, count=1, flags=re.DOTALL)
    assert spoilt != document
    return spoilt


def _doubled(document: bytes, tag: bytes) -> bytes:
    """The document with its first element of that name twice, another patient in the second."""
    found = re.search(rb"<(\w+:)?" + tag + rb"\b.*?</(\w+:)?" + tag + rb">", document, flags=re.DOTALL)
    assert found is not None
    other = re.sub(rb'extension="\d', b'extension="9', found[0], count=1)
    return document[: found.end()] + other + document[found.end() :]


def _declared(document: bytes, doctype: bytes) -> bytes:
    """The document with a DOCTYPE before its root."""
    return re.sub(rb"(<\?xml.*?\?>)?", lambda found: found[0] + doctype, document, count=1, flags=re.DOTALL)


def _other_patient(document: bytes) -> bytes:
    """The document with another INS."""
    return re.sub(
        rb'(extension=")(\d)(\d{12}[\dAB]?\d\d)(")', lambda m: m[1] + (b"1" if m[2] == b"2" else b"2") + m[3] + m[4],
        document,
    )  # fmt: skip


SPOILT: dict[str, tuple[str, Callable[[Sent], Sent]]] = {
    "another authority of the INS": (
        "XDSPatientIdDoesNotMatch",
        lambda sent: sent.bytes_(sent.document.replace(b"1.2.250.1.213.1.4.10", b"1.2.250.1.213.1.4.11")),
    ),
    "another patient in the document": (
        "XDSPatientIdDoesNotMatch",
        lambda sent: sent.bytes_(_other_patient(sent.document)),
    ),
    "two patients in the document": (
        "XDSRepositoryMetadataError",
        lambda sent: sent.bytes_(_doubled(sent.document, b"recordTarget")),
    ),
    "another patient in the entry": (
        "XDSPatientIdDoesNotMatch",
        lambda sent: sent.entry(patient_id="279035121518989^^^&1.2.250.1.213.1.4.11&ISO^NH"),
    ),
    "no author": ("XDSRegistryMetadataError", lambda sent: sent.entry(authors=())),
    "no author in the document": (
        "XDSRepositoryMetadataError",
        lambda sent: sent.entry(hash="", size=None).bytes_(_cut(sent.document, b"author")),
    ),
    "a wrong hash": (
        "XDSRepositoryMetadataError",
        lambda sent: sent.entry(hash="da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ),
    "a wrong size": ("XDSRepositoryMetadataError", lambda sent: sent.entry(size=1)),
    "an entity bomb": (
        "XDSRepositoryMetadataError",
        lambda sent: sent.entry(hash="", size=None).bytes_(_declared(sent.document, BOMB)),
    ),
    "an external entity": (
        "XDSRepositoryMetadataError",
        lambda sent: sent.entry(hash="", size=None).bytes_(_declared(sent.document, FILE)),
    ),
    "half a document": (
        "XDSRepositoryMetadataError",
        lambda sent: sent.entry(hash="", size=None).bytes_(sent.document[: len(sent.document) // 2]),
    ),
    "no document at all": ("XDSRepositoryMetadataError", lambda sent: sent.entry(hash="", size=None).bytes_(b"")),
    "an id that is no OID": ("XDSRegistryMetadataError", lambda sent: sent.entry(unique_id="1.2.3^4")),
    "the id of another document": (
        "XDSRepositoryMetadataError",
        lambda sent: sent.entry(unique_id=new_oid(3)),
    ),
    "a type outside J66": (
        "XDSRegistryMetadataError",
        lambda sent: sent.entry(type_code=Code("10213-7", oids.LOINC)),
    ),
    "no patient in the document": (
        "XDSRepositoryMetadataError",
        lambda sent: sent.entry(hash="", size=None).bytes_(_cut(sent.document, b"recordTarget")),
    ),
}


def good(dmp: Dmp, name: str) -> tuple[Software, Sent]:
    """The document as it should be sent, and the software."""
    software = dmp.software(roles.RADIOLOGIST)
    document = dmp.document() if name == OURS else (FOLDER / name).read_bytes()
    return software, Sent(submission_of(document, software.user), document)


@pytest.mark.parametrize("spoiling", SPOILT)
async def test_our_document_spoilt_is_refused_with_its_code(dmp: Dmp, spoiling: str) -> None:
    await _is_refused(dmp, OURS, spoiling)


@pytest.mark.skipif(not REAL, reason="../shared/data/cda is not there: the ANS example documents are not shipped")
@pytest.mark.parametrize("name", REAL)
async def test_a_published_document_spoilt_is_refused_with_its_code(dmp: Dmp, name: str) -> None:
    for spoiling in SPOILT:
        await _is_refused(dmp, name, spoiling)


async def _is_refused(dmp: Dmp, name: str, spoiling: str) -> None:
    software, sent = good(dmp, name)
    code, spoil = SPOILT[spoiling]
    spoilt, before = spoil(sent), await dmp.held()
    patient = Ins.from_cx(sent.submission.submission_set.patient_id)
    answer = await provide(software, spoilt.submission, spoilt.document, patient=replace(dmp.patient(), ins=patient))
    assert code in [error.code for error in answer.errors], (name, spoiling, answer.errors)
    assert all(error.context.partition(":")[2].strip() for error in answer.errors), (name, spoiling)
    assert await dmp.held() == before


@pytest.mark.parametrize("name", [OURS, *REAL[:1]])
async def test_a_message_cut_short_or_with_entities_is_no_message(dmp: Dmp, name: str) -> None:
    software, sent = good(dmp, name)
    before = await dmp.held()
    patient = Ins.from_cx(sent.submission.submission_set.patient_id)
    request = xds.write_provide_and_register(
        ProvideAndRegister(sent.submission, (DocumentPart("Document01", content_id="d@lps"),))
    )
    envelope = soap.write_envelope(
        request, action=SUBMIT, message_id=new_urn_uuid(), assertion=software.vihf(patient, INDIRECT)
    )
    content_type, chunks = mtom.build(envelope, (mtom.Attachment("d@lps", sent.document),))
    whole = b"".join(bytes(chunk) for chunk in chunks)
    for body in (whole[:-200], whole[: len(whole) // 2], whole.replace(b"<soap:Envelope", BOMB + b"<soap:Envelope", 1)):
        if body == whole:
            continue
        answer = await software.client.post(
            f"{dmp.base}{SERVICES}/repository", content=body, headers={"content-type": content_type}
        )
        root = mtom.read(answer.headers["content-type"], answer.content).root
        fault = soap.read_fault(soap.read_envelope(root, required=()).body)
        assert fault is not None
        assert (answer.status_code, fault.code, fault.subcode) == (500, "Sender", "DMPInvalidMessage")
    assert await dmp.held() == before


async def test_a_real_identity_is_refused_before_anything_is_read(dmp: Dmp) -> None:
    software, sent = good(dmp, OURS)
    [entry] = sent.submission.entries
    real = entry.patient_id.replace(".1.4.10", ".1.4.8")
    lot = replace(sent.submission.submission_set, patient_id=real)
    spoilt = replace(sent.submission, submission_set=lot, entries=(replace(entry, patient_id=real),))
    with pytest.raises(Refused) as refused:
        await provide(software, spoilt, sent.document, patient=dmp.patient())
    assert refused.value.code == "SEGUR_PRODUCTION_IDENTITY"

"""Every registry error of DMP digest 9: met in the ordinary way, and for the asking by its fault."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from segur_dmp import faults
from segur_dmp.faults import XdsFault

from segur.kernel.faults import FaultRule
from segur.kernel.ids import new_oid
from segur.personas import roles
from segur.scenario.actors.lps import Refused, submission_of
from segur.vocab import oids
from segur.wire import mtom, multipart, xds, xds_uuids
from segur.wire.xds import Author, Code, DocumentRequest, RegistryResponse
from tests.contract.dmp.conftest import Dmp
from tests.contract.dmp.registry_software import (
    AIR,
    INDIRECT,
    RETRIEVE,
    SUBMIT,
    ask,
    codes,
    linked,
    new_status,
    parameters,
    provide,
    stored,
    update,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@contextmanager
def armed(dmp: Dmp, point: str, **rule: object) -> Iterator[None]:
    """A fault in force."""
    dmp.service.floor.faults.arm([FaultRule(id="armed", point=point, **rule)])  # type: ignore[arg-type]
    try:
        yield
    finally:
        dmp.service.floor.faults.arm([])


async def submits(dmp: Dmp) -> RegistryResponse:
    _, answer = await dmp.software().submit(dmp.document())
    return answer


async def searches(dmp: Dmp) -> RegistryResponse:
    params = {
        "XDSDocumentEntryPatientId": dmp.patient().ins.cx,
        "XDSDocumentEntryStatus": [xds_uuids.APPROVED],
    }
    return (await ask(dmp.software(roles.GENERAL_PRACTITIONER), dmp.patient(), "FindDocuments", **params)).response


async def retrieves(dmp: Dmp) -> RegistryResponse:
    return (await retrieve(dmp, (await dmp.software().submit(dmp.document()))[0].unique_id)).response


async def updates(dmp: Dmp) -> RegistryResponse:
    author = dmp.software()
    await author.authorize(dmp.patient())
    sent, _ = await author.submit(dmp.document())
    entry = await stored(author, dmp.patient(), sent.unique_id)
    return await update(author, dmp.patient(), new_status(entry, xds_uuids.ARCHIVED))


ACTS: dict[str, Callable[[Dmp], Awaitable[RegistryResponse]]] = {
    "submit": submits,
    "search": searches,
    "retrieve": retrieves,
    "update": updates,
}


async def retrieve(dmp: Dmp, *unique_ids: str, repository: str = oids.DMP_REPOSITORY) -> xds.RetrieveResponse:
    """TD3.2 of several documents."""
    request = xds.write_retrieve_request([DocumentRequest(repository, one) for one in unique_ids])
    reader = dmp.software(roles.GENERAL_PRACTITIONER)
    answer = await reader.call("repository", RETRIEVE, request, dmp.patient().ins, AIR)
    return xds.read_retrieve_response(answer.root)


@pytest.mark.parametrize("fault", faults.XDS_FAULTS, ids=lambda fault: fault.name)
async def test_every_registry_error_is_had_for_the_asking(dmp: Dmp, fault: XdsFault) -> None:
    if fault.act == "update":
        author = dmp.software()
        await author.authorize(dmp.patient())
    with armed(dmp, fault.name, count=1):
        answer = await ACTS[fault.act](dmp)
    assert [(one.code, one.context) for one in answer.errors] == [(fault.code, f"{fault.field}: {fault.context}")]
    assert answer.status == xds_uuids.FAILURE
    assert (await ACTS[fault.act](dmp)).succeeded


async def test_a_fault_strikes_only_the_patient_and_the_caller_it_is_meant_for(dmp: Dmp) -> None:
    pseudonym = dmp.service.floor.pseudonyms.of(dmp.patient().ins)
    with armed(dmp, "dmp.submit.metadata", patient=pseudonym, actor=str(dmp.software().user.id_nat)):
        assert not (await submits(dmp)).succeeded
    with armed(dmp, "dmp.submit.metadata", patient="another"):
        assert (await submits(dmp)).succeeded
    with armed(dmp, "dmp.submit.metadata", actor="another"):
        assert (await submits(dmp)).succeeded


async def test_every_fault_is_explained_in_french_and_named_once() -> None:
    names = [point.name for point in faults.POINTS]
    assert len(names) == len(set(names))
    assert all(point.explains.endswith(".") and " " in point.explains for point in faults.POINTS)


async def test_the_errors_of_a_submission_are_met_in_the_ordinary_way(dmp: Dmp) -> None:
    software, document = dmp.software(), dmp.document()
    good = submission_of(document, software.user)
    [entry], lot = good.entries, good.submission_set
    other = dmp.patient("P2")

    def with_entry(**changes: object) -> xds.Submission:
        return replace(good, entries=(replace(entry, **changes),))  # type: ignore[arg-type]

    nameless = Author(person=entry.authors[0].person.replace(entry.authors[0].who.family, ""), institutions=())
    foreign = replace(good, submission_set=replace(lot, authors=(replace(lot.authors[0], institutions=()),)))
    foreign = replace(foreign, entries=(replace(entry, authors=(replace(entry.authors[0], institutions=()),)),))
    cases = {
        "XDSRegistryMetadataError typeCode": with_entry(type_code=Code("10213-7", oids.LOINC)),
        "XDSRegistryMetadataError authorPerson": with_entry(authors=(nameless,)),
        "XDSRegistryMetadataError authorInstitution": foreign,
        "XDSRepositoryMetadataError hash": with_entry(hash="0" * 40),
        "XDSPatientIdDoesNotMatch patientId": with_entry(patient_id=other.ins.cx),
    }
    for expected, submission in cases.items():
        answer = await provide(software, submission, document)
        found = [f"{error.code} {error.context.partition(':')[0]}" for error in answer.errors]
        assert expected in found, (expected, found)
    assert codes(await provide(software, good, document)) == []
    assert codes(await provide(software, good, document)) == ["XDSDuplicateUniqueIdInRegistry"]
    changed = document.replace(b"</title>", b" bis</title>")
    again = replace(submission_of(changed, software.user), submission_set=replace(lot, unique_id=new_oid(7)))
    assert codes(await provide(software, again, changed)) == ["XDSNonIdenticalHash"]
    reused = submission_of(fresh := dmp.document(), software.user)
    reused = replace(reused, submission_set=replace(reused.submission_set, unique_id=lot.unique_id))
    assert codes(await provide(software, reused, fresh)) == ["XDSDuplicateUniqueIdInRegistry"]
    gone = linked(fresh, software, xds_uuids.REPLACES, "urn:uuid:0")
    assert codes(await provide(software, gone, fresh)) == ["XDSRegistryMetadataError"]


async def test_documents_and_metadata_must_be_pairs(dmp: Dmp) -> None:
    software, document = dmp.software(), dmp.document()
    good = submission_of(document, software.user)
    [entry] = good.entries
    for part, parts, code in (
        ("Document01", {}, "XDSMissingDocument"),
        ("Document02", {"Document02@lps": document}, "XDSMissingDocument"),
        ("Document01", {"other@lps": document}, "XDSMissingDocument"),
    ):
        request = xds.write_provide_and_register(
            xds.ProvideAndRegister(good, (xds.DocumentPart(part, content_id=f"{part}@lps"),))
        )
        attachments = tuple(mtom.Attachment(cid, data) for cid, data in parts.items()) or (
            mtom.Attachment("nothing@lps", b"x"),
        )
        answer = await software.call("repository", SUBMIT, request, dmp.patient().ins, INDIRECT, attachments)
        assert codes(xds.read_registry_response(answer.root)) == [code], part
    both = (xds.DocumentPart(entry.entry_uuid, content_id="a"), xds.DocumentPart("Document09", content_id="a"))
    request = xds.write_provide_and_register(xds.ProvideAndRegister(good, both))
    one = (mtom.Attachment("a", document),)
    answer = await software.call("repository", SUBMIT, request, dmp.patient().ins, INDIRECT, one)
    assert codes(xds.read_registry_response(answer.root)) == ["XDSMissingDocumentMetadata"]


async def test_retrieving_says_what_is_there_and_what_is_not(dmp: Dmp) -> None:
    ids = [(await dmp.software().submit(dmp.document()))[0].unique_id for _ in range(2)]
    whole = await retrieve(dmp, *ids)
    assert (whole.response.succeeded, [one.document_unique_id for one in whole.documents]) == (True, ids)
    entry = await stored(dmp.software(roles.GENERAL_PRACTITIONER), dmp.patient(), ids[0])
    some = await retrieve(dmp, ids[0], entry.entry_uuid, "1.2.3")
    assert (some.response.status, len(some.documents)) == (xds_uuids.PARTIAL_SUCCESS, 1)
    assert codes(some.response) == ["XDSDocumentUniqueIdError"] * 2
    assert "TD3.1" in some.response.errors[0].context
    none = await retrieve(dmp, "1.2.3")
    assert (none.response.status, codes(none.response)) == (xds_uuids.FAILURE, ["XDSDocumentUniqueIdError"])
    elsewhere = await retrieve(dmp, ids[0], repository="1.2.3")
    assert codes(elsewhere.response) == ["XDSUnknownRepositoryId"]


async def test_a_retrieval_can_be_partial_or_cut_for_the_asking(dmp: Dmp) -> None:
    ids = [(await dmp.software().submit(dmp.document()))[0].unique_id for _ in range(2)]
    with armed(dmp, faults.RETRIEVE_PARTIAL):
        some = await retrieve(dmp, *ids)
    assert (some.response.status, [one.document_unique_id for one in some.documents]) == (
        xds_uuids.PARTIAL_SUCCESS,
        ids[:1],
    )
    assert codes(some.response) == ["XDSDocumentUniqueIdError"]
    with armed(dmp, faults.RETRIEVE_TRUNCATED), pytest.raises(Refused) as cut:
        await retrieve(dmp, *ids)
    assert cut.value.status == 200
    assert isinstance(cut.value.__cause__, multipart.MultipartRefused)
    assert "truncated" in str(cut.value.__cause__)


async def test_a_search_too_wide_is_told_so(dmp: Dmp, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        await submits(dmp)
    frozen = dict(dmp.settings.__dict__)
    monkeypatch.setitem(dmp.settings.__dict__, "dmp_max_results", 1)
    assert codes(await searches(dmp)) == ["XDSTooManyResults"]
    monkeypatch.setitem(dmp.settings.__dict__, "dmp_max_results", frozen["dmp_max_results"])
    assert (await searches(dmp)).succeeded


async def test_a_patient_without_dmp_is_unknown_and_a_closed_one_too(dmp: Dmp) -> None:
    for key in ("P3", "P4"):
        _, answer = await dmp.software().submit(dmp.document(patient=key))
        assert codes(answer) == ["XDSUnknownPatientId"], key


async def test_a_vaccination_note_is_looked_into(dmp: Dmp) -> None:
    """EX_2.1-2035: the model 2023.01 and its format, checked in the header."""
    software = dmp.software()
    plain = dmp.document(type_code="87273-9")
    model = b'<templateId root="1.2.250.1.213.1.1.1.46" extension="%s"/><id '
    good = plain.replace(b"<id ", model % b"2023.01", 1)
    old = plain.replace(b"<id ", model % b"2021.01", 1)
    note = Code("urn:asip:ci-sis:vac-note:2021", "1.2.250.1.213.1.1.4.2.282")
    for document, entry_format, expected in (
        (plain, None, {"XDSRegistryMetadataError", "XDSRepositoryMetadataError"}),
        (good, None, {"XDSRegistryMetadataError"}),
        (old, note, {"XDSRepositoryMetadataError"}),
    ):
        submission = submission_of(document, software.user)
        if entry_format is not None:
            entry = replace(submission.entries[0], format_code=entry_format)
            submission = replace(submission, entries=(entry,))
        answer = await provide(software, submission, document)
        assert set(codes(answer)) == expected
        assert any("EX_2.1-2035" in error.context for error in answer.errors)
    async with parameters(dmp, {"controles": {"note-de-vaccination": False}}):
        assert codes(await provide(software, submission_of(plain, software.user), plain)) == []

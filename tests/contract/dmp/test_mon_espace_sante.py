"""Mon espace santé: the patient lists, reads, masks, is told."""

from __future__ import annotations

import asyncio

import pytest

from segur.personas import roles
from segur.wire import saml, xds, xds_query, xds_uuids
from tests.contract.dmp.conftest import CODE, Dmp

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def listed(dmp: Dmp) -> dict[str, dict[str, object]]:
    answer = await dmp.mes()
    assert answer.status_code == 200
    return {document["uniqueId"]: document for document in answer.json()["documents"]}


async def test_the_patient_is_told_of_a_document_and_reads_it(dmp: Dmp) -> None:
    document = dmp.document()
    entry, _ = await dmp.software().submit(document)
    told = (await dmp.mes("notifications")).json()["notifications"]
    assert (told[0]["code"], told[0]["documentId"]) == ("AJOUT_DOCUMENT", entry.unique_id)
    assert len(await dmp.facts("dmp.patient.notified", document_id=entry.unique_id)) == 1
    assert (await listed(dmp))[entry.unique_id]["masked"] is False
    content = await dmp.mes(f"documents/{entry.unique_id}/content")
    assert (content.content, content.headers["content-type"]) == (document, "text/xml; charset=utf-8")
    assert int(content.headers["content-length"]) == len(document)
    [read] = await dmp.facts("dmp.document.consulted", document_id=entry.unique_id)
    assert (read["reader"], read["door"]) == ("patient", "mes")


async def test_a_masked_document_is_found_by_its_author_and_the_treating_doctor_only(dmp: Dmp) -> None:
    entry, _ = await dmp.software().submit(dmp.document())
    before = (await listed(dmp))[entry.unique_id]
    masked = await dmp.mes(f"documents/{entry.unique_id}/mask", method="POST")
    assert (masked.json()["masked"], masked.json()["version"]) == (True, 2)
    again = await dmp.mes(f"documents/{entry.unique_id}/mask", method="POST")
    assert again.json() == masked.json()
    seen = {}
    for key in (roles.RADIOLOGIST, roles.GENERAL_PRACTITIONER, roles.OTHER_DOCTOR):
        found = await dmp.software(key).find(dmp.patient())
        seen[key] = entry.unique_id in [one.unique_id for one in found]
    assert seen == {roles.RADIOLOGIST: True, roles.GENERAL_PRACTITIONER: True, roles.OTHER_DOCTOR: False}
    fhir = await dmp.fhir(roles.OTHER_DOCTOR).find(dmp.patient().ins, identifier=f"urn:oid:{entry.unique_id}")
    assert fhir == []
    assert len(await dmp.facts("dmp.document.masked", document_id=entry.unique_id, by="patient")) == 1
    shown = await dmp.mes(f"documents/{entry.unique_id}/unmask", method="POST")
    assert (shown.json()["masked"], shown.json()["version"]) == (False, 3)
    assert before["masked"] is False
    assert len(await dmp.facts("dmp.document.unmasked", document_id=entry.unique_id)) == 1


async def test_of_many_maskings_at_a_time_one_counts(dmp: Dmp) -> None:
    entry, _ = await dmp.software().submit(dmp.document())
    path = f"documents/{entry.unique_id}/mask"
    answers = await asyncio.gather(*(dmp.mes(path, method="POST") for _ in range(5)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len(await dmp.facts("dmp.document.masked", document_id=entry.unique_id)) == 1
    assert (await listed(dmp))[entry.unique_id]["version"] == 2


async def test_masking_makes_a_new_version_and_hides_the_former_one_too(dmp: Dmp) -> None:
    entry, _ = await dmp.software().submit(dmp.document())
    reader = dmp.software(roles.GENERAL_PRACTITIONER)
    [first] = [one for one in await reader.find(dmp.patient()) if one.unique_id == entry.unique_id]
    await dmp.mes(f"documents/{entry.unique_id}/mask", method="POST")
    [second] = [one for one in await reader.find(dmp.patient()) if one.unique_id == entry.unique_id]
    assert (second.logical_id, second.version) == (first.logical_id, 2)
    assert second.entry_uuid != first.entry_uuid

    async def by_uuid(key: str) -> list[str]:
        asked = xds_query.StoredQuery("GetDocuments", {"$XDSDocumentEntryEntryUUID": ((first.entry_uuid,),)})
        answer = await dmp.software(key).call(
            "registry",
            "urn:ihe:iti:2007:RegistryStoredQuery",
            xds_query.write_query(asked),
            dmp.patient().ins,
            saml.AuthenticationMode.REINFORCED,
        )
        return [one.status for one in xds.read_query_response(answer.root).entries]

    assert await by_uuid(roles.GENERAL_PRACTITIONER) == [xds_uuids.DEPRECATED]
    assert await by_uuid(roles.OTHER_DOCTOR) == []


async def test_what_awaits_its_announcement_is_not_shown_and_not_told(dmp: Dmp) -> None:
    entry, answer = await dmp.software().submit(dmp.document(), masks=("INVISIBLE_PATIENT",))
    assert answer.succeeded, answer.errors
    assert entry.unique_id not in await listed(dmp)
    assert (await dmp.mes(f"documents/{entry.unique_id}/content")).status_code == 404
    assert await dmp.facts("dmp.patient.notified", document_id=entry.unique_id) == []
    [told] = await dmp.facts("dmp.document.submitted", document_id=entry.unique_id)
    assert told["hidden_from_patient"] is True
    found = await dmp.software(roles.OTHER_DOCTOR).find(dmp.patient())
    assert entry.unique_id in [one.unique_id for one in found]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("patients/290019999999956/documents", 404),
        ("patients/x/documents", 404),
        ("patients/279035121518989/documents/1.2.3/content", 404),
        ("patients/279035121518989/nothing", 404),
    ],
)
async def test_what_is_not_there_is_not_found(dmp: Dmp, path: str, status: int) -> None:
    answer = await dmp.client().get(f"{dmp.base}/mes/api/{path}", headers=CODE)
    assert answer.status_code == status


async def test_without_the_code_nothing_is_shown_and_the_refusal_is_told(dmp: Dmp) -> None:
    url = f"{dmp.base}/mes/api/patients/{dmp.patient().ins.matricule}/documents"
    for code in ("", "123456", "é"):
        answer = await dmp.client().get(url, headers={"x-mes-code": code.encode()})
        assert answer.status_code == 401
        assert answer.headers["content-type"].startswith("application/problem+json")
    assert await dmp.facts("dmp.access.refused", operation="MES", code="MES_CODE")


async def test_one_patient_does_not_reach_the_documents_of_another(dmp: Dmp) -> None:
    entry, _ = await dmp.software().submit(dmp.document())
    assert (await dmp.mes(f"documents/{entry.unique_id}/content", "P2")).status_code == 404
    assert (await dmp.mes(f"documents/{entry.unique_id}/mask", "P2", "POST")).status_code == 404

"""What patients do with documents, proved by what professionals then find by SOAP."""

from __future__ import annotations

import base64

import httpx
import pytest

from segur.personas import roles
from segur.wire import cda
from tests.contract.dmp.conftest import CODE, Dmp

pytestmark = pytest.mark.asyncio(loop_scope="module")

PDF = b"%PDF-1.4 fictif"


async def call(
    dmp: Dmp, method: str, path: str, body: object = None, *, patient: str = roles.PATIENT, who: str = ""
) -> httpx.Response:
    """A call of Mon espace santé; `who` is the header x-mes-as."""
    url = f"{dmp.base}/mes/api/patients/{dmp.patient(patient).ins.matricule}{path}"
    headers = CODE | ({"x-mes-as": who} if who else {})
    return await dmp.client().request(method, url, json=body, headers=headers)


def upload(title: str = "Mon résultat", **more: str) -> dict[str, str]:
    return {
        "category": "BIOLOGIE",
        "title": title,
        "date": "2026-01-15",
        "filename": "resultat.pdf",
        "content": base64.b64encode(PDF).decode(),
    } | more


async def found(
    dmp: Dmp, unique_id: str, reader: str = roles.GENERAL_PRACTITIONER, patient: str = roles.PATIENT
) -> bool:
    """Whether a professional finds the document by SOAP."""
    return unique_id in [one.unique_id for one in await dmp.software(reader).find(dmp.patient(patient))]


async def test_a_document_of_the_patient_is_found_and_read_by_professionals_at_once(dmp: Dmp) -> None:
    added = await call(dmp, "POST", "/documents", upload())
    assert added.status_code == 201, added.text
    mine = added.json()
    assert (mine["category"], mine["typeCode"], mine["canOwnerDelete"]) == ("BIOLOGIE", "DOCPAT05", True)
    [entry] = [
        one
        for one in await dmp.software(roles.GENERAL_PRACTITIONER).find(dmp.patient())
        if one.unique_id == mine["uniqueId"]
    ]
    assert (entry.facility_type.code, entry.practice_setting.code) == ("EXP_PATIENT", "EXP_PATIENT")
    assert entry.authors[0].who.id_type == "NH"
    content = (await call(dmp, "GET", f"/documents/{mine['uniqueId']}/content")).content
    header = cda.read_header(content)
    assert header.custodian.ids[0].root == "1.2.250.1.213.4.1"
    embedded = cda.read_embedded_file(content)
    assert embedded is not None
    assert (embedded.media_type, embedded.content) == ("application/pdf", PDF)
    [told] = await dmp.facts("dmp.document.submitted", document_id=mine["uniqueId"])
    assert (told["door"], told["author"]) == ("mes", "patient")
    assert await dmp.facts("dmp.patient.notified", document_id=mine["uniqueId"]) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"filename": "virus.exe"}, "file"),
        ({"filename": "resultat.jpg"}, "file"),
        ({"content": ""}, "content"),
        ({"category": "REMB"}, "category"),
        ({"category": "?"}, "category"),
        ({"title": "x" * 129}, "title"),
        ({"date": "2099-01-01"}, "date"),
        ({"date": "hier"}, "date"),
        ({"confidentiality": "INVISIBLE_PATIENT"}, "confidentiality"),
        ({"confidentiality": "INVISIBLE_REPRESENTANTS_LEGAUX"}, "confidentiality"),
    ],
)
async def test_what_cannot_be_added_is_named(dmp: Dmp, change: dict[str, str], field: str) -> None:
    refused = await call(dmp, "POST", "/documents", upload(**change))
    assert refused.status_code == 400
    assert f"[{field}]" in refused.json()["detail"]


async def test_an_own_document_is_edited_as_a_new_version_and_deleted(dmp: Dmp) -> None:
    unique_id = (await call(dmp, "POST", "/documents", upload("Avant"))).json()["uniqueId"]
    edited = await call(dmp, "PATCH", f"/documents/{unique_id}", {"title": "Après", "category": "CPT_REND"})
    assert (edited.json()["title"], edited.json()["category"], edited.json()["version"]) == ("Après", "CPT_REND", 2)
    [entry] = [one for one in await dmp.software().find(dmp.patient()) if one.unique_id == unique_id]
    assert (entry.title, entry.type_code.code, entry.class_code.code, entry.version) == ("Après", "DOCPAT03", "10", 2)
    [told] = await dmp.facts("mes.document.edited", document_id=unique_id)
    assert told["fields"] == ["title", "type_code"]
    assert (await call(dmp, "DELETE", f"/documents/{unique_id}")).status_code == 204
    assert not await found(dmp, unique_id)
    assert (await call(dmp, "GET", f"/documents/{unique_id}")).status_code == 404


async def test_a_document_of_a_professional_is_neither_edited_nor_deleted_by_the_patient(dmp: Dmp) -> None:
    entry, _ = await dmp.software().submit(dmp.document())
    assert (await call(dmp, "PATCH", f"/documents/{entry.unique_id}", {"title": "x"})).status_code == 400
    assert (await call(dmp, "DELETE", f"/documents/{entry.unique_id}")).status_code == 403
    assert await found(dmp, entry.unique_id)


async def test_masked_by_default_every_new_document_is_hidden_from_other_professionals(dmp: Dmp) -> None:
    changed = await call(dmp, "PUT", "/masking", {"documentsMaskedByDefault": True})
    try:
        assert changed.json() == {"changed": True}
        own = (await call(dmp, "POST", "/documents", upload())).json()["uniqueId"]
        entry, _ = await dmp.software().submit(dmp.document())
        assert not await found(dmp, own, roles.OTHER_DOCTOR)
        assert not await found(dmp, entry.unique_id, roles.OTHER_DOCTOR)
        assert await found(dmp, entry.unique_id, roles.RADIOLOGIST)
    finally:
        await call(dmp, "PUT", "/masking", {"documentsMaskedByDefault": False})


async def test_pins_reports_and_categories_are_kept(dmp: Dmp) -> None:
    unique_id = (await call(dmp, "POST", "/documents", upload(category="VDP"))).json()["uniqueId"]
    assert (await call(dmp, "PUT", f"/documents/{unique_id}/pin", {"pinned": True})).status_code == 204
    [only] = [
        one
        for one in (await call(dmp, "GET", "/documents?category=VDP")).json()["documents"]
        if one["uniqueId"] == unique_id
    ]
    assert only["pinned"] is True
    report = {"type": "SIGNALEMENT_DOC", "about": unique_id, "reason": "Ce n'est pas moi"}
    assert (await call(dmp, "POST", "/reports", report)).status_code == 201
    assert await dmp.facts("mes.report.made", about=unique_id)
    assert (await call(dmp, "POST", "/reports", report | {"type": "x"})).status_code == 400


async def test_a_blocked_professional_finds_nothing_until_unblocked_and_authorized_anew(dmp: Dmp) -> None:
    doctor = dmp.country.professional(roles.OTHER_DOCTOR)
    rpps = str(doctor.id_nat)[1:]
    software = dmp.software(roles.OTHER_DOCTOR)
    await software.find(dmp.patient())
    assert (await call(dmp, "POST", "/consents", {"professional": rpps, "action": "block"})).json()["changed"]
    with pytest.raises(Exception, match="bloqué"):
        await software.find(dmp.patient())
    [line] = [
        one for one in (await call(dmp, "GET", "/consents")).json()["consents"] if one["id"] == str(doctor.id_nat)
    ]
    assert (line["decision"], line["type"], doctor.family_name in line["name"]) == ("deny", "PS", True)
    assert (await call(dmp, "POST", "/consents", {"professional": rpps, "action": "unblock"})).json()["changed"]
    with pytest.raises(Exception, match="INEXISTANTE"):
        await software.find(dmp.patient())
    assert (await call(dmp, "POST", "/consents", {"professional": rpps, "action": "administrator"})).json()["changed"]
    masked = (await call(dmp, "POST", "/documents", upload(confidentiality="MASQUE_PS"))).json()["uniqueId"]
    assert await found(dmp, masked, roles.OTHER_DOCTOR)
    unknown = await call(dmp, "POST", "/consents", {"professional": "10000000000", "action": "block"})
    assert unknown.status_code == 400


async def test_the_history_tells_who_did_what_by_group_and_by_professional(dmp: Dmp) -> None:
    entry, _ = await dmp.software().submit(dmp.document())
    await dmp.software(roles.GENERAL_PRACTITIONER).find(dmp.patient())
    await call(dmp, "POST", f"/documents/{entry.unique_id}/mask")
    doctor = str(dmp.country.professional(roles.GENERAL_PRACTITIONER).id_nat)
    by_doctor = (await call(dmp, "GET", f"/history?actor={doctor}")).json()["traces"]
    assert by_doctor[0]["action"] == "dmp.record.searched"
    assert {one["actor"] for one in by_doctor} == {doctor}
    own = (await call(dmp, "GET", "/history?own=true&group=MEDICAL_DOCUMENT")).json()["traces"]
    assert (own[0]["action"], own[0]["documentId"]) == ("dmp.document.masked", entry.unique_id)
    assert (await call(dmp, "GET", "/history?group=x")).status_code == 400

"""PATCH of a DocumentReference: the acts of TD3.3 by FHIR, seen by SOAP, and the other way round."""

from __future__ import annotations

from typing import Any

import httpx
import orjson
import pytest

from segur.personas import roles
from segur.scenario.actors.fhir_lps import BASE, FhirSoftware, Refused
from segur.wire import fhir_pdsm, xds_uuids
from segur.wire.fhir_json import CONFIDENTIALITY, VISIBILITY
from segur.wire.fhir_pdsm_write import IS_ARCHIVED
from tests.contract.dmp.conftest import Dmp
from tests.contract.dmp.registry_software import find, new_confidentiality, new_status, stored, update

pytestmark = pytest.mark.asyncio(loop_scope="module")

JSON_PATCH = "application/json-patch+json"
MASKED = {"coding": [{"system": VISIBILITY, "code": "MASQUE_PS"}]}
HIDDEN = {"coding": [{"system": VISIBILITY, "code": "INVISIBLE_PATIENT"}]}
NORMAL = {"coding": [{"system": CONFIDENTIALITY, "code": "N"}]}
ARCHIVED = {"url": IS_ARCHIVED, "valueBoolean": True}


async def patch(
    software: FhirSoftware, base: str, where: str, body: Any, kind: str = JSON_PATCH, **headers: str
) -> httpx.Response:
    """A PATCH as the software sends it."""
    told = {"content-type": kind, **{name.replace("_", "-"): value for name, value in headers.items()}}
    if software.token:
        told["authorization"] = f"Bearer {software.token}"
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return await software.client.patch(f"{base}{BASE}/{where}", content=content, headers=told)


def fhirpath(**parts: Any) -> dict[str, Any]:
    """A FHIRPath Patch of one operation; `value` comes with its type, as `valueCode`."""
    told = [
        {"name": "value" if name.startswith("value") else name, **_valued(name, value)} for name, value in parts.items()
    ]
    return {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": told}]}


def _valued(name: str, value: Any) -> dict[str, Any]:
    kinds = {"type": "valueCode", "path": "valueString", "name": "valueString", "index": "valueInteger"}
    return {kinds.get(name, name): value}


LABELS = "/securityLabel"
MASKING: dict[str, tuple[Any, str]] = {
    "JSON Patch, added": ([{"op": "add", "path": f"{LABELS}/-", "value": MASKED}], JSON_PATCH),
    "JSON Patch, all replaced": ([{"op": "replace", "path": LABELS, "value": [NORMAL, MASKED]}], JSON_PATCH),
    "JSON Patch, tested first": (
        [{"op": "test", "path": "/status", "value": "current"}, {"op": "add", "path": f"{LABELS}/1", "value": MASKED}],
        JSON_PATCH,
    ),
    "FHIRPath, added": (
        fhirpath(type="add", path="DocumentReference", name="securityLabel", valueCodeableConcept=MASKED),
        "application/fhir+json",
    ),
    "FHIRPath, replaced as the national example has it": (
        fhirpath(type="replace", path="DocumentReference.securityLabel", valueCodeableConcept=MASKED),
        "application/fhir+json; charset=utf-8",
    ),
}


@pytest.mark.parametrize("form", MASKING)
async def test_masking_by_fhir_is_seen_by_soap(dmp: Dmp, form: str) -> None:
    unique_id, identity = await dmp.fhir().submit(dmp.document())
    body, kind = MASKING[form]
    answer = await patch(dmp.fhir(), dmp.base, f"DocumentReference/{identity}", body, kind)
    assert answer.status_code == 200, answer.text
    resource = answer.json()
    assert resource["meta"]["versionId"] == "2"
    assert answer.headers["etag"] == 'W/"2"'
    assert answer.headers["content-location"].endswith(f"/DocumentReference/{resource['id']}")
    assert resource["id"] != identity
    entry = await stored(dmp.software(), dmp.patient(), unique_id)
    assert sorted(code.code for code in entry.confidentiality) == ["MASQUE_PS", "N"]
    assert (entry.version, entry.logical_id) == (2, f"urn:uuid:{identity}")
    assert await dmp.facts("dmp.document.masked", document_id=unique_id)
    before = await dmp.fhir().read("DocumentReference", identity)
    assert (before["status"], before["meta"]["versionId"]) == ("superseded", "1")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ([{"op": "remove", "path": "/securityLabel/1"}], JSON_PATCH),
        (
            fhirpath(type="delete", path="DocumentReference.securityLabel.where(coding.code='MASQUE_PS')"),
            "application/fhir+json",
        ),
        (
            fhirpath(type="replace", path="DocumentReference.securityLabel", valueCodeableConcept=NORMAL),
            "application/fhir+json",
        ),
    ],
)
async def test_what_soap_masked_is_shown_again_by_a_conditional_patch(dmp: Dmp, body: Any, kind: str) -> None:
    entry, answer = await dmp.software().submit(dmp.document(), masks=("MASQUE_PS",))
    assert answer.succeeded
    where = f"DocumentReference?identifier=urn:ietf:rfc:3986|urn:oid:{entry.unique_id}"
    done = await patch(dmp.fhir(), dmp.base, where, body, kind)
    assert done.status_code == 200, done.text
    [found] = [one for one in await find(dmp.software(), dmp.patient()) if one.unique_id == entry.unique_id]
    assert [code.code for code in found.confidentiality] == ["N"]
    assert await dmp.facts("dmp.document.unmasked", document_id=entry.unique_id)


async def test_archiving_and_unarchiving_go_through_the_extension(dmp: Dmp) -> None:
    unique_id, identity = await dmp.fhir().submit(dmp.document())
    author, patient, where = dmp.fhir(), dmp.patient(), f"DocumentReference/{identity}"
    archived = await patch(author, dmp.base, where, [{"op": "add", "path": "/extension", "value": [ARCHIVED]}])
    assert archived.status_code == 200, archived.text
    assert archived.json()["extension"] == [ARCHIVED]
    assert (archived.json()["id"], archived.json()["meta"]["versionId"]) == (identity, "1.1")
    assert (await stored(dmp.software(), patient, unique_id)).status == xds_uuids.ARCHIVED
    assert unique_id in [_unique_id(one) for one in await author.find(patient.ins, isArchived="true")]
    assert unique_id not in [_unique_id(one) for one in await author.find(patient.ins, isArchived="false")]
    path = f"DocumentReference.extension('{IS_ARCHIVED}').value"
    back = fhirpath(type="replace", path=path, valueBoolean=False)
    shown = await patch(author, dmp.base, where, back, "application/fhir+json")
    assert shown.status_code == 200, shown.text
    assert (shown.json()["meta"]["versionId"], "extension" in shown.json()) == ("1.2", False)
    assert (await stored(dmp.software(), patient, unique_id)).status == xds_uuids.APPROVED
    facts = [await dmp.facts(f"dmp.document.{what}", document_id=unique_id) for what in ("archived", "unarchived")]
    assert [len(told) for told in facts] == [1, 1]


async def test_deleting_by_fhir_is_seen_by_soap(dmp: Dmp) -> None:
    unique_id, identity = await dmp.fhir().submit(dmp.document())
    body = fhirpath(type="replace", path="DocumentReference.status", valueCode="entered-in-error")
    answer = await patch(dmp.fhir(), dmp.base, f"DocumentReference/{identity}", body, "application/fhir+json")
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "entered-in-error"
    assert unique_id not in [one.unique_id for one in await find(dmp.software(), dmp.patient())]
    [told] = await dmp.facts("dmp.document.deleted", document_id=unique_id)
    assert told["by"] == str(dmp.software().user.id_nat)


async def test_what_soap_changes_is_seen_by_fhir(dmp: Dmp) -> None:
    entry, answer = await dmp.software().submit(dmp.document())
    assert answer.succeeded
    author, patient = dmp.software(), dmp.patient()
    identifier = {"identifier": f"urn:oid:{entry.unique_id}"}

    async def seen() -> list[dict[str, Any]]:
        return await dmp.fhir().find(patient.ins, **identifier)

    current = await stored(author, patient, entry.unique_id)
    masked = new_confidentiality(current, fhir_code("MASQUE_PS"))
    assert (await update(author, patient, masked)).succeeded
    [reference] = await seen()
    assert reference["securityLabel"][1]["coding"][0]["code"] == "MASQUE_PS"
    assert reference["meta"]["versionId"] == "2"
    current = await stored(author, patient, entry.unique_id)
    assert (await update(author, patient, new_status(current, xds_uuids.ARCHIVED))).succeeded
    [reference] = await seen()
    assert reference["extension"] == [ARCHIVED]
    current = await stored(author, patient, entry.unique_id)
    assert (await update(author, patient, new_status(current, xds_uuids.DELETED))).succeeded
    assert await seen() == []


def fhir_code(code: str) -> Any:
    """A code of TRE_A07."""
    concept = {"coding": [{"system": VISIBILITY, "code": code}]}
    resource = {"resourceType": "DocumentReference", "status": "current"}
    [found], _ = fhir_pdsm.change_of(resource, {**resource, "securityLabel": [concept]})
    return found


def _unique_id(reference: dict[str, Any]) -> str:
    return str(reference["masterIdentifier"]["value"]).removeprefix("urn:oid:")


REFUSED: dict[str, tuple[Any, str, int, str]] = {
    "another element": ([{"op": "replace", "path": "/description", "value": "x"}], JSON_PATCH, 405, "not-supported"),
    "the whole": ([{"op": "replace", "path": "", "value": {}}], JSON_PATCH, 405, "not-supported"),
    "another extension": (
        [{"op": "add", "path": "/extension", "value": [{"url": "http://x", "valueBoolean": True}]}],
        JSON_PATCH, 405, "not-supported",
    ),
    "another element by FHIRPath": (
        fhirpath(type="replace", path="DocumentReference.type", valueCode="x"),
        "application/fhir+json", 405, "not-supported",
    ),
    "no array": ({"op": "add"}, JSON_PATCH, 400, "structure"),
    "no JSON": (b"[", JSON_PATCH, 400, "structure"),
    "no operation": ([{"op": "grow", "path": "/status"}], JSON_PATCH, 400, "invalid"),
    "no pointer": ([{"op": "add", "path": "status", "value": 1}], JSON_PATCH, 400, "value"),
    "a path that is none": (
        fhirpath(type="delete", path="DocumentReference.securityLabel.all()"),
        "application/fhir+json", 400, "not-supported",
    ),
    "a test that fails": ([{"op": "test", "path": "/status", "value": "superseded"}], JSON_PATCH, 422, "conflict"),
    "nothing there": ([{"op": "remove", "path": "/securityLabel/7"}], JSON_PATCH, 422, "invalid"),
    "no status": ([{"op": "replace", "path": "/status", "value": "lost"}], JSON_PATCH, 422, "value"),
    "a status nobody gives": (
        [{"op": "replace", "path": "/status", "value": "superseded"}], JSON_PATCH, 422, "XDSMetadataUpdateError",
    ),
    "nothing changed": (
        [{"op": "replace", "path": "/status", "value": "current"}], JSON_PATCH, 422, "XDSMetadataUpdateError",
    ),
    "hidden from the patient": (
        [{"op": "add", "path": "/securityLabel/-", "value": HIDDEN}],
        JSON_PATCH, 422, "XDSMetadataUpdateError",
    ),
    "two at once": (
        [
            {"op": "replace", "path": "/status", "value": "entered-in-error"},
            {"op": "add", "path": "/securityLabel/-", "value": MASKED},
        ],
        JSON_PATCH, 422, "not-supported",
    ),
    "XML Patch": (b"<diff/>", "application/xml-patch+xml", 415, "not-supported"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
async def test_a_patch_that_cannot_be_is_refused_with_the_rule_and_changes_nothing(dmp: Dmp, name: str) -> None:
    unique_id, identity = await dmp.fhir().submit(dmp.document())
    body, kind, status, code = REFUSED[name]
    answer = await patch(dmp.fhir(), dmp.base, f"DocumentReference/{identity}", body, kind)
    assert answer.status_code == status, answer.text
    [issue] = answer.json()["issue"]
    assert code in (issue["code"], issue.get("details", {}).get("coding", [{}])[0].get("code"))
    entry = await stored(dmp.software(), dmp.patient(), unique_id)
    assert (entry.entry_uuid, entry.status, entry.version) == (f"urn:uuid:{identity}", xds_uuids.APPROVED, 1)


async def test_who_may_not_is_refused_and_who_may_not_know_finds_nothing(dmp: Dmp) -> None:
    unique_id, identity = await dmp.fhir().submit(dmp.document())
    where = f"DocumentReference/{identity}"
    deletion = [{"op": "replace", "path": "/status", "value": "entered-in-error"}]
    by_other = await patch(dmp.fhir(roles.BIOLOGIST), dmp.base, where, deletion)
    assert by_other.status_code == 403, by_other.text
    nobody = await patch(FhirSoftware(dmp.client(https=True), dmp.base, dmp.fhir().user), dmp.base, where, deletion)
    assert nobody.status_code == 401
    for unknown in (
        "DocumentReference/none",
        "DocumentReference?identifier=urn:ietf:rfc:3986|urn:oid:1.2.3.4.5",
        "DocumentReference?identifier=urn:ietf:rfc:3986|urn:uuid:00000000-0000-4000-8000-000000000000",
    ):
        answer = await patch(dmp.fhir(), dmp.base, unknown, deletion)
        assert (answer.status_code, answer.json()["issue"][0]["code"]) == (404, "not-found")
    for wrong in (
        "DocumentReference",
        "DocumentReference?identifier=",
        f"DocumentReference?identifier={unique_id}&x=y",
    ):
        assert (await patch(dmp.fhir(), dmp.base, wrong, deletion)).status_code == 400
    assert (await patch(dmp.fhir(), dmp.base, where, deletion)).status_code == 200


async def test_what_is_deleted_is_gone_for_who_saw_it_and_unknown_to_others(dmp: Dmp) -> None:
    unique_id, identity = await dmp.fhir().submit(dmp.document())
    author, where = dmp.fhir(), f"DocumentReference/{identity}"
    deletion = [{"op": "replace", "path": "/status", "value": "entered-in-error"}]
    assert (await patch(author, dmp.base, where, deletion)).status_code == 200
    for body in (deletion, [{"op": "add", "path": f"{LABELS}/-", "value": MASKED}]):
        again = await patch(author, dmp.base, where, body)
        assert (again.status_code, again.json()["issue"][0]["code"]) == (410, "deleted"), again.text
        assert "déjà supprimé" in again.text
        assert again.json()["issue"][0]["details"]["coding"][0]["code"] == "XDSMetadataUpdateError"
    gateway = dmp.fhir(token=False)  # a structure deletes what it fed, without ever reading
    conditional = f"DocumentReference?identifier=urn:ietf:rfc:3986|urn:oid:{unique_id}"
    assert (await patch(gateway, dmp.base, conditional, deletion)).status_code == 410
    for kind in ("DocumentReference", "Binary"):
        with pytest.raises(Refused) as gone:
            await dmp.fhir(roles.GENERAL_PRACTITIONER).read(kind, identity)
        assert gone.value.status == 410
        assert "déjà supprimé" in gone.value.reason
    with pytest.raises(Refused, match="auteur") as refused:
        await dmp.fhir(roles.BIOLOGIST).delete(unique_id)
    assert refused.value.status == 403


async def test_of_a_masked_document_that_was_deleted_others_learn_nothing(dmp: Dmp) -> None:
    _, identity = await dmp.fhir().submit(dmp.document(), masks=("MASQUE_PS",))
    deletion = [{"op": "replace", "path": "/status", "value": "entered-in-error"}]
    assert (await patch(dmp.fhir(), dmp.base, f"DocumentReference/{identity}", deletion)).status_code == 200
    await dmp.software(roles.PHARMACIST).authorize(dmp.patient())
    for kind in ("DocumentReference", "Binary"):
        with pytest.raises(Refused) as unknown:
            await dmp.fhir(roles.PHARMACIST).read(kind, identity)
        assert unknown.value.status == 404


async def test_a_former_version_is_read_and_not_changed(dmp: Dmp) -> None:
    _, former = await dmp.fhir().submit(dmp.document())
    where, masking = f"DocumentReference/{former}", MASKING["JSON Patch, added"][0]
    assert (await patch(dmp.fhir(), dmp.base, where, masking)).status_code == 200
    assert (await dmp.fhir().read("DocumentReference", former))["status"] == "superseded"
    again = await patch(dmp.fhir(), dmp.base, where, masking)
    assert (again.status_code, again.json()["issue"][0]["code"]) == (422, "business-rule")
    assert "name the current version" in again.text


async def test_a_patch_of_another_version_is_not_done(dmp: Dmp) -> None:
    _, identity = await dmp.fhir().submit(dmp.document())
    where = f"DocumentReference/{identity}"
    body = [{"op": "add", "path": "/extension", "value": [ARCHIVED]}]
    stale = await patch(dmp.fhir(), dmp.base, where, body, if_match='W/"7"')
    assert (stale.status_code, stale.json()["issue"][0]["code"]) == (412, "conflict")
    fresh = await patch(dmp.fhir(), dmp.base, where, body, if_match='W/"7", W/"1"')
    assert fresh.status_code == 200, fresh.text

"""Transactions (ITI-65) that name old documents by a condition, or hold what the DMP does not take."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import httpx
import pytest

from segur.personas import roles
from segur.scenario.actors.fhir_lps import BASE, JSON, FhirSoftware
from segur.scenario.actors.lps import submission_of
from segur.wire import fhir_pdsm, xds_uuids
from segur.wire.xds import Association
from tests.contract.dmp.conftest import Dmp

pytestmark = pytest.mark.asyncio(loop_scope="module")

JSON_PATCH = b'[{"op": "replace", "path": "/status", "value": "superseded"}]'


def bundle(dmp: Dmp, replaced: str = "", patient: str = roles.PATIENT) -> dict[str, Any]:
    """A transaction; `replaced` is how it names the old document."""
    user, document = dmp.fhir().user, dmp.document(patient)
    submission = submission_of(document, user)
    if replaced:
        link = Association("r1", xds_uuids.REPLACES, "Document01", replaced)
        submission = replace(submission, associations=(*submission.associations, link))
    return fhir_pdsm.bundle_from_submission(submission, {"Document01": document})


async def post(software: FhirSoftware, base: str, sent: dict[str, Any]) -> httpx.Response:
    """Send a transaction."""
    told = {**JSON, "authorization": f"Bearer {software.token}"}
    return await software.client.post(f"{base}{BASE}", json=sent, headers=told)


@pytest.mark.parametrize("form", ["Parameters", "Binary"])
async def test_a_replacement_names_the_old_document_by_its_identifier(dmp: Dmp, form: str) -> None:
    author = dmp.fhir()
    unique_id, old = await author.submit(dmp.document())
    sent = bundle(dmp, f"DocumentReference?identifier=urn:ietf:rfc:3986|urn:oid:{unique_id}")
    assert sent["entry"][3]["request"]["method"] == "PATCH"
    assert "?" in sent["entry"][3]["request"]["url"]
    if form == "Binary":
        data = base64.b64encode(JSON_PATCH).decode()
        patch = {"resourceType": "Binary", "contentType": "application/json-patch+json", "data": data}
        sent["entry"][3]["resource"] = patch
    answer = await post(author, dmp.base, sent)
    assert answer.status_code == 200, answer.text
    told = [part["response"] for part in answer.json()["entry"]]
    assert [one["status"][:3] for one in told] == ["201", "201", "201", "200"]
    assert told[3]["location"] == f"DocumentReference/{old}"
    assert (await author.read("DocumentReference", old))["status"] == "superseded"
    new = await author.read(*told[1]["location"].split("/"))
    assert new["relatesTo"][0]["target"]["reference"] == f"DocumentReference/{old}"
    changed = await author.hide(new["masterIdentifier"]["value"].removeprefix("urn:oid:"), "MASQUE_PS")
    assert changed["relatesTo"] == new["relatesTo"]
    assert changed == await author.read("DocumentReference", changed["id"])
    [fact] = await dmp.facts("dmp.document.submitted", replaces=unique_id)
    assert fact["door"] == "fhir"


async def test_a_masked_document_is_replaced_by_its_logical_id_too(dmp: Dmp) -> None:
    """The logicalId is that of the first version; the current one is meant, by PATCH and by search as well."""
    author = dmp.fhir()
    unique_id, first = await author.submit(dmp.document())
    current = await author.hide(unique_id, "MASQUE_PS")
    [found] = await author.find(dmp.patient().ins, identifier=f"urn:ietf:rfc:3986|urn:uuid:{first}")
    assert found["id"] == current["id"]
    answer = await post(
        author, dmp.base, bundle(dmp, f"DocumentReference?identifier=urn:ietf:rfc:3986|urn:uuid:{first}")
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["entry"][3]["response"]["location"] == f"DocumentReference/{current['id']}"


@pytest.mark.parametrize("whose", ["nobody's", "another patient's"])
async def test_a_condition_that_names_no_document_of_the_patient_is_not_found(dmp: Dmp, whose: str) -> None:
    unique_id = "1.2.3.4.5"
    if whose != "nobody's":
        unique_id, _ = await dmp.fhir().submit(dmp.document("DMP-IMAGERIE"))
    before = await dmp.held()
    sent = bundle(dmp, f"DocumentReference?identifier=urn:ietf:rfc:3986|urn:oid:{unique_id}")
    answer = await post(dmp.fhir(), dmp.base, sent)
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (404, "not-found"), answer.text
    assert unique_id in answer.text
    assert await dmp.held() == before


async def test_a_folder_is_refused_by_element_with_what_to_do_instead(dmp: Dmp) -> None:
    sent = bundle(dmp)
    folder = {
        "resourceType": "List",
        "meta": {
            "profile": ["https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-folder-comprehensive"]
        },
        "status": "current",
        "mode": "working",
        "code": {"coding": [{"system": "https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes", "code": "folder"}]},
    }
    sent["entry"].append({"fullUrl": "urn:uuid:f", "resource": folder, "request": {"method": "POST", "url": "List"}})
    before = await dmp.held()
    answer = await post(dmp.fhir(), dmp.base, sent)
    [issue] = answer.json()["issue"]
    assert (answer.status_code, issue["code"]) == (422, "not-supported")
    assert issue["expression"] == ["Bundle.entry[3].resource.code"]
    for word in ("folder", "leave this List out", "referenceIdList"):
        assert word in issue["diagnostics"]
    assert await dmp.held() == before


async def test_a_content_that_no_document_names_is_refused(dmp: Dmp) -> None:
    sent = bundle(dmp)
    binary = {"resourceType": "Binary", "contentType": "text/xml", "data": "eA=="}
    sent["entry"].append({"fullUrl": "urn:uuid:b", "resource": binary, "request": {"method": "POST", "url": "Binary"}})
    answer = await post(dmp.fhir(), dmp.base, sent)
    assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (422, ["Bundle.entry[3].resource"])

"""The FHIR door: submit, search, read, page; refusals are OperationOutcomes and leave nothing."""

from __future__ import annotations

import base64
import copy
import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from segur.contracts.psc import SessionClosed
from segur.kernel import outbox
from segur.kernel.delivery import deliver
from segur.personas import roles
from segur.scenario.actors.fhir_lps import BASE, JSON, Refused
from segur.scenario.actors.lps import submission_of
from segur.wire import fhir_pdsm, xds, xds_uuids
from tests.contract.dmp.conftest import HTTPS, Dmp

pytestmark = pytest.mark.asyncio(loop_scope="module")

INS = "urn:oid:1.2.250.1.213.1.4.10"


def bundle(dmp: Dmp) -> dict[str, Any]:
    """A good transaction of one document."""
    document = dmp.document()
    submission = submission_of(document, dmp.country.professional(roles.RADIOLOGIST))
    return fhir_pdsm.bundle_from_submission(submission, {"Document01": document})


async def post(dmp: Dmp, body: Any, path: str = "", **options: Any) -> httpx.Response:
    """A transaction by the radiologist."""
    lps = dmp.fhir()
    headers = {"authorization": f"Bearer {lps.token}", **JSON, **options.pop("headers", {})}
    content = {"content": body} if isinstance(body, bytes) else {"json": body}
    return await lps.client.post(f"{dmp.base}{BASE}{path}", headers=headers, **content, **options)


async def test_a_transaction_is_answered_entry_by_entry_with_readable_places(dmp: Dmp) -> None:
    sent = bundle(dmp)
    answer = await post(dmp, sent)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/fhir+json")
    received = answer.json()
    assert received["type"] == "transaction-response"
    places = [entry["response"]["location"] for entry in received["entry"]]
    assert [place.partition("/")[0] for place in places] == ["List", "DocumentReference", "Binary"]
    assert {entry["response"]["status"] for entry in received["entry"]} == {"201 Created"}
    reader = dmp.fhir(roles.GENERAL_PRACTITIONER)
    lot, reference = await reader.read(*places[0].split("/")), await reader.read(*places[1].split("/"))
    assert [item["item"]["reference"] for item in lot["entry"]] == [places[1]]
    document = base64.b64decode(sent["entry"][2]["resource"]["data"])
    attachment = reference["content"][0]["attachment"]
    assert attachment["url"] == f"{HTTPS}{BASE}/{places[2]}"
    assert attachment["size"] == len(document)
    assert await reader.content(reference) == document
    as_json = await reader.read(*places[2].split("/"))
    assert base64.b64decode(as_json["data"]) == document


async def test_several_documents_go_in_together_or_not_at_all(dmp: Dmp) -> None:
    user = dmp.country.professional(roles.RADIOLOGIST)
    one, two = dmp.document(), dmp.document(type_code="57833-6")
    first, second = submission_of(one, user), submission_of(two, user)
    entry = replace(second.entries[0], entry_uuid="Document02")
    member = replace(first.associations[0], id="a2", target="Document02")
    both = xds.Submission(first.submission_set, (first.entries[0], entry), (*first.associations, member))
    good = fhir_pdsm.bundle_from_submission(both, {"Document01": one, "Document02": two})
    bad = copy.deepcopy(good)
    bad["entry"][2]["resource"]["type"]["coding"][0]["code"] = "10213-7"
    before = await dmp.held()
    assert (await post(dmp, bad)).status_code == 422
    assert await dmp.held() == before
    answer = await post(dmp, good)
    places = [part["response"]["location"] for part in answer.json()["entry"]]
    assert [place.partition("/")[0] for place in places] == ["List", *["DocumentReference"] * 2, *["Binary"] * 2]
    reader = dmp.fhir(roles.GENERAL_PRACTITIONER)
    read = [base64.b64decode((await reader.read(*place.split("/")))["data"]) for place in places[3:]]
    assert read == [one, two]
    assert await dmp.held() == (before[0] + 2, before[1] + 1, before[2] + 2)


async def test_a_single_document_is_published_with_its_content_inline(dmp: Dmp) -> None:
    document = dmp.document()
    [entry] = submission_of(document, dmp.country.professional(roles.RADIOLOGIST)).entries
    resource = fhir_pdsm.document_reference(entry, data=document)
    answer = await post(dmp, {**resource, "id": "mine"}, "/DocumentReference")
    assert answer.status_code == 201, answer.text
    identity = answer.json()["id"]
    assert answer.headers["location"] == f"{HTTPS}{BASE}/DocumentReference/{identity}"
    reader = dmp.fhir(roles.GENERAL_PRACTITIONER)
    assert await reader.content(await reader.read("DocumentReference", identity)) == document
    [lot] = [lot for lot in await reader.find_sets(dmp.patient().ins) if identity in str(lot["entry"])]
    assert lot["code"]["coding"][0]["code"] == "submissionset"


async def test_search_meets_criteria_pages_and_warns_of_what_it_ignores(dmp: Dmp) -> None:
    reader, patient = dmp.fhir(roles.GENERAL_PRACTITIONER), dmp.patient()
    ids = {(await dmp.fhir().submit(dmp.document(type_code="60591-5")))[0] for _ in range(3)}
    found = await reader.find(patient.ins, type="http://loinc.org|60591-5", _count="2")
    assert {one["masterIdentifier"]["value"].removeprefix("urn:oid:") for one in found} == ids
    assert await reader.find(patient.ins, type="http://loinc.org|60591-5", date="lt2001-01-01") == []
    url = f"{dmp.base}{BASE}/DocumentReference"
    answer = await reader.client.get(
        url,
        params={"patient.identifier": f"{INS}|{patient.ins.matricule}", "status": "current", "_count": "2", "x": "y"},
        headers={"authorization": f"Bearer {reader.token}"},
    )
    page = answer.json()
    assert page["total"] >= 3
    assert [entry["search"]["mode"] for entry in page["entry"]] == ["match", "match", "outcome"]
    assert [link["relation"] for link in page["link"]] == ["self", "next"]
    assert page["entry"][-1]["resource"]["issue"][0]["severity"] == "warning"


async def test_a_replacement_supersedes_the_old_document(dmp: Dmp) -> None:
    old_id, old = await dmp.fhir().submit(dmp.document())
    document = dmp.document()
    submission = submission_of(document, dmp.country.professional(roles.RADIOLOGIST))
    link = xds.Association("r1", xds_uuids.REPLACES, "Document01", f"urn:uuid:{old}")
    replacing = replace(submission, associations=(*submission.associations, link))
    answer = await post(dmp, fhir_pdsm.bundle_from_submission(replacing, {"Document01": document}))
    assert answer.status_code == 200, answer.text
    assert answer.json()["entry"][-1]["response"]["status"] == "200 OK"
    reader = dmp.fhir(roles.GENERAL_PRACTITIONER)
    assert (await reader.read("DocumentReference", old))["status"] == "superseded"
    [told] = await dmp.facts("dmp.document.submitted", replaces=old_id)
    assert told["door"] == "fhir"


async def test_the_existence_test_says_whether_the_record_is_open(dmp: Dmp) -> None:
    doctor = dmp.fhir(roles.GENERAL_PRACTITIONER)
    answers = [await doctor.has_dmp(dmp.patient(key).ins) for key in ("P1", "P3", "P4")]
    assert answers == [True, False, False]


async def test_what_the_server_does_is_stated_without_authentication(dmp: Dmp) -> None:
    answer = await dmp.client().get(f"{dmp.base}{BASE}/metadata")
    assert answer.status_code == 200
    stated = answer.json()
    assert stated["fhirVersion"] == "4.0.1"
    served = {resource["type"]: resource for resource in stated["rest"][0]["resource"]}
    assert set(served) == {"DocumentReference", "List", "Binary", "Patient"}


async def test_a_token_reads_and_a_structure_feeds(dmp: Dmp) -> None:
    """With the certificate alone one feeds, with the token alone one reads, as on the SOAP door."""
    feeder, reader = dmp.fhir(token=False), dmp.fhir(roles.GENERAL_PRACTITIONER, certificate=False)
    unique_id, identity = await feeder.submit(dmp.document())
    assert (await reader.read("DocumentReference", identity))["masterIdentifier"]["value"] == f"urn:oid:{unique_id}"
    with pytest.raises(Refused) as refused:
        await feeder.find(dmp.patient().ins)
    assert (refused.value.status, refused.value.code) == (403, "DMPAccessDeniedByRightsService")
    before = await dmp.held()
    with pytest.raises(Refused, match="AIR") as refused:
        await dmp.fhir(certificate=False).submit(dmp.document())
    assert (refused.value.status, refused.value.code) == (403, "DMPAccessDeniedByRightsService")
    assert await dmp.held() == before


@pytest.mark.parametrize("token", ["", "dead", "bound-899700010046"])
async def test_without_a_living_token_of_ones_own_one_is_asked_to_sign_in(dmp: Dmp, token: str) -> None:
    stranger = replace(dmp.fhir(certificate=False), token=token)
    with pytest.raises(Refused) as refused:
        await stranger.find(dmp.patient().ins)
    assert (refused.value.status, refused.value.code) == (401, "PSC_TOKEN")
    answer = await stranger.client.get(f"{dmp.base}{BASE}/List/x", headers={"authorization": "Basic YTpi"})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="dmp"')


async def test_a_token_reads_no_more_once_its_login_is_over(dmp: Dmp) -> None:
    """The fact of the logout counts, even where Pro Santé Connect would still answer that the token lives."""
    _, identity = await dmp.fhir().submit(dmp.document())
    usual = dmp.fhir(roles.GENERAL_PRACTITIONER, certificate=False)
    here, elsewhere = (replace(usual, token=f"{usual.token}~{login}") for login in ("login-1", "login-2"))
    assert await here.read("DocumentReference", identity)
    fact = SessionClosed(session_id="login-1", id_nat=usual.token[3:], reason="logout")
    store = dmp.service.floor.store
    for _ in range(2):  # a second delivery does no harm
        envelope = outbox.envelope("psc", fact)
        assert await deliver(store, dmp.service.handlers[SessionClosed.type], envelope) is None
    with pytest.raises(Refused) as refused:
        await here.read("DocumentReference", identity)
    assert (refused.value.status, refused.value.code) == (401, "PSC_TOKEN")
    assert await elsewhere.read("DocumentReference", identity)


async def test_a_professional_without_authorization_does_not_read(dmp: Dmp) -> None:
    _, identity = await dmp.fhir().submit(dmp.document())
    dentist = dmp.fhir(roles.DENTIST)
    for call in (dentist.find(dmp.patient().ins), dentist.read("DocumentReference", identity)):
        with pytest.raises(Refused, match="INEXISTANTE") as refused:
            await call
        assert (refused.value.status, refused.value.code) == (403, "DMPAccessDeniedByRightsService")


async def test_the_certificate_must_be_of_a_structure_where_the_holder_works(dmp: Dmp) -> None:
    dentist = dmp.country.professional(roles.DENTIST)
    with pytest.raises(Refused, match="non liés"):
        await replace(dmp.fhir(), token=f"of-{dentist.id_nat}").find(dmp.patient().ins)


@pytest.mark.parametrize("path", ["DocumentReference/none", "List/none", "Binary/none"])
async def test_the_unknown_is_not_found(dmp: Dmp, path: str) -> None:
    with pytest.raises(Refused) as refused:
        await dmp.fhir(roles.GENERAL_PRACTITIONER).read(*path.split("/"))
    assert (refused.value.status, refused.value.code) == (404, "not-found")


def drop(path: str) -> Callable[[dict[str, Any]], None]:
    """Take the last member of a path away from the DocumentReference."""

    def act(sent: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        resource = sent["entry"][1]["resource"]
        for name in parents:
            resource = resource[int(name)] if name.isdigit() else resource[name]
        del resource[last]

    return act


def put(path: str, value: object) -> Callable[[dict[str, Any]], None]:
    """Put another value at a path of the DocumentReference."""

    def act(sent: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        resource = sent["entry"][1]["resource"]
        for name in parents:
            resource = resource[int(name)] if name.isdigit() else resource[name]
        resource[last] = value

    return act


def not_xml(sent: dict[str, Any]) -> None:
    """Bytes that are no CDA, announced with their own hash and size."""
    data = b"<x>"
    sent["entry"][2]["resource"]["data"] = base64.b64encode(data).decode()
    digest = base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()
    sent["entry"][1]["resource"]["content"][0]["attachment"] |= {"hash": digest, "size": len(data)}


SPOILS: dict[str, tuple[Callable[[dict[str, Any]], None], int, str, str]] = {
    "no author": (drop("author"), 422, "XDSRegistryMetadataError", "authorPerson"),
    "no title": (drop("content.0.attachment.title"), 422, "required", "title"),
    "wrong hash": (
        put("content.0.attachment.hash", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="), 422, "XDSRepositoryMetadataError", "hash",
    ),
    "wrong size": (put("content.0.attachment.size", 3), 422, "XDSRepositoryMetadataError", "size"),
    "no base64": (lambda b: b["entry"][2]["resource"].update(data="§"), 400, "value", "data"),
    "no Binary": (lambda b: b["entry"].remove(b["entry"][2]), 422, "not-found", "Binary"),
    "not transaction": (lambda b: b.update(type="batch"), 400, "invalid", "Bundle.type"),
    "two patients": (
        put("subject.identifier.value", "290069999999956"), 422, "XDSPatientIdDoesNotMatch", "patientId",
    ),
    "unknown type": (put("type.coding.0.code", "10213-7"), 422, "XDSRegistryMetadataError", "typeCode"),
    "unknown authority": (
        lambda b: b["entry"][0]["resource"]["subject"]["identifier"].update(system="urn:oid:1.2.3"),
        400, "value", "List",
    ),
    "production identity": (
        lambda b: b["entry"][0]["resource"]["subject"].update(
            identifier={"system": "urn:oid:1.2.250.1.213.1.4.8", "value": "277076322082910"}
        ),
        403, "SEGUR_PRODUCTION_IDENTITY", "réelles",
    ),
    "not XML": (
        not_xml,
        422, "XDSRepositoryMetadataError", "Document",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILS)
async def test_a_spoiled_bundle_is_refused_with_field_and_rule_and_leaves_nothing(dmp: Dmp, name: str) -> None:
    spoil, status, code, word = SPOILS[name]
    sent = bundle(dmp)
    unique_id = sent["entry"][1]["resource"]["masterIdentifier"]["value"].removeprefix("urn:oid:")
    spoil(sent)
    before = await dmp.held()
    answer = await post(dmp, sent)
    assert answer.status_code == status, answer.text
    outcome = answer.json()
    assert outcome["resourceType"] == "OperationOutcome"
    told = [issue.get("details", {}).get("coding", [{"code": issue["code"]}])[0]["code"] for issue in outcome["issue"]]
    assert code in told
    assert word in answer.text
    assert await dmp.held() == before
    [refused] = await dmp.facts("dmp.document.refused", document_id=unique_id, door="fhir")
    assert refused["code"] in (code, f"fhir:{code}")


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"<Bundle/>", {}, 400),
        (b"[1]", {}, 400),
        (b"{}", {"content-type": "application/fhir+xml"}, 415),
        (b"{}", {"accept": "application/fhir+xml"}, 406),
        (b"[" * 100_000, {}, 400),
    ],
)
async def test_what_is_no_json_resource_is_malformed(
    dmp: Dmp, body: bytes, headers: dict[str, str], status: int
) -> None:
    before = await dmp.held()
    answer = await post(dmp, body, headers=headers)
    assert answer.status_code == status
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert await dmp.held() == before


@pytest.mark.parametrize(
    ("params", "word"),
    [
        ({"status": "current"}, "patient"),
        ({"patient.identifier": f"{INS}|279035121518989"}, "status"),
        ({"patient.identifier": f"{INS}|12", "status": "current"}, "patient.identifier"),
        ({"patient.identifier": f"{INS}|279035121518989", "status": "current", "date": "hier"}, "date"),
        ({"patient.identifier": f"{INS}|279035121518989", "status": "current", "_count": "-1"}, "_count"),
    ],
)
async def test_a_search_names_the_parameter_it_cannot_take(dmp: Dmp, params: dict[str, str], word: str) -> None:
    reader = dmp.fhir(roles.GENERAL_PRACTITIONER)
    answer = await reader.client.get(
        f"{dmp.base}{BASE}/DocumentReference", params=params, headers={"authorization": f"Bearer {reader.token}"}
    )
    assert answer.status_code == 400
    assert word in answer.json()["issue"][0]["diagnostics"]


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [
        ("DELETE", "/List/1", 405, "GET"),
        ("PUT", "/DocumentReference/1", 405, "GET, PATCH"),
        ("GET", "", 405, "POST"),
        ("POST", "/metadata", 405, "GET"),
        ("GET", "/Consent", 404, ""),
        ("GET", "/DocumentReference/1/_history/1", 404, ""),
    ],
)
async def test_what_is_not_offered_is_said_to_be_so(
    dmp: Dmp, method: str, path: str, status: int, allowed: str
) -> None:
    answer = await dmp.client().request(method, f"{dmp.base}{BASE}{path}")
    assert (answer.status_code, answer.headers.get("allow", "")) == (status, allowed)
    assert answer.json()["issue"][0]["code"] == "not-supported"

"""What a request may want of the answer: media types, strictness, how much of it, which version [FHIR R4 http]."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from segur.personas import roles
from segur.scenario.actors.fhir_lps import BASE, FhirSoftware
from segur.scenario.actors.lps import submission_of
from segur.wire import fhir_pdsm
from tests.contract.dmp.conftest import Dmp

pytestmark = pytest.mark.asyncio(loop_scope="module")

FHIR_JSON, FHIR_XML = "application/fhir+json", "application/fhir+xml"


async def ask(software: FhirSoftware, base: str, path: str, method: str = "GET", **options: Any) -> httpx.Response:
    """A request with the token; other options as httpx has them."""
    headers = {"authorization": f"Bearer {software.token}", **options.pop("headers", {})}
    url = f"{base}{BASE}/{path}"
    return await software.client.request(method, url, headers=headers, **options)


def about(dmp: Dmp, **more: str) -> dict[str, str]:
    """The parameters of a search about the patient."""
    ins = dmp.patient().ins
    return {"patient.identifier": f"urn:oid:{ins.oid}|{ins.matricule}", "status": "current", **more}


ACCEPTED = ("", "*/*", FHIR_JSON, "application/json", f"{FHIR_XML}, {FHIR_JSON};q=0.1", f"{FHIR_JSON};fhirVersion=4.0")
NOT_ACCEPTED = (FHIR_XML, "text/html", f"{FHIR_JSON};q=0", f"{FHIR_JSON}; fhirVersion=3.0", "application/pdf")


async def test_the_answer_is_json_or_not_acceptable(dmp: Dmp) -> None:
    reader = dmp.fhir(roles.GENERAL_PRACTITIONER)
    for accept in ACCEPTED:
        answer = await ask(reader, dmp.base, "metadata", headers={"accept": accept})
        assert answer.headers["content-type"].startswith(FHIR_JSON), (accept, answer.text)
    for accept in NOT_ACCEPTED:
        answer = await ask(reader, dmp.base, "metadata", headers={"accept": accept})
        [issue] = answer.json()["issue"]
        assert (answer.status_code, issue["expression"]) == (406, ["Accept"]), accept
    for format_, status in (("json", 200), ("application/fhir json", 200), ("xml", 406), ("ttl", 406)):
        answer = await ask(reader, dmp.base, "metadata", params={"_format": format_}, headers={"accept": FHIR_XML})
        assert answer.status_code == status, format_


async def test_a_content_is_its_bytes_unless_a_fhir_type_is_asked_for(dmp: Dmp) -> None:
    _, identity = await dmp.fhir().submit(document := dmp.document())
    reader, tags = dmp.fhir(roles.GENERAL_PRACTITIONER), set()
    for accept in ("*/*", "text/xml", "application/pdf", f"text/xml, {FHIR_JSON};q=0.5"):
        answer = await ask(reader, dmp.base, f"Binary/{identity}", headers={"accept": accept})
        assert (answer.content, answer.headers["content-type"][:8]) == (document, "text/xml"), accept
        tags.add(answer.headers["etag"])
    for accept in (FHIR_JSON, f"{FHIR_JSON}, */*;q=0.1"):
        answer = await ask(reader, dmp.base, f"Binary/{identity}", headers={"accept": accept})
        assert answer.json()["resourceType"] == "Binary", accept
        tags.add(answer.headers["etag"])
    assert len(tags) == 2, "two representations have two tags"
    refused = await ask(reader, dmp.base, f"Binary/{identity}", headers={"accept": FHIR_XML})
    assert (refused.status_code, refused.json()["issue"][0]["code"]) == (406, "not-supported")


async def test_what_is_sent_is_json_of_this_version_or_a_form(dmp: Dmp) -> None:
    reader = dmp.fhir(roles.GENERAL_PRACTITIONER)
    sent: tuple[tuple[str, str, int], ...] = (
        ("", f"{FHIR_JSON}; fhirVersion=5.0", 415),
        ("", "text/plain", 415),
        ("DocumentReference/_search", FHIR_JSON, 415),
        ("DocumentReference/_search", "application/x-www-form-urlencoded; charset=utf-8", 400),
    )
    for path, kind, status in sent:
        answer = await ask(reader, dmp.base, path.rstrip("/"), "POST", content=b"{}", headers={"content-type": kind})
        assert answer.status_code == status, (path, kind)
        assert answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize("kind", ["DocumentReference", "List", "Patient"])
async def test_unknown_parameters_are_warned_of_or_refused_as_the_client_prefers(dmp: Dmp, kind: str) -> None:
    reader, ins = dmp.fhir(roles.GENERAL_PRACTITIONER), dmp.patient().ins
    asked = about(dmp, encounter="1") | ({"code": "submissionset"} if kind == "List" else {})
    if kind == "Patient":
        asked = {"identifier": f"urn:oid:{ins.oid}|{ins.matricule}", "encounter": "1"}
    lenient = await ask(reader, dmp.base, kind, params=asked, headers={"prefer": "handling=lenient"})
    assert lenient.status_code == 200
    assert "encounter" in lenient.json()["entry"][-1]["resource"]["issue"][0]["diagnostics"]
    strict = await ask(reader, dmp.base, kind, params=asked, headers={"prefer": "return=minimal; handling=strict"})
    [issue] = strict.json()["issue"]
    assert (strict.status_code, issue["code"], issue["expression"]) == (400, "not-supported", ["encounter"])
    del asked["encounter"]
    assert (await ask(reader, dmp.base, kind, params=asked, headers={"prefer": "handling=strict"})).status_code == 200


@pytest.mark.parametrize("name", ["type:not", "patient.identifier:exact", "_include:iterate", "date:missing"])
async def test_a_modifier_that_is_not_known_is_never_ignored(dmp: Dmp, name: str) -> None:
    reader = dmp.fhir(roles.GENERAL_PRACTITIONER)
    answer = await ask(reader, dmp.base, "DocumentReference", params=about(dmp, **{name: "x"}))
    assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (400, [name])


async def test_the_link_to_itself_says_what_was_searched(dmp: Dmp) -> None:
    for _ in range(2):
        await dmp.fhir().submit(dmp.document())
    reader = dmp.fhir(roles.GENERAL_PRACTITIONER)
    more = {"encounter": "1", "_sort": "size,-date", "_include": "DocumentReference:subject", "_count": "1"}
    answer = await ask(reader, dmp.base, "DocumentReference", params=about(dmp, **more))
    links = {link["relation"]: link["url"] for link in answer.json()["link"]}
    said = {name: values[0] for name, values in parse_qs(urlsplit(links["self"]).query).items()}
    assert said == about(dmp, _sort="-date", _count="1")
    second = await reader.client.get(
        links["next"].replace("https://localhost:8443", dmp.base), headers={"authorization": f"Bearer {reader.token}"}
    )
    own = next(link["url"] for link in second.json()["link"] if link["relation"] == "self")
    assert own == links["next"]
    assert dmp.patient().ins.matricule not in own


async def test_a_read_gives_the_part_that_is_asked_for_too(dmp: Dmp) -> None:
    _, identity = await dmp.fhir().submit(dmp.document())
    reader, where = dmp.fhir(roles.GENERAL_PRACTITIONER), f"DocumentReference/{identity}"
    part = (await ask(reader, dmp.base, where, params={"_elements": "type"})).json()
    assert set(part) == {"resourceType", "id", "meta", "status", "content", "type"}
    assert part["meta"]["tag"][0]["code"] == "SUBSETTED"
    assert "context" not in (await ask(reader, dmp.base, where, params={"_summary": "true"})).json()
    text = (await ask(reader, dmp.base, where, params={"_summary": "text"})).json()
    assert set(text) == {"resourceType", "id", "meta", "status", "content"}
    assert (await ask(reader, dmp.base, where, params={"_summary": "some"})).status_code == 400
    patient = dmp.service.floor.pseudonyms.of(dmp.patient().ins)
    assert "extension" not in (await ask(reader, dmp.base, f"Patient/{patient}", params={"_summary": "true"})).json()


@pytest.mark.parametrize("status", ["retired", "entered-in-error"])
async def test_the_status_of_a_list_is_one_of_lists(dmp: Dmp, status: str) -> None:
    reader = dmp.fhir(roles.GENERAL_PRACTITIONER)
    asked = about(dmp, status=status, code="submissionset")
    assert (await ask(reader, dmp.base, "List", params=asked)).json()["total"] == 0
    wrong = await ask(reader, dmp.base, "List", params={**asked, "status": "superseded"})
    assert (wrong.status_code, wrong.json()["issue"][0]["expression"]) == (400, ["status"])
    assert "retired" in wrong.text


async def test_id_and_identifier_together_name_one_document_or_none(dmp: Dmp) -> None:
    (_, one), (_, other) = [await dmp.fhir().submit(dmp.document()) for _ in range(2)]
    reader = dmp.fhir(roles.GENERAL_PRACTITIONER)
    for identifier, total in ((one, 1), (other, 0)):
        asked = about(dmp, _id=one, identifier=f"urn:ietf:rfc:3986|urn:uuid:{identifier}")
        assert (await ask(reader, dmp.base, "DocumentReference", params=asked)).json()["total"] == total


async def test_a_document_that_was_read_is_named_by_one_of_several_tags(dmp: Dmp) -> None:
    _, identity = await dmp.fhir().submit(dmp.document())
    reader, where = dmp.fhir(roles.GENERAL_PRACTITIONER), f"DocumentReference/{identity}"
    for tags, status in (('W/"7", W/"1"', 304), ('"1"', 304), ("*", 304), ('W/"7"', 200)):
        answer = await ask(reader, dmp.base, where, headers={"if-none-match": tags})
        assert answer.status_code == status, tags


@pytest.mark.parametrize("wanted", ["minimal", "representation", "OperationOutcome"])
async def test_what_was_written_is_given_back_as_the_client_prefers(dmp: Dmp, wanted: str) -> None:
    author, document = dmp.fhir(), dmp.document()
    [entry] = submission_of(document, author.user).entries
    sent, prefer = fhir_pdsm.document_reference(entry, data=document), {"prefer": f"return={wanted}"}
    expected = {"minimal": "", "representation": "DocumentReference"}.get(wanted, wanted)
    made = await ask(
        author, dmp.base, "DocumentReference", "POST", json=sent, headers=prefer | {"content-type": FHIR_JSON}
    )
    assert made.status_code == 201, made.text
    assert made.headers["etag"] == 'W/"1"'
    patch = [{"op": "replace", "path": "/status", "value": "entered-in-error"}]
    where = f"DocumentReference/{made.headers['location'].rpartition('/')[2]}"
    headers = prefer | {"content-type": "application/json-patch+json"}
    changed = await ask(author, dmp.base, where, "PATCH", json=patch, headers=headers)
    assert changed.status_code == 200, changed.text
    assert changed.headers["etag"] == 'W/"1.1"'
    for answer in (made, changed):
        assert (answer.json()["resourceType"] if answer.content else "") == expected


async def test_a_new_document_that_would_be_old_or_without_custodian_is_refused(dmp: Dmp) -> None:
    author, document = dmp.fhir(), dmp.document()
    [entry] = submission_of(document, author.user).entries
    good = fhir_pdsm.document_reference(entry, data=document)
    event = {"coding": [{"system": "urn:oid:1.2.3", "code": "x"}]}
    spoiled: dict[str, dict[str, Any]] = {
        "DocumentReference.status": {**good, "status": "entered-in-error"},
        "DocumentReference.custodian": {name: value for name, value in good.items() if name != "custodian"},
        "DocumentReference.context.event": {**good, "context": {**good["context"], "event": [event, event]}},
    }
    for path, sent in spoiled.items():
        answer = await ask(
            author, dmp.base, "DocumentReference", "POST", json=sent, headers={"content-type": FHIR_JSON}
        )
        assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (422, [path]), answer.text

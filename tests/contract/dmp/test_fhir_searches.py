"""Searches of the FHIR door: every parameter, includes, pages, parts of resources, contents in parts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from segur.personas import roles
from segur.scenario.actors.fhir_lps import BASE, JSON, FhirSoftware
from segur.scenario.actors.lps import submission_of
from segur.wire import fhir_pdsm, xds_uuids
from segur.wire.xds import Association
from tests.contract.dmp.conftest import Dmp
from tests.contract.dmp.registry_software import linked, provide

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def get(software: FhirSoftware, base: str, path: str, **headers: str) -> httpx.Response:
    """A GET as the software sends it; `path` is relative, or a link."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    url = path if path.startswith("http") else f"{base}{BASE}/{path}"
    return await software.client.get(url, headers={"authorization": f"Bearer {software.token}", **told})


def about(dmp: Dmp, kind: str = "DocumentReference", status: str = "current", **more: str) -> str:
    """The path of a search about the patient."""
    ins = dmp.patient().ins
    fixed = {"patient.identifier": f"urn:oid:{ins.oid}|{ins.matricule}", "status": status}
    fixed |= {"code": "submissionset"} if kind == "List" else {}
    pairs = {**fixed, **{name.replace("__", ".").replace("_0", "-"): value for name, value in more.items()}}
    return f"{kind}?" + "&".join(f"{name}={quote(value)}" for name, value in pairs.items())


def matches(answer: httpx.Response, mode: str = "match") -> list[dict[str, Any]]:
    """The resources of a Bundle that were searched for, or came beside."""
    assert answer.status_code == 200, answer.text
    return [part["resource"] for part in answer.json().get("entry", []) if part["search"]["mode"] == mode]


def ids(resources: list[dict[str, Any]]) -> list[str]:
    """Their ids."""
    return [str(resource["id"]) for resource in resources]


async def test_every_parameter_of_a_document_narrows_the_search(dmp: Dmp) -> None:
    unique_id, identity = await dmp.fhir().submit(dmp.document())
    reader = dmp.fhir(roles.GENERAL_PRACTITIONER)
    resource = await reader.read("DocumentReference", identity)
    author = dmp.fhir().user
    context, attachment = resource["context"], resource["content"][0]

    def token(concept: dict[str, Any]) -> str:
        coding = concept["coding"][0] if "coding" in concept else concept
        return f"{coding['system']}|{coding['code']}"

    fitting = {
        "type": token(resource["type"]),
        "category": token(resource["category"][0]),
        "format": token(attachment["format"]),
        "setting": token(context["practiceSetting"]),
        "facility": token(context["facilityType"]),
        "security_0label": token(resource["securityLabel"][0]),
        "identifier": f"urn:ietf:rfc:3986|urn:oid:{unique_id}",
        "_id": identity,
        "creation": f"ge{resource['date'][:10]}",
        "date": resource["date"][:10],
        "period": f"ge{context['period']['start'][:10]}",
        "period_0start": context["period"]["start"][:10],
        "isArchived": "false",
        "author": f"urn:oid:1.2.250.1.71.4.2.1|{author.id_nat}",
        "author__family": author.family_name,
        "author__given": author.given_name[:3],
    }
    missing = {
        **dict.fromkeys(("type", "category", "format", "setting", "facility", "event", "security_0label"), "x|nothing"),
        "identifier": "urn:ietf:rfc:3986|urn:oid:1.2.3",
        "_id": "00000000-0000-4000-8000-000000000000",
        "related": "urn:oid:1.2.3|nothing",
        "relatesto": "DocumentReference/00000000-0000-4000-8000-000000000000",
        "date": "1999",
        "period": "1999",
        "period_0start": "1999",
        "period_0end": "1999",
        "isArchived": "true",
        "author": "nobody",
        "author__family": "Personne",
    }
    for name, value in fitting.items():
        assert identity in ids(matches(await get(reader, dmp.base, about(dmp, **{name: value})))), name
    for name, value in missing.items():
        assert identity not in ids(matches(await get(reader, dmp.base, about(dmp, **{name: value})))), name


async def test_every_parameter_of_a_set_narrows_the_search(dmp: Dmp) -> None:
    await dmp.fhir().submit(dmp.document())
    reader = dmp.fhir(roles.GENERAL_PRACTITIONER)
    [latest] = matches(await get(reader, dmp.base, about(dmp, "List", _sort="-date", _count="1")))
    extensions = {one["url"].rpartition("-")[2]: one for one in latest["extension"]}
    coding = extensions["designationType"]["valueCodeableConcept"]["coding"][0]
    author = dmp.fhir().user
    fitting = {
        "identifier": f"urn:ietf:rfc:3986|urn:uuid:{latest['id']}",
        "date": latest["date"][:10],
        "designationType": f"{coding['system']}|{coding['code']}",
        "sourceId": extensions["sourceId"]["valueIdentifier"]["value"],
        "title": latest["title"][:4],
        "source": f"urn:oid:1.2.250.1.71.4.2.1|{author.id_nat}",
        "source__family": author.family_name,
        "source__given": author.given_name,
        "authorOrg": str(author.structure.struct_id),
        "isArchived": "false",
        "_id": latest["id"],
    }
    missing = {
        "identifier": "urn:ietf:rfc:3986|urn:oid:1.2.3",
        "date": "1999",
        "designationType": "x|nothing",
        "sourceId": "urn:oid:1.2.3",
        "title": "Introuvable",
        "source": "nobody",
        "source__family": "Personne",
        "authorOrg": "nothing",
        "isArchived": "true",
        "code": "folder",
    }
    for name, value in fitting.items():
        assert latest["id"] in ids(matches(await get(reader, dmp.base, about(dmp, "List", **{name: value})))), name
    for name, value in missing.items():
        assert latest["id"] not in ids(matches(await get(reader, dmp.base, about(dmp, "List", **{name: value})))), name


async def test_a_replacement_by_fhir_is_told_by_relates_to_and_by_the_old_status(dmp: Dmp) -> None:
    """Seen by SOAP: the old one is Deprecated; the transaction carries the PATCH of the national form."""
    _, old = await dmp.fhir().submit(dmp.document())
    author, document = dmp.fhir(), dmp.document()
    submission = submission_of(document, author.user)
    link = Association("r1", xds_uuids.REPLACES, "Document01", f"urn:uuid:{old}")
    submission = replace(submission, associations=(*submission.associations, link))
    bundle = fhir_pdsm.bundle_from_submission(submission, {"Document01": document})
    assert [part["request"]["method"] for part in bundle["entry"]] == ["POST", "POST", "POST", "PATCH"]
    told = {**JSON, "authorization": f"Bearer {author.token}"}
    answer = await author.client.post(f"{dmp.base}{BASE}", json=bundle, headers=told)
    assert answer.status_code == 200, answer.text
    parts = [part["response"] for part in answer.json()["entry"]]
    assert [part["status"][:3] for part in parts] == ["201", "201", "201", "200"]
    new = parts[1]["location"].partition("/")[2]
    reader = dmp.fhir(roles.GENERAL_PRACTITIONER)
    resource = await reader.read("DocumentReference", new)
    assert resource["relatesTo"] == [{"code": "replaces", "target": {"reference": f"DocumentReference/{old}"}}]
    assert (await reader.read("DocumentReference", old))["status"] == "superseded"
    found = matches(await get(reader, dmp.base, about(dmp, relatesto=f"DocumentReference/{old}")))
    assert ids(found) == [new]
    answer = await get(reader, dmp.base, about(dmp, _id=new, _include="DocumentReference:relatesto"))
    assert ids(matches(answer)) == [new]
    assert ids(matches(answer, "include")) == [old]


async def test_a_replacement_by_soap_is_told_by_fhir(dmp: Dmp) -> None:
    _, old = await dmp.fhir().submit(dmp.document())
    software, document = dmp.software(), dmp.document()
    submission = linked(document, software, xds_uuids.REPLACES, f"urn:uuid:{old}")
    assert (await provide(software, submission, document)).succeeded
    reader = dmp.fhir(roles.GENERAL_PRACTITIONER)
    [new] = matches(await get(reader, dmp.base, about(dmp, relatesto=old)))
    assert new["masterIdentifier"]["value"] == f"urn:oid:{submission.entries[0].unique_id}"


async def test_sets_bring_their_documents_and_documents_their_sets(dmp: Dmp) -> None:
    _, identity = await dmp.fhir().submit(dmp.document())
    reader = dmp.fhir(roles.GENERAL_PRACTITIONER)
    answer = await get(reader, dmp.base, about(dmp, _id=identity, _revinclude="List:item"))
    [lot] = matches(answer, "include")
    assert (lot["resourceType"], lot["entry"][0]["item"]["reference"]) == ("List", f"DocumentReference/{identity}")
    answer = await get(reader, dmp.base, about(dmp, "List", _id=lot["id"], _include="List:item"))
    assert ids(matches(answer, "include")) == [identity]


async def test_pages_follow_one_another_by_links_that_say_nothing(dmp: Dmp) -> None:
    for _ in range(3):
        await dmp.fhir().submit(dmp.document())
    reader = dmp.fhir(roles.GENERAL_PRACTITIONER)
    everything = matches(await get(reader, dmp.base, about(dmp, _sort="date", _count="200")))
    answer = await get(reader, dmp.base, about(dmp, _sort="date", _count="2"))
    seen: list[str] = []
    for _ in range(len(everything)):
        page = answer.json()
        assert page["total"] == len(everything)
        seen += ids(matches(answer))
        links = {link["relation"]: link["url"] for link in page["link"]}
        if "next" not in links:
            break
        assert dmp.patient().ins.matricule not in links["next"]
        answer = await get(reader, dmp.base, links["next"].replace("https://localhost:8443", dmp.base))
    assert seen == ids(everything)
    assert [one["date"] for one in everything] == sorted(one["date"] for one in everything)
    assert {"previous", "first"} <= {link["relation"] for link in answer.json()["link"]}
    for token in ("x", "W10", "bnVsbA", "§"):
        refused = await get(reader, dmp.base, f"DocumentReference?_page={token}")
        assert (refused.status_code, refused.json()["issue"][0]["expression"]) == (400, ["_page"])


async def test_a_part_of_each_resource_or_the_number_alone_can_be_asked_for(dmp: Dmp) -> None:
    _, identity = await dmp.fhir().submit(dmp.document())
    reader = dmp.fhir(roles.GENERAL_PRACTITIONER)
    [part] = matches(await get(reader, dmp.base, about(dmp, _id=identity, _elements="type,date")))
    assert set(part) == {"resourceType", "id", "meta", "status", "content", "type", "date"}
    assert part["meta"]["tag"][0]["code"] == "SUBSETTED"
    [short] = matches(await get(reader, dmp.base, about(dmp, _id=identity, _summary="true")))
    assert "context" not in short
    assert {"author", "contained", "securityLabel"} <= set(short)
    counted = (await get(reader, dmp.base, about(dmp, _id=identity, _summary="count"))).json()
    assert (counted["total"], counted.get("entry")) == (1, None)
    assert (await get(reader, dmp.base, about(dmp, _summary="all"))).status_code == 400


async def test_what_is_not_known_is_warned_of(dmp: Dmp) -> None:
    reader = dmp.fhir(roles.GENERAL_PRACTITIONER)
    path = about(dmp, encounter="1", _include="DocumentReference:encounter", _sort="size")
    warned = [one["issue"][0] for one in matches(await get(reader, dmp.base, path), "outcome")]
    assert [issue["severity"] for issue in warned] == ["warning"] * 3
    for name in ("encounter", "_include=DocumentReference:encounter", "_sort=size"):
        assert any(name in issue["diagnostics"] for issue in warned)


async def test_contents_are_read_in_parts_and_once(dmp: Dmp) -> None:
    document = dmp.document()
    _, identity = await dmp.fhir().submit(document)
    reader, where = dmp.fhir(roles.GENERAL_PRACTITIONER), f"Binary/{identity}"
    whole = await get(reader, dmp.base, where, accept="*/*")
    assert (whole.content, whole.headers["accept-ranges"]) == (document, "bytes")
    tag, size = whole.headers["etag"], len(document)
    for wanted, expected in (
        ("bytes=0-9", document[:10]),
        (f"bytes={size - 5}-", document[-5:]),
        ("bytes=-7", document[-7:]),
        ("bytes=10-99999999", document[10:]),
    ):
        part = await get(reader, dmp.base, where, accept="*/*", range=wanted)
        assert (part.status_code, part.content) == (206, expected)
        assert part.headers["content-range"].endswith(f"/{size}")
    for odd in ("bytes=5-2", "bytes=0-1,4-5", "lines=1-2"):
        assert (await get(reader, dmp.base, where, accept="*/*", range=odd)).content == document
    other = await get(reader, dmp.base, where, accept="*/*", range="bytes=0-1", if_range='"other"')
    assert other.content == document
    beyond = await get(reader, dmp.base, where, accept="*/*", range=f"bytes={size}-")
    assert (beyond.status_code, beyond.json()["resourceType"]) == (416, "OperationOutcome")
    assert (await get(reader, dmp.base, where, accept="*/*", if_none_match=tag)).status_code == 304


async def test_a_document_that_did_not_change_is_not_sent_again(dmp: Dmp) -> None:
    _, identity = await dmp.fhir().submit(dmp.document())
    reader, where = dmp.fhir(roles.GENERAL_PRACTITIONER), f"DocumentReference/{identity}"
    tag = (await get(reader, dmp.base, where)).headers["etag"]
    assert (await get(reader, dmp.base, where, if_none_match=tag)).status_code == 304


@pytest.mark.parametrize(("patient", "active"), [("P1", True), ("P4", False)])
async def test_existence_tells_attachment_treating_doctor_and_closing(dmp: Dmp, patient: str, active: bool) -> None:
    reader, ins = dmp.fhir(roles.GENERAL_PRACTITIONER), dmp.patient(patient).ins
    [known] = matches(await get(reader, dmp.base, f"Patient?identifier=urn:oid:{ins.oid}|{ins.matricule}"))
    assert known["active"] is active
    extensions = {one["url"].rpartition("/")[2]: one for one in known["extension"]}
    assert isinstance(extensions["dmp-rattachement-mes"]["valueBoolean"], bool)
    assert isinstance(extensions["dmp-medecin-traitant"]["valueBoolean"], bool)
    closing = {part["url"]: part for part in extensions.get("dmp-fermeture", {}).get("extension", [])}
    assert (closing == {}) is active
    if not active:
        assert set(closing) == {"dateFermeture", "motifFermeture", "raisonFermeture"}
    by_id = await get(reader, dmp.base, f"Patient/{known['id']}")
    assert by_id.json() == known if active else by_id.status_code == 404
    assert (await get(reader, dmp.base, "Patient/nobody")).status_code == 404


async def test_the_statement_names_what_there_is(dmp: Dmp) -> None:
    told = (await dmp.client().get(f"{dmp.base}{BASE}/metadata")).json()
    [rest] = told["rest"]
    served = {one["type"]: one for one in rest["resource"]}
    interactions = {name: [one["code"] for one in resource["interaction"]] for name, resource in served.items()}
    assert interactions == {
        "DocumentReference": ["create", "read", "patch", "search-type"],
        "List": ["read", "search-type"],
        "Binary": ["read"],
        "Patient": ["read", "search-type"],
    }
    assert told["patchFormat"] == ["application/json-patch+json", "application/fhir+json"]
    reader = dmp.fhir(roles.GENERAL_PRACTITIONER)
    for kind in ("DocumentReference", "List"):
        names = [one["name"] for one in served[kind]["searchParam"]]
        assert {"author", "relatesto"} <= set(names) or {"source", "authorOrg"} <= set(names)
        values = {"date": "2026", "creation": "2026", "isArchived": "false", "identifier": "1.2.3"}
        more = {
            name.replace("-", "_0").replace(".", "__"): "2026" if name.startswith("period") else values.get(name, "x")
            for name in names
            if name not in ("patient", "patient.identifier", "status", "code")
        }
        answer = await get(reader, dmp.base, about(dmp, kind, **more))
        assert matches(answer, "outcome") == []

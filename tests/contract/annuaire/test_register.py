"""The register's door: professionals, situations, structures and mailboxes change, and the directory shows it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio

from segur.kernel import request
from segur.kernel.service import Service
from segur.personas.country import build_country
from tests.contract.annuaire.conftest import client

pytestmark = pytest.mark.asyncio(loop_scope="module")

API = "/annuaire/api"
COUNTRY = build_country()
NEWCOMER = {"family_name": "Nouvelle-Vénue", "given_name": "Zoé", "profession": "10", "speciality": "SM54"}


@pytest_asyncio.fixture(loop_scope="module")
async def http(directory: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with client(directory) as http:
        yield http


async def facts(directory: Service, after: int) -> list[tuple[str, dict[str, Any]]]:
    """Type and body of the facts told since the outbox held `after` of them."""
    rows = await directory.floor.store.outbox.find({}, sort=("_id",), skip=after)
    return [(dict(row["headers"])["ce_type"].decode(), orjson.loads(row["body"])) for row in rows]


async def told(directory: Service) -> int:
    return await directory.floor.store.outbox.count({})


async def ids(http: httpx.AsyncClient, query: str) -> list[str]:
    answer = await http.get(f"/fhir/v2/{query}")
    assert answer.status_code == 200, answer.text
    return [entry["resource"]["id"] for entry in answer.json().get("entry", ())]


async def register(http: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await http.post(f"{API}/professionals", json={**NEWCOMER, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_new_professional_has_number_card_practice_and_mailbox_and_is_found_at_once(
    directory: Service, http: httpx.AsyncClient
) -> None:
    before = await told(directory)
    made = await register(http)
    assert made["rpps"].startswith("997")
    assert made["id_nat"] == "8" + made["rpps"]
    assert made["card"].startswith("29")
    assert made["family_name"] == "NOUVELLE-VENUE"
    [box] = made["mailboxes"]
    assert box["address"].endswith("@medecin.emulateur.mssante.fr")
    place = made["situations"][0]["structure"]
    for query in (
        f"Practitioner?identifier={made['rpps']}",
        f"Practitioner?mailbox-mss:exact={box['address']}",
        f"Practitioner?number-smartcard:exact={made['card']}",
        f"PractitionerRole?practitioner={made['fhir']['practitioner']}",
        f"Organization?identifier={place['id']}",
    ):
        assert len(await ids(http, query)) == 1, query
    heard = await facts(directory, before)
    assert [kind for kind, _ in heard if "mailbox" not in kind] == [
        "annuaire.structure.registered",
        "annuaire.professional.registered",
    ]
    record = next(body for kind, body in heard if kind.endswith("professional.registered"))["record"]
    assert (record["rpps"], record["situations"][0]["structure"]["id"]) == (made["rpps"], place["id"])
    opened = {body["address"]: body["holders"] for kind, body in heard if kind == "annuaire.mailbox.published"}
    assert opened[box["address"]] == [made["id_nat"]]
    assert [made["id_nat"]] in [holders for address, holders in opened.items() if address.startswith("secretariat@")]


async def test_somebody_hired_by_a_hospital_opens_its_shared_mailboxes_until_they_leave(
    directory: Service, http: httpx.AsyncClient
) -> None:
    before = await told(directory)
    made = await register(http, situations=[{"structure": "ST1", "mode": "S"}])
    hospital = COUNTRY.structure("ST1")
    assert made["mailboxes"][0]["address"].endswith("@ch-clairval.emulateur.mssante.fr")
    assert made["situations"][0]["role"] == "FON-33"
    [role] = await ids(http, f"PractitionerRole?practitioner={made['fhir']['practitioner']}")
    assert role in await ids(http, f"PractitionerRole?organization=001-01-{hospital.struct_id}&_count=500")
    shared = {
        body["address"] for kind, body in await facts(directory, before) if made["id_nat"] in body.get("holders", ())
    }
    assert "cardiologie@ch-clairval.emulateur.mssante.fr" in shared

    before = await told(directory)
    answer = await http.delete(f"{API}/professionals/{made['rpps']}")
    assert answer.json()["active"] is False
    heard = await facts(directory, before)
    assert ("annuaire.professional.withdrawn", {"id_nat": made["id_nat"]}) in heard
    left = [body for kind, body in heard if kind == "annuaire.mailbox.published"]
    assert left
    assert not any(made["id_nat"] in body["holders"] for body in left)
    closed = [body["address"] for kind, body in heard if kind == "annuaire.mailbox.withdrawn"]
    assert closed == [made["mailboxes"][0]["address"]]
    shown = (await http.get(f"/fhir/v2/{made['fhir']['practitioner']}")).json()
    assert set(shown) == {"resourceType", "id", "meta", "identifier", "active"}
    assert shown["active"] is False
    assert await ids(http, f"PractitionerRole?_id={role}&active=false") == [role]
    again = await told(directory)
    assert (await http.delete(f"{API}/professionals/{made['rpps']}")).status_code == 200
    assert await told(directory) == again, "a second withdrawal tells nothing"
    refused = await http.patch(f"{API}/professionals/{made['rpps']}", json={"given_name": "Zoe"})
    assert (refused.status_code, refused.json()["title"]) == (409, "PROFESSIONNEL_RADIE")


async def test_a_change_makes_a_new_version_that_the_delta_finds(directory: Service, http: httpx.AsyncClient) -> None:
    made = await register(http)
    reference = made["fhir"]["practitioner"]
    first = (await http.get(f"/fhir/v2/{reference}")).json()
    before = await told(directory)
    changed = await http.patch(f"{API}/professionals/{made['id_nat']}", json={"speciality": "SM44", "card": False})
    assert (changed.json()["speciality_label"], changed.json()["card"]) == ("Radiodiagnostic", "")
    second = (await http.get(f"/fhir/v2/{reference}")).json()
    assert (first["meta"]["versionId"], second["meta"]["versionId"]) == ("1", "2")
    assert second["meta"]["lastUpdated"] > first["meta"]["lastUpdated"]
    [(kind, body)] = await facts(directory, before)
    assert kind == "annuaire.professional.changed"
    assert set(body["changed"]) == {"speciality", "speciality_label", "card"}
    since = first["meta"]["lastUpdated"].replace("+", "%2B")
    assert reference.rpartition("/")[2] in await ids(http, f"Practitioner?_lastUpdated=gt{since}")
    assert reference.rpartition("/")[2] in await ids(http, "Practitioner?qualification-code=SM44&active=true")
    quiet = await told(directory)
    await http.patch(f"{API}/professionals/{made['id_nat']}", json={"speciality": "SM44"})
    assert await told(directory) == quiet, "what changes nothing tells nothing"


async def test_situations_begin_change_and_end(directory: Service, http: httpx.AsyncClient) -> None:
    made = await register(http, mailbox=False)
    path = f"{API}/professionals/{made['id_nat']}/situations"
    more = (await http.post(path, json={"structure": "ST4", "mode": "S"})).json()
    number = more["situations"][1]["identifier"]
    changed = (await http.patch(f"{path}/{number}", json={"role": "FON-43"})).json()
    assert changed["situations"][1]["role"] == "FON-43"
    assert len(await ids(http, f"PractitionerRole?practitioner={made['fhir']['practitioner']}&role=FON-43")) == 1
    assert len((await http.delete(f"{path}/{number}")).json()["situations"]) == 1
    gone = await ids(http, f"PractitionerRole?identifier={number}")
    assert gone == await ids(http, f"PractitionerRole?identifier={number}&active=false") != []
    last = made["situations"][0]["identifier"]
    assert (await http.delete(f"{path}/{last}")).json()["title"] == "DERNIERE_SITUATION"
    assert (await http.delete(f"{path}/0000")).status_code == 404


async def test_a_structure_changes_its_name_for_everybody_who_works_there(
    directory: Service, http: httpx.AsyncClient
) -> None:
    place = (await http.post(f"{API}/structures", json={"name": "Clinique de l'Essai", "sector": "SA04"})).json()
    made = await register(http, situations=[{"structure": place["id"], "mode": "S"}])
    before = await told(directory)
    answer = await http.patch(
        f"{API}/structures/{place['finess_site']}", json={"name": "Clinique Neuve", "address": {"city": "NEUVILLE"}}
    )
    assert answer.json()["address"]["city"] == "NEUVILLE"
    assert [kind for kind, _ in await facts(directory, before)] == [
        "annuaire.structure.changed",
        "annuaire.professional.changed",
    ]
    assert (await http.get(f"{API}/professionals/{made['rpps']}")).json()["situations"][0]["structure"]["name"] == (
        "CLINIQUE NEUVE"
    )
    assert len(await ids(http, "Organization?address-city=NEUVILLE")) == 1


async def test_mailboxes_are_published_hidden_and_closed(directory: Service, http: httpx.AsyncClient) -> None:
    made = await register(http)
    path = f"{API}/professionals/{made['id_nat']}/mailboxes"
    address = "cabinet.essai@medecin.emulateur.mssante.fr"
    assert (await http.post(path, json={"address": address, "kind": "CAB"})).status_code == 201
    assert len(await ids(http, f"Practitioner?mailbox-mss={address}")) == 1
    assert (await http.post(path, json={"address": address})).json()["title"] == "BAL_ATTRIBUEE"
    assert (await http.post(path, json={"address": "a@gmail.com"})).json()["title"] == "DOMAINE_INCONNU"
    assert (await http.post(path, json={"kind": "ORG"})).json()["field"] == "kind"
    hidden = (await http.post(path, json={"red_listed": True})).json()["mailboxes"][-1]
    assert await ids(http, f"Practitioner?mailbox-mss:exact={hidden['address']}") == []
    assert (await http.delete(f"{API}/mailboxes/{address}")).json()["open"] is False
    assert await ids(http, f"Practitioner?mailbox-mss={address}") == []
    assert (await http.delete(f"{API}/mailboxes/{address}")).status_code == 404
    shared = (await http.post(f"{API}/structures/ST4/mailboxes", json={"service": "Pharmacie"})).json()
    assert shared["mailboxes"][-1]["address"].startswith("pharmacie@")


async def test_changes_at_the_same_moment_all_happen(directory: Service, http: httpx.AsyncClient) -> None:
    made = await asyncio.gather(*(register(http, family_name=f"Ensemble-{n}") for n in range(6)))
    assert len({one["rpps"] for one in made}) == 6
    assert len(await ids(http, "Practitioner?family=ensemble")) == 6


async def test_a_sandbox_shows_addresses_of_its_own(directory: Service, http: httpx.AsyncClient) -> None:
    assert directory.seed is not None
    await directory.seed("equipe-1")
    inside = {request.SANDBOX_HEADER.decode(): "equipe-1"}
    bundle = (await http.get("/fhir/v2/Practitioner?family=GENEREUX", headers=inside)).json()
    shown = bundle["entry"][0]["resource"]["telecom"][0]["value"]
    assert shown == "paul.genereux@equipe-1.medecin.emulateur.mssante.fr"
    made = (await http.post(f"{API}/professionals", json=NEWCOMER, headers=inside)).json()
    assert "@equipe-1.medecin." in made["mailboxes"][0]["address"]
    assert (await http.get(f"{API}/professionals/{made['rpps']}", headers=inside)).status_code == 200
    elsewhere = await http.post(
        f"{API}/professionals", json=NEWCOMER, headers={request.SANDBOX_HEADER.decode(): "nulle-part"}
    )
    assert elsewhere.json()["title"] == "BAC_INCONNU"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"family_name": "X"}, "given_name"),
        ({**NEWCOMER, "profession": "99"}, "profession"),
        ({**NEWCOMER, "speciality": "SM99"}, "speciality"),
        ({**NEWCOMER, "rpps": "123"}, "rpps"),
        ({**NEWCOMER, "rpps": "10003461033"}, "rpps"),
        ({**NEWCOMER, "rpps": str(COUNTRY.professional("PS3").rpps)}, "rpps"),
        ({**NEWCOMER, "situations": [{"structure": "1999999999"}]}, "structure"),
        ({**NEWCOMER, "age": 30}, "age"),
        ([], "corps"),
    ],
)
async def test_what_cannot_be_registered_is_refused_with_the_field(
    http: httpx.AsyncClient, body: Any, field: str
) -> None:
    answer = await http.post(f"{API}/professionals", json=body)
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["field"] == field
    assert answer.json()["detail"]

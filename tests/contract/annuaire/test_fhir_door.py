"""The directory from its FHIR door, on a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from segur_annuaire.service import build
from segur_annuaire.settings import Settings

from segur.kernel import request
from segur.kernel.faults import FaultRule
from segur.kernel.http_server import Surface
from segur.kernel.ids import new_id
from segur.kernel.service import Service
from segur.personas.country import build_country

pytestmark = pytest.mark.asyncio(loop_scope="module")

COUNTRY = build_country()
DOCTOR = COUNTRY.professional("PS3")
REGISTERED = [p for p in COUNTRY.professionals if p.rpps is not None]
FINESS = "https://finess.esante.gouv.fr"


def client(service: Service) -> httpx.AsyncClient:
    app = Surface(service.app, default_base="http://edge", max_body_bytes=100_000)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://edge")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory, servers: Any) -> AsyncIterator[Service]:
    """One seeded directory for all tests: filling one takes longer than asking it."""
    service = build(Settings(**servers.settings(tmp_path_factory.mktemp("annuaire")).model_dump()))
    await service.floor.store.open()
    assert service.seed is not None
    await service.seed("default")
    yield service
    await service.floor.store.close()


@pytest.fixture
def annuaire(shared: Service) -> Service:
    """The directory, with nothing broken."""
    shared.floor.faults.arm([])
    return shared


@pytest_asyncio.fixture(loop_scope="module")
async def http(annuaire: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with client(annuaire) as http:
        yield http


async def ids(http: httpx.AsyncClient, query: str) -> list[str]:
    answer = await http.get(f"/fhir/v2/{query}")
    assert answer.status_code == 200, answer.text
    return [entry["resource"]["id"] for entry in answer.json().get("entry", ())]


async def test_a_professional_is_found_by_number_and_read_by_id(http: httpx.AsyncClient) -> None:
    for query in (
        f"identifier={DOCTOR.rpps}",
        f"identifier={DOCTOR.id_nat}",
        f"identifier=https://rpps.esante.gouv.fr%7C{DOCTOR.rpps}",
        "family=gener&given=paul&active=true",
        "name=paul&qualification-code=SM54",
        f"mailbox-mss={DOCTOR.mailbox}",
        f"number-smartcard={DOCTOR.card}",
    ):
        answer = await http.get(f"/fhir/v2/Practitioner?{query}")
        assert answer.headers["content-type"].startswith("application/fhir+json")
        bundle = answer.json()
        assert (bundle["type"], bundle["total"], len(bundle["entry"])) == ("searchset", 1, 1), query
        assert bundle["link"][0]["relation"] == "self"
        entry = bundle["entry"][0]
        assert entry["resource"]["name"][0]["family"] == "GENEREUX"
    assert entry["fullUrl"].startswith("http://edge/fhir/v2/Practitioner/003-")
    assert (await http.get(entry["fullUrl"])).json() == entry["resource"]
    assert await ids(http, f"Practitioner?_id={entry['resource']['id']}") == [entry["resource"]["id"]]


async def test_a_search_that_fits_nobody_gives_an_empty_bundle(http: httpx.AsyncClient) -> None:
    bundle = (await http.get("/fhir/v2/Practitioner?identifier=https://finess.esante.gouv.fr%7C99700010038")).json()
    assert bundle["total"] == 0
    assert "entry" not in bundle


async def test_pages_follow_one_another_and_show_everybody_once(http: httpx.AsyncClient) -> None:
    seen: list[str] = []
    url = "/fhir/v2/Practitioner?_count=7&active=true"
    for _ in range(20):
        bundle = (await http.get(url)).json()
        assert bundle["total"] == len(REGISTERED)
        seen += [entry["resource"]["id"] for entry in bundle["entry"]]
        links = {link["relation"]: link["url"] for link in bundle["link"]}
        if "next" not in links:
            break
        assert links["next"].startswith("http://edge/fhir/v2/_page?id=")
        assert "active" not in links["next"]
        url = links["next"]
    assert len(seen) == len(set(seen)) == len(REGISTERED)
    assert seen == sorted(seen)


async def test_a_changed_page_link_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.get("/fhir/v2/_page?id=gAAAA-changed")
    assert answer.status_code == 410
    assert answer.json()["resourceType"] == "OperationOutcome"


async def test_people_come_with_their_situations_and_structures(http: httpx.AsyncClient) -> None:
    query = f"Practitioner?identifier={DOCTOR.rpps}&_revinclude=PractitionerRole:practitioner"
    bundle = (await http.get(f"/fhir/v2/{query}")).json()
    assert [entry["search"]["mode"] for entry in bundle["entry"]] == ["match", "include", "include"]
    assert bundle["total"] == 1
    who = bundle["entry"][0]["resource"]["id"]
    query = f"PractitionerRole?practitioner={who}&_include=PractitionerRole:organization"
    kinds = [e["resource"]["resourceType"] for e in (await http.get(f"/fhir/v2/{query}")).json()["entry"]]
    assert kinds == ["PractitionerRole"] * 2 + ["Organization"] * 2


async def test_a_hospital_is_found_with_its_legal_entity_and_mailboxes(http: httpx.AsyncClient) -> None:
    site = COUNTRY.structure("ST1")
    query = f"Organization?identifier={FINESS}%7C{site.finess_site}&_include=Organization:partof"
    entries = (await http.get(f"/fhir/v2/{query}")).json()["entry"]
    place, legal = (entry["resource"] for entry in entries)
    assert place["partOf"]["reference"] == f"Organization/{legal['id']}"
    mails = [t for t in place["telecom"] if t["system"] == "email"]
    boxes = [t["value"] for t in mails if "extension" in t]
    assert boxes == [box.address for box in COUNTRY.mailboxes_of("ST1")]
    assert len(mails) == len(boxes) + 1, "an ordinary address stands beside the mailboxes"
    assert await ids(http, "Organization?mailbox-mss:contains=exemple.test") == []
    assert await ids(http, f"Organization?type=355&identifier={site.finess_site}") == [place["id"]]
    roles = await ids(http, f"PractitionerRole?organization={place['id']}&role=S")
    assert len(roles) == sum(s.structure.key == "ST1" for p in REGISTERED for s in p.situations)
    assert place["id"] in await ids(http, "Organization?type=SA01&mailbox-mss:contains=%40")
    assert place["id"] not in await ids(http, "Organization?type:not=SA01")
    assert place["id"] in await ids(http, "Organization?address-postalcode=51&name:contains=HOSPITALIER")


async def test_updates_are_found_by_date(http: httpx.AsyncClient) -> None:
    everybody = len(REGISTERED) + 1
    assert len(await ids(http, "Practitioner?_lastUpdated=ge2026-01-01")) == everybody
    assert await ids(http, "Practitioner?_lastUpdated=lt2020-01-01") == []
    assert len(await ids(http, "Practitioner?_lastUpdated=ne2020")) == everybody


async def test_somebody_who_left_stays_visible_with_hardly_a_field(http: httpx.AsyncClient) -> None:
    for kind in ("Practitioner", "PractitionerRole"):
        [entry] = (await http.get(f"/fhir/v2/{kind}?active=false")).json()["entry"]
        assert set(entry["resource"]) == {"resourceType", "id", "meta", "identifier", "active"}


async def test_a_form_searches_like_a_query(http: httpx.AsyncClient) -> None:
    answer = await http.post("/fhir/v2/Practitioner/_search", data={"family": "GENEREUX", "_elements": "name"})
    assert answer.json()["total"] == 1
    shown = answer.json()["entry"][0]["resource"]
    assert set(shown) == {"resourceType", "id", "meta", "name"}
    assert shown["meta"]["tag"][0]["code"] == "SUBSETTED"


async def test_the_unversioned_address_serves_and_links_to_itself(http: httpx.AsyncClient) -> None:
    bundle = (await http.get("/fhir/Practitioner?_count=1")).json()
    assert all(link["url"].startswith("http://edge/fhir/") for link in bundle["link"])
    assert not any("/v2" in link["url"] for link in bundle["link"])


async def test_the_capability_statement_names_what_is_served(http: httpx.AsyncClient) -> None:
    statement = (await http.get("/fhir/v2/metadata")).json()
    assert statement["fhirVersion"] == "4.0.1"
    assert "Practitioner" in [resource["type"] for resource in statement["rest"][0]["resource"]]


@pytest.mark.parametrize(
    ("method", "path", "status", "word"),
    [
        ("GET", "/fhir/v2/Patient", 404, "HAPI-0302"),
        ("GET", "/fhir/v2/Practitioner/003-0", 404, "HAPI-2001"),
        ("GET", "/fhir/v2/Practitioner?gender=male", 400, "gender"),
        ("GET", "/fhir/v2/Practitioner?_format=xml", 400, "JSON"),
        ("GET", "/fhir/v2/Practitioner?_sort=family", 400, "_sort"),
        ("GET", "/fhir/v2/Practitioner?_count=beaucoup", 400, "_count"),
        ("GET", "/fhir/v2/Practitioner?family=" + "x" * 201, 400, "200"),
        ("GET", "/fhir/v1/Practitioner", 410, "/fhir/v2"),
        ("DELETE", "/fhir/v2/Practitioner/003-0", 405, "not supported"),
        ("GET", "/fhir/v2/Practitioner/003-0/_history", 405, "not supported"),
        ("POST", "/fhir/v2/Practitioner", 405, "not supported"),
    ],
)
async def test_refusals_are_outcomes(http: httpx.AsyncClient, method: str, path: str, status: int, word: str) -> None:
    answer = await http.request(method, path)
    assert answer.status_code == status, answer.text
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert word in answer.json()["issue"][0]["diagnostics"]


async def test_signs_of_regular_expressions_are_only_letters(http: httpx.AsyncClient) -> None:
    assert await ids(http, "Practitioner?family:contains=.*") == []
    assert await ids(http, "Practitioner?family=(((") == []


async def test_faults_strike_as_the_gateway_and_the_server_would(annuaire: Service, http: httpx.AsyncClient) -> None:
    annuaire.floor.faults.arm([FaultRule(id="q", point="annuaire.quota.exceeded", count=1)])
    answer = await http.get("/fhir/v2/Practitioner")
    assert answer.status_code == 429
    assert answer.json()["http_status_code"] == 429
    assert "x-rate-limit-limit" in answer.headers
    annuaire.floor.faults.arm([FaultRule(id="u", point="annuaire.search.unavailable", count=1)])
    answer = await http.get("/fhir/v2/Practitioner")
    assert (answer.status_code, answer.json()["resourceType"]) == (503, "OperationOutcome")
    assert (await http.get("/fhir/v2/Practitioner")).status_code == 200


@asynccontextmanager
async def opened(annuaire: Service, tmp_path: Path, servers: Any, **told: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Another instance over the same directory, with other settings."""
    shared = {**servers.settings(tmp_path).model_dump(), "namespace": annuaire.floor.settings.namespace}
    other = build(Settings(**shared, **told))
    try:
        async with client(other) as http:
            yield http
    finally:
        await other.floor.store.close()


async def test_the_national_host_asks_for_a_key_and_a_local_address_does_not(http: httpx.AsyncClient) -> None:
    national = {request.BASE_HEADER.decode(): "https://gateway.api.esante.gouv.fr"}
    answer = await http.get("/fhir/v2/Practitioner", headers=national)
    assert answer.status_code == 401
    assert answer.json() == {"message": "Unauthorized", "http_status_code": 401}
    answer = await http.get("/fhir/v2/Practitioner?_count=1", headers={**national, "ESANTE-API-KEY": "any"})
    assert answer.status_code == 200
    assert all(link["url"].startswith("https://gateway.api.esante.gouv.fr/fhir/v2/") for link in answer.json()["link"])
    assert (await http.get("/fhir/v2/Practitioner")).status_code == 200


async def test_only_listed_keys_are_known(annuaire: Service, tmp_path: Path, servers: Any) -> None:
    told = {"annuaire_gateway_rules": "always", "annuaire_api_keys": frozenset({"k-1"})}
    async with opened(annuaire, tmp_path, servers, **told) as http:
        assert (await http.get("/fhir/v2/metadata", headers={"ESANTE-API-KEY": "k-2"})).status_code == 401
        assert (await http.get("/fhir/v2/metadata", headers={"ESANTE-API-KEY": "k-1"})).status_code == 200


async def test_an_application_that_asks_too_often_is_slowed_and_others_are_not(
    annuaire: Service, tmp_path: Path, servers: Any
) -> None:
    told = {"annuaire_gateway_rules": "always", "annuaire_calls_per_second": 3}
    async with opened(annuaire, tmp_path, servers, **told) as http:
        one = {"ESANTE-API-KEY": "one"}
        answers = [await http.get("/fhir/v2/metadata", headers=one) for _ in range(200)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert [answer.status_code for answer in answers[:3]] == [200] * 3
        assert refused
        assert refused[0].json()["http_status_code"] == 429
        assert (await http.get("/fhir/v2/metadata", headers={"ESANTE-API-KEY": "two"})).status_code == 200


async def test_a_telling_clause_and_others_are_asked_together(http: httpx.AsyncClient) -> None:
    who = f"identifier={DOCTOR.rpps}"
    [found] = await ids(http, f"Practitioner?{who}&active=true&qualification-code=SM54&family=gene&_count=1")
    for wrong in ("active=false", "qualification-code=SM44", "family=rayonnet", "active:not=true"):
        assert await ids(http, f"Practitioner?{wrong}&{who}") == []
    roles = await ids(http, f"PractitionerRole?practitioner={found}&role=L&active=true")
    assert len(roles) == 1
    assert await ids(http, "Practitioner?family=gen&_count=1") == await ids(http, "Practitioner?family=ge&_count=1")
    finess = COUNTRY.structure("ST1").finess_site
    assert await ids(http, f"Organization?identifier={FINESS}%7C&identifier={finess}&type=SA33") == []


async def test_links_stay_where_the_caller_came_in(annuaire: Service, http: httpx.AsyncClient) -> None:
    assert annuaire.seed is not None
    await annuaire.seed("atelier-3")
    inside = {request.SANDBOX_HEADER.decode(): "atelier-3", request.BASE_HEADER.decode(): "http://edge/s/atelier-3"}
    bundle = (await http.get("/fhir/v2/Practitioner?_count=1", headers=inside)).json()
    links = {link["relation"]: link["url"] for link in bundle["link"]}
    for url in (*links.values(), bundle["entry"][0]["fullUrl"]):
        assert url.startswith("http://edge/s/atelier-3/fhir/v2/")
    follow = links["next"].removeprefix("http://edge/s/atelier-3")
    assert (await http.get(follow, headers=inside)).json()["total"] == len(REGISTERED) + 1
    assert (await http.get(follow)).status_code == 410, "a page of one sandbox is not one of another"


async def test_answers_can_differ_as_those_of_the_real_directory_do(annuaire: Service, http: httpx.AsyncClient) -> None:
    async def ask(point: str, query: str) -> dict[str, Any]:
        annuaire.floor.faults.arm([FaultRule(id=new_id(), point=f"annuaire.{point}", count=1)])
        found: dict[str, Any] = (await http.get(f"/fhir/v2/{query}")).json()
        return found

    assert "total" not in await ask("answer.no_total", "Practitioner")
    roles = await ask("answer.role_without_organization", "PractitionerRole")
    assert not any("organization" in entry["resource"] for entry in roles["entry"])
    practices = await ask("answer.rppsrang_system", "Organization?identifier-type=RPPSRG")
    systems = {one["system"] for entry in practices["entry"] for one in entry["resource"]["identifier"]}
    assert "https://rpps.esante.gouv.fr" in systems
    assert "https://rppsrang.esante.gouv.fr" not in systems
    versioned = await ask("answer.profile_versioned", "Practitioner?_count=1")
    assert all("|" in profile for profile in versioned["entry"][0]["resource"]["meta"]["profile"])
    assert (await ask("key.refused", "Practitioner"))["http_status_code"] == 401
    assert (await ask("search.timeout", "Practitioner"))["http_status_code"] == 504


async def test_each_professional_is_told_once_per_sandbox(annuaire: Service, http: httpx.AsyncClient) -> None:
    assert annuaire.seed is not None
    before = await annuaire.floor.store.outbox.count({})
    await annuaire.seed("other")
    assert await annuaire.floor.store.outbox.count({}) == before + len(REGISTERED)
    answer = await http.get("/fhir/v2/Practitioner?_count=0", headers={request.SANDBOX_HEADER.decode(): "other"})
    assert answer.json()["total"] == len(REGISTERED) + 1
    assert len(await ids(http, "Practitioner?_count=1000")) == len(REGISTERED) + 1

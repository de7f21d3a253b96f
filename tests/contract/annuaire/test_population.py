"""A crowd to search among, several replicas of the directory, and what each of them sees."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from segur_annuaire.service import build
from segur_annuaire.settings import Settings

from segur.kernel import request
from segur.kernel.service import Service
from segur.kernel.snapshots import bring_back, take
from segur.kernel.store import Collection
from segur.vocab.professions import WAVE_2_PROFESSIONS
from segur.vocab.structures import ACTIVITY_SECTORS
from tests.contract.annuaire.conftest import client

pytestmark = pytest.mark.asyncio(loop_scope="module")

API = "/annuaire/api"


async def total(http: httpx.AsyncClient, query: str) -> int:
    answer = await http.get(f"/fhir/v2/{query}")
    assert answer.status_code == 200, answer.text
    found: int = answer.json()["total"]
    return found


def replica(directory: Service, tmp_path: Path, servers: Any) -> Service:
    settings = {**servers.settings(tmp_path).model_dump(), "namespace": directory.floor.settings.namespace}
    return build(Settings(**settings))


async def loaded(http: httpx.AsyncClient, count: int) -> dict[str, Any]:
    assert (await http.post(f"{API}/population", json={"professionals": count})).status_code == 202
    while True:
        state: dict[str, Any] = (await http.get(f"{API}/population")).json()
        if not state["loading"]:
            return state
        await asyncio.sleep(0.05)


async def test_every_wave_2_profession_and_every_sector_is_in_the_country(directory: Service) -> None:
    async with client(directory) as http:
        for profession in WAVE_2_PROFESSIONS:
            assert await total(http, f"Practitioner?qualification-code={profession}&active=true") > 0, profession
        for sector in ACTIVITY_SECTORS:
            assert await total(http, f"Organization?type={sector}") > 0, sector


async def test_a_crowd_is_loaded_once_grown_later_and_seen_by_every_replica(
    directory: Service, tmp_path: Path, servers: Any
) -> None:
    other = replica(directory, tmp_path, servers)
    async with client(directory) as http, client(other) as elsewhere:
        before = await total(elsewhere, "Practitioner?active=true")
        assert (await loaded(http, 30))["professionals"] == 30
        assert await total(http, "Practitioner?active=true") == before + 30
        assert await total(elsewhere, "Practitioner?active=true") == before + 30
        assert (await loaded(elsewhere, 20))["professionals"] == 30, "fewer than there are: nothing"
        assert (await loaded(elsewhere, 45))["professionals"] == 45
        assert await total(http, "Practitioner?active=true") == before + 45
        assert await total(http, "Practitioner?mailbox-mss:contains=figurants") > 0
        assert await total(http, "PractitionerRole?role=GENR01") > 45
        told = await directory.floor.store.outbox.find({})
        kinds = [dict(row["headers"])["ce_type"].decode() for row in told]
        assert kinds.count("annuaire.population.loaded") == 2

        made = await http.post(
            f"{API}/professionals", json={"family_name": "Replique", "given_name": "Une", "profession": "60"}
        )
        assert made.status_code == 201
        assert await total(elsewhere, "Practitioner?family=replique") == 1
        await elsewhere.delete(f"{API}/professionals/{made.json()['rpps']}")
        assert await total(http, "Practitioner?family=replique") == 0
        for wrong in ({}, {"professionals": 0}, {"professionals": 10**7}):
            assert (await http.post(f"{API}/population", json=wrong)).status_code == 400
    await other.closing[0]()
    await other.floor.store.close()


async def test_whoever_starts_on_a_filled_store_opens_the_shelves_and_sees_what_changed_since(
    directory: Service, tmp_path: Path, servers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with client(directory) as http:
        await loaded(http, 60)
        body = {"family_name": "Tardive", "given_name": "Lou", "profession": "60"}
        made = (await http.post(f"{API}/professionals", json=body)).json()
        await http.patch(f"{API}/professionals/PS3", json={"family_name": "Renommee"})
        queries = ("active=true", "active=false", "family=tardive", "family=renommee", "qualification-code=10")
        wanted = [await total(http, f"Practitioner?{query}&_total=accurate") for query in queries]
        assert wanted[2:4] == [1, 1]
    later = replica(directory, tmp_path, servers)
    await later.floor.store.open()
    read: list[str] = []
    whole = Collection.iterate

    def counted(self: Collection, where: dict[str, Any], **told: Any) -> Any:
        read.append(f"{self.name} {sorted(where)}")
        return whole(self, where, **told)

    monkeypatch.setattr(Collection, "iterate", counted)
    await later.opened[0]()
    assert read == ["shelves ['_id']", "resources ['altered']"], "the resources themselves stay where they are"
    async with client(later) as http:
        assert [await total(http, f"Practitioner?{query}") for query in queries] == wanted
        assert await total(http, f"PractitionerRole?practitioner={made['fhir']['practitioner']}") == 1
    await later.floor.store.close()


async def test_searches_are_answered_while_a_crowd_is_loaded_and_see_all_of_it_or_nothing(directory: Service) -> None:
    assert directory.seed is not None
    await directory.seed("foule")
    inside = {request.SANDBOX_HEADER.decode(): "foule"}
    async with client(directory) as http:

        async def shown() -> int:
            answer = await http.get("/fhir/v2/Practitioner?active=true", headers=inside)
            found: int = answer.json()["total"]
            return found

        before = await shown()
        await http.post(f"{API}/population", json={"professionals": 400}, headers=inside)
        seen = []
        while (await http.get(f"{API}/population", headers=inside)).json()["loading"]:
            seen.append(await shown())
        assert before in seen
        assert set(seen) <= {before, before + 400}
        assert await shown() == before + 400


async def test_two_replicas_that_load_at_once_and_one_that_was_killed_leave_one_crowd(
    directory: Service, tmp_path: Path, servers: Any
) -> None:
    assert directory.seed is not None
    await directory.seed("deux")
    other = replica(directory, tmp_path, servers)
    inside = {request.SANDBOX_HEADER.decode(): "deux"}
    store = directory.floor.store
    async with client(directory) as http, client(other) as elsewhere:
        before = (await http.get("/fhir/v2/Practitioner?active=true", headers=inside)).json()["total"]
        await http.post(f"{API}/population", json={"professionals": 150}, headers=inside)
        while not await store.database["resources"].count_documents({"sandbox": "deux", "_id": {"$regex": "/003-5"}}):
            await asyncio.sleep(0.01)
        await directory.closing[0]()
        assert (await http.get(f"{API}/population", headers=inside)).json()["professionals"] == 0
        for each in (http, elsewhere):
            assert (await each.post(f"{API}/population", json={"professionals": 120}, headers=inside)).is_success
        for each in (http, elsewhere):
            while (await each.get(f"{API}/population", headers=inside)).json()["loading"]:
                await asyncio.sleep(0.02)
        for each in (http, elsewhere):
            page = (await each.get("/fhir/v2/Practitioner?active=true&_count=1000", headers=inside)).json()
            people = [entry["resource"] for entry in page["entry"]]
            assert page["total"] == len(people) == len({one["id"] for one in people}) == before + 120
            crowd = [one for one in people if one["id"].startswith("003-5")]
            assert len({one["meta"]["lastUpdated"] for one in crowd}) == 1, "the moment of whoever began"
            for moment in {one["meta"]["lastUpdated"] for one in people}:
                query = f"Practitioner?active=true&_lastUpdated={quote(moment)}"
                found = (await each.get(f"/fhir/v2/{query}", headers=inside)).json()["total"]
                assert found == sum(one["meta"]["lastUpdated"] == moment for one in people)
    await other.floor.store.close()


async def test_a_restored_snapshot_is_what_is_searched(directory: Service) -> None:
    assert directory.seed is not None
    await directory.seed("reprise")
    inside = {request.SANDBOX_HEADER.decode(): "reprise"}
    body = {"family_name": "Avant", "given_name": "Eve", "profession": "50"}
    store = directory.floor.store
    async with client(directory) as http:

        async def known(name: str) -> int:
            answer = await http.get(f"/fhir/v2/Practitioner?family={name}", headers=inside)
            found: int = answer.json()["total"]
            return found

        await http.post(f"{API}/professionals", json=body, headers=inside)
        snapshot = await take(store, "reprise", "avant")
        await http.post(f"{API}/professionals", json={**body, "family_name": "Apres"}, headers=inside)
        assert (await known("avant"), await known("apres")) == (1, 1)
        for collection in store.collections:
            if collection.per_sandbox:
                await collection.delete({"sandbox": "reprise"})
        await bring_back(store, snapshot)
        assert (await known("avant"), await known("apres")) == (1, 0)
        await http.post(f"{API}/professionals", json={**body, "family_name": "Ensuite"}, headers=inside)
        assert (await known("avant"), await known("apres"), await known("ensuite")) == (1, 0, 1)

"""A crowd to search among, several replicas of the directory, and what each of them sees."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from segur_annuaire.service import build
from segur_annuaire.settings import Settings

from segur.kernel import request
from segur.kernel.service import Service
from segur.kernel.snapshots import bring_back, take
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

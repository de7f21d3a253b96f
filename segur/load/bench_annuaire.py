"""How fast the directory answers among a hundred thousand professionals: one search after the other, through the edge.

The crowd is loaded first when it is not there yet (minutes, once); what is measured is what an editor's software
sees, JSON and HTTP included.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx

from segur.load.figures import median, percentile
from segur.platform.home import Running

PROFESSIONALS: Final = 100_000
BAR_MS: Final = 50.0
"""Median a search must stay under."""

_CALLS = 21
_PATIENCE_S = 3_600.0
_PAUSE_S = 1.0
_POPULATION = "/annuaire/api/population"

SEARCHES: Final = {
    "identifier": "Practitioner?identifier={rpps}",
    "name_prefix": "Practitioner?family=dup&given=ma",
    "profession": "Practitioner?qualification-code=10&active=true",
    "speciality": "Practitioner?qualification-code=SM41",
    "city": "Organization?address-city=MONTESSAI",
    "department_and_sector": "Organization?address-postalcode=78&type=SA05,SA07,SA08",
    "organisation": "PractitionerRole?organization={organization}&_include=PractitionerRole:practitioner",
    "mailbox": "Practitioner?mailbox-mss={mailbox}",
    "every_mailbox": "Practitioner?mailbox-mss:contains=%40",
    "delta": "Practitioner?qualification-code=10&_lastUpdated=ge2026-01-01",
}
"""Name to query; what stands in braces is taken from one of the crowd."""


async def bench_annuaire(running: Running, professionals: int = PROFESSIONALS) -> list[dict[str, Any]]:
    """The results in the shape of `segur bench --json`; raise `httpx.HTTPError` when the directory does not answer."""
    async with _directory(running) as http:
        loaded_in = await load(http, professionals)
        results = [_result("annuaire_professionals", "1", [float((await _state(http))["professionals"])])]
        if loaded_in:
            results.append(_result("annuaire_load", "s", [round(loaded_in, 1)]))
        known = await _one_of_the_crowd(http)
        for name, query in SEARCHES.items():
            samples = await _times(http, f"/fhir/v2/{query.format(**known)}")
            results.append(_result(f"annuaire_{name}_p50", "ms", samples))
        return results


async def load(http: httpx.AsyncClient, professionals: int) -> float:
    """Load the crowd up to a number; give the seconds it took, 0 when it was there already."""
    begun = time.perf_counter()
    state = await _state(http)
    if state["professionals"] >= professionals:
        return 0.0
    if not state["loading"]:
        (await http.post(_POPULATION, json={"professionals": professionals})).raise_for_status()
    while (state := await _state(http))["loading"]:
        if time.perf_counter() - begun > _PATIENCE_S:
            raise TimeoutError(f"annuaire: {state['professionals']} of {professionals} after {_PATIENCE_S:.0f} s")
        await asyncio.sleep(_PAUSE_S)
    return time.perf_counter() - begun


async def _state(http: httpx.AsyncClient) -> dict[str, Any]:
    answer = await http.get(_POPULATION)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


async def _one_of_the_crowd(http: httpx.AsyncClient) -> dict[str, str]:
    query = "mailbox-mss:contains=figurants&_count=1&_revinclude=PractitionerRole:practitioner"
    entries = (await http.get(f"/fhir/v2/Practitioner?{query}")).json()["entry"]
    person, role = entries[0]["resource"], entries[1]["resource"]
    return {
        "rpps": next(one["value"] for one in person["identifier"] if one["system"].endswith("rpps.esante.gouv.fr")),
        "mailbox": person["telecom"][0]["value"],
        "organization": role["organization"]["reference"],
    }


async def _times(http: httpx.AsyncClient, path: str) -> list[float]:
    times: list[float] = []
    for _ in range(_CALLS):
        begun = time.perf_counter()
        (await http.get(path)).raise_for_status()
        times.append((time.perf_counter() - begun) * 1000)
    return times


def _result(name: str, unit: str, samples: list[float]) -> dict[str, Any]:
    shown = [round(sample, 1) for sample in samples]
    return {
        "name": name, "value": median(samples), "unit": unit, "peer": None, "peer_value": None, "ratio": None,
        "samples": shown, "peer_samples": [], "p95": percentile(samples, 0.95),
    }  # fmt: skip


@asynccontextmanager
async def _directory(running: Running) -> AsyncIterator[httpx.AsyncClient]:
    base = f"http://127.0.0.1:{running.plan.ports.edge_http}"
    async with httpx.AsyncClient(base_url=base, timeout=300, trust_env=False) as http:
        yield http

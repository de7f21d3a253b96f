"""Every row of the directory's trip table [PSC digest 4.4]: a fault that can be armed, or a rule that always holds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from segur_annuaire import faults
from segur_annuaire.service import build
from segur_annuaire.settings import Settings

from segur.kernel import request
from segur.kernel.faults import FaultRule
from segur.kernel.ids import new_id
from segur.kernel.service import Service
from segur.personas.country import build_country
from tests.contract.annuaire.conftest import client

pytestmark = pytest.mark.asyncio(loop_scope="module")

COUNTRY = build_country()
GP = COUNTRY.professional("PS3")
NATIONAL = {request.BASE_HEADER.decode(): "https://gateway.api.esante.gouv.fr"}

ROWS = {
    "A1": (faults.KEY_REFUSED, "no_key, bad_key"),
    "A2": (faults.QUOTA_EXCEEDED, "rate_limit"),
    "A3": (faults.NO_TOTAL, "no_total"),
    "A4": ("rule", "page_50"),
    "A5": ("rule", "inactive_stub"),
    "A6": (faults.V1_IDS, "v1_v2_ids"),
    "A7": ("rule", "no_adeli"),
    "A8": (faults.ROLE_WITHOUT_ORGANIZATION, "role_without_org"),
    "A9": ("rule", "mail_not_mss"),
    "A10": (faults.RPPSRANG_SYSTEM, "rppsrang_system"),
    "A11": (faults.PROFILE_VERSIONED, "profile_versioned"),
    "A12": (faults.SEARCH_TIMEOUT, "timeout_30s"),
    "A13": (faults.DELTA_INCOMPLETE, "delta_over_30d"),
    "A14": ("rule", "unknown_resource"),
    "A15": (faults.OTHER_STRUCTURE, "psc_vs_annuaire"),
}
"""Row to fault point (or rule), and the switch's name in the digest."""

Check = Callable[[httpx.Response, httpx.Response], None]


def _gateway(status: int, message: str) -> Check:
    def check(_: httpx.Response, struck: httpx.Response) -> None:
        assert struck.status_code == status
        assert struck.headers["content-type"] == "application/json"
        body = struck.json()
        assert set(body) == {"message", "http_status_code"}
        assert body["http_status_code"] == status
        assert body["message"].startswith(message)
        assert (struck.headers.get("x-rate-limit-remaining") == "0") is (status == 429)

    return check


def _resources(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return [entry["resource"] for entry in answer.json().get("entry", ())]


def _without_total(usual: httpx.Response, struck: httpx.Response) -> None:
    assert "total" in usual.json()
    assert "total" not in struck.json()
    assert len(_resources(struck)) == len(_resources(usual))


def _with_other_ids(usual: httpx.Response, struck: httpx.Response) -> None:
    before, after = ({one["resourceType"]: one for one in _resources(answer)} for answer in (usual, struck))
    assert before["Practitioner"]["identifier"] == after["Practitioner"]["identifier"]
    assert before["Practitioner"]["id"] != after["Practitioner"]["id"]
    assert after["PractitionerRole"]["practitioner"]["reference"] == f"Practitioner/{after['Practitioner']['id']}"


def _without_organization(usual: httpx.Response, struck: httpx.Response) -> None:
    assert all("organization" in one for one in _resources(usual))
    assert not any("organization" in one for one in _resources(struck))


def _other_rank(usual: httpx.Response, struck: httpx.Response) -> None:
    for answer, there in ((usual, True), (struck, False)):
        systems = {each["system"] for one in _resources(answer) for each in one["identifier"]}
        assert ("https://rppsrang.esante.gouv.fr" in systems) is there


def _versioned(usual: httpx.Response, struck: httpx.Response) -> None:
    for answer, there in ((usual, False), (struck, True)):
        assert all(("|" in profile) is there for one in _resources(answer) for profile in one["meta"]["profile"])


def _without_shells(usual: httpx.Response, struck: httpx.Response) -> None:
    assert any(not one["active"] for one in _resources(usual))
    assert all(one["active"] for one in _resources(struck))
    assert struck.json()["total"] < usual.json()["total"]


def _other_structure(usual: httpx.Response, struck: httpx.Response) -> None:
    [before], [after] = _resources(usual), _resources(struck)
    assert before["name"] == COUNTRY.structure("ST1").name != after["name"]
    codes = [{coding["code"] for kind in one["type"] for coding in kind["coding"]} for one in (before, after)]
    assert "SA01" in codes[0]
    assert "SA01" not in codes[1]


STRIKES: dict[str, tuple[str, Check]] = {
    "A1": ("Practitioner", _gateway(401, "Unauthorized")),
    "A2": ("Practitioner", _gateway(429, "Rate limit exceeded")),
    "A3": ("Practitioner?family=g", _without_total),
    "A6": (f"Practitioner?identifier={GP.rpps}&_revinclude=PractitionerRole:practitioner", _with_other_ids),
    "A8": ("PractitionerRole?active=true", _without_organization),
    "A10": ("Organization?identifier-type=RPPSRG", _other_rank),
    "A11": ("Practitioner?_count=3", _versioned),
    "A12": ("Practitioner", _gateway(504, "Request timeout")),
    "A13": ("Practitioner?_lastUpdated=ge2026-01-01&_count=500", _without_shells),
    "A15": (f"Organization?identifier={COUNTRY.structure('ST1').struct_id}", _other_structure),
}


@pytest_asyncio.fixture(loop_scope="module")
async def http(directory: Service) -> AsyncIterator[httpx.AsyncClient]:
    directory.floor.faults.arm([])
    async with client(directory) as http:
        yield http
    directory.floor.faults.arm([])


async def test_every_row_of_the_table_is_a_fault_with_a_test_or_a_rule_with_one() -> None:
    assert list(ROWS) == [f"A{number}" for number in range(1, 16)]
    assert {row for row, (kind, _) in ROWS.items() if kind != "rule"} == set(STRIKES)
    assert {row for row, (kind, _) in ROWS.items() if kind == "rule"} == set(RULES)
    declared = {point.name: point for point in faults.POINTS}
    for row in STRIKES:
        assert f"({row})" in declared[ROWS[row][0]].explains


@pytest.mark.parametrize("row", STRIKES)
async def test_a_fault_shows_exactly_what_the_row_says_once_and_only_to_whom_it_is_about(
    directory: Service, http: httpx.AsyncClient, row: str
) -> None:
    query, check = STRIKES[row]
    usual = await http.get(f"/fhir/v2/{query}")
    directory.floor.faults.arm([FaultRule(id=new_id(), point=ROWS[row][0], count=1, actor="key-1")])
    spared = await http.get(f"/fhir/v2/{query}", headers={"ESANTE-API-KEY": "key-2"})
    assert spared.json().get("total") == usual.json().get("total")
    struck = await http.get(f"/fhir/v2/{query}", headers={"ESANTE-API-KEY": "key-1"})
    check(usual, struck)
    assert struck.headers["x-segur-fault"] == ROWS[row][0]
    after = await http.get(f"/fhir/v2/{query}", headers={"ESANTE-API-KEY": "key-1"})
    assert after.status_code == 200
    assert _resources(after) == _resources(usual)


async def test_a_fault_can_be_about_one_professional(directory: Service, http: httpx.AsyncClient) -> None:
    directory.floor.faults.arm([FaultRule(id=new_id(), point=faults.NO_TOTAL, actor=str(GP.rpps))])
    assert "total" not in (await http.get(f"/fhir/v2/Practitioner?identifier={GP.rpps}")).json()
    other = COUNTRY.professional("PS4")
    assert (await http.get(f"/fhir/v2/Practitioner?identifier={other.rpps}")).json()["total"] == 1


async def _page_50(directory: Service, http: httpx.AsyncClient) -> None:
    page = (await http.get("/fhir/v2/PractitionerRole")).json()
    everybody = page["total"]
    assert len(page["entry"]) == min(50, everybody)
    page = (await http.get("/fhir/v2/Organization")).json()
    assert len(page["entry"]) == 50 < page["total"]
    following = next(link["url"] for link in page["link"] if link["relation"] == "next")
    assert following.startswith("http://edge/fhir/v2/_page?id=")
    assert (await http.get(following)).json()["entry"][0]["resource"]["id"] > page["entry"][-1]["resource"]["id"]


async def _inactive_stub(directory: Service, http: httpx.AsyncClient) -> None:
    shells = _resources(await http.get("/fhir/v2/Practitioner?active=false"))
    assert shells
    assert all(set(one) == {"resourceType", "id", "meta", "identifier", "active"} for one in shells)
    inside = {request.SANDBOX_HEADER.decode(): "plus-tard"}
    assert directory.seed is not None
    await directory.seed("plus-tard")
    directory.floor.clock.set_offset("plus-tard", timedelta(days=31))
    assert _resources(await http.get("/fhir/v2/Practitioner?active=false", headers=inside)) == []
    directory.floor.clock.set_offset("plus-tard", timedelta())
    assert len(_resources(await http.get("/fhir/v2/Practitioner?active=false", headers=inside))) == len(shells)


async def _no_adeli(directory: Service, http: httpx.AsyncClient) -> None:
    for query in ("identifier=0999999999", "identifier=http://adeli.fr%7C", "identifier-type=ADELI"):
        assert (await http.get(f"/fhir/v2/Practitioner?{query}")).json()["total"] == 0


async def _mail_not_mss(directory: Service, http: httpx.AsyncClient) -> None:
    [place] = _resources(await http.get(f"/fhir/v2/Organization?identifier={COUNTRY.structure('ST1').struct_id}"))
    plain = [one["value"] for one in place["telecom"] if one["system"] == "email" and "extension" not in one]
    assert len(plain) == 1
    assert _resources(await http.get(f"/fhir/v2/Organization?mailbox-mss={plain[0]}")) == []


async def _unknown_resource(directory: Service, http: httpx.AsyncClient) -> None:
    answer = await http.get("/fhir/v2/Observation")
    assert answer.status_code == 404
    assert answer.json()["issue"] == [
        {
            "severity": "error",
            "code": "processing",
            "diagnostics": "HAPI-0302: Unknown resource type 'Observation' - Server knows how to handle: "
            "[Practitioner, PractitionerRole, Device, Organization, HealthcareService]",
        }
    ]


RULES: dict[str, Callable[[Service, httpx.AsyncClient], Awaitable[None]]] = {
    "A4": _page_50,
    "A5": _inactive_stub,
    "A7": _no_adeli,
    "A9": _mail_not_mss,
    "A14": _unknown_resource,
}


@pytest.mark.parametrize("row", RULES)
async def test_a_rule_always_holds(directory: Service, http: httpx.AsyncClient, row: str) -> None:
    await RULES[row](directory, http)


async def test_the_gateway_of_the_national_host_wants_a_key_and_counts_calls(
    directory: Service, http: httpx.AsyncClient, tmp_path: Path, servers: Any
) -> None:
    check = _gateway(401, "Unauthorized")
    answer = await http.get("/fhir/v2/Practitioner", headers=NATIONAL)
    check(answer, answer)
    settings = {**servers.settings(tmp_path).model_dump(), "namespace": directory.floor.settings.namespace}
    strict = build(Settings(**settings, annuaire_api_keys=frozenset({"k-1"}), annuaire_calls_per_second=2))
    # time stands still: the third call of the second is refused however slow the machine is
    strict.floor.clock.timestamp = lambda: 1.0  # type: ignore[method-assign]
    async with client(strict) as other:
        bad = await other.get("/fhir/v2/metadata", headers={**NATIONAL, "ESANTE-API-KEY": "k-2"})
        check(bad, bad)
        good = [await other.get("/fhir/v2/metadata", headers={**NATIONAL, "ESANTE-API-KEY": "k-1"}) for _ in range(3)]
    assert [answer.status_code for answer in good] == [200, 200, 429]
    _gateway(429, "Rate limit exceeded")(good[2], good[2])
    await strict.floor.store.close()

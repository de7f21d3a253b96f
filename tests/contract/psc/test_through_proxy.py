"""INSi and the DMP called through the reference Proxy e-Santé, and from beside it [PSC digest 1.17, 2.5; DMP-13]."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio
import segur_dmp.service
import segur_dmp.settings
import segur_ins.service
import segur_ins.settings

from segur.kernel.pki import Authority, Identity
from segur.kernel.service import Service
from segur.personas import roles
from segur.personas.country import build_country
from segur.scenario.actors import insi_client
from segur.scenario.actors.fhir_lps import FhirSoftware
from segur.scenario.actors.fhir_lps import Refused as FhirRefused
from segur.scenario.actors.lps import Software
from segur.scenario.actors.proxy_lps import COOKIE, Connected
from segur.wire.saml_signature import SigningKey
from tests.conftest import Servers
from tests.contract.psc.proxy_country import ProxyCountry, proxy_country

pytestmark = pytest.mark.asyncio(loop_scope="session")

COUNTRY = build_country(1, 60, 40)
DOCTOR = COUNTRY.professional(roles.GENERAL_PRACTITIONER)
PATIENT = COUNTRY.patient(roles.PATIENT)
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def country(servers: Servers, psc_home: Path) -> AsyncIterator[ProxyCountry]:
    """PSC and its proxy, INSi, the DMP."""
    apis = {
        "ins": (segur_ins.service.build, segur_ins.settings.Settings),
        "dmp": (segur_dmp.service.build, segur_dmp.settings.Settings),
    }
    async with proxy_country(servers, psc_home, apis) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def session(country: ProxyCountry) -> Connected:
    """The doctor's session at the proxy."""
    return await country.lps.connect(str(DOCTOR.id_nat))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def behind(country: ProxyCountry, session: Connected) -> AsyncIterator[httpx.AsyncClient]:
    """What the software's HTTP library does behind the proxy: it sends the cookie."""
    async with country.client() as client:
        client.headers["cookie"] = f"{COOKIE}={session.proxy_session_id}"
        yield client


async def facts(service: Service, type_: str) -> list[dict[str, Any]]:
    """The bodies of the facts of a type, oldest first."""
    rows = await service.floor.store.outbox.find({}, sort=("_id",))
    return [orjson.loads(row["body"]) for row in rows if type_ in str(row["headers"])]


def vendor(country: ProxyCountry, name: str = "vendor-proxy") -> Identity:
    """A vendor's proxy's certificate."""
    return Authority.of_home(country.home).issue(name, "org-auth", common_name=name, unit="1750000002")


async def api_token(proxy: httpx.AsyncClient, realm: str, scope: str) -> dict[str, str]:
    """What a vendor's proxy sends: a token it exchanged itself, as a header."""
    realm_psc = "/auth/realms/esante-wallet/protocol/openid-connect"
    asked = await proxy.post(
        f"{realm_psc}/ext/ciba/auth",
        data={"client_id": "editeur-demo-bas", "scope": "openid scope_all", "login_hint": str(DOCTOR.id_nat)},
    )
    poll = {
        "grant_type": "urn:openid:params:grant-type:ciba",
        "client_id": "editeur-demo-bas",
        "auth_req_id": asked.json()["auth_req_id"],
    }
    tokens = await proxy.post(f"{realm_psc}/token", data=poll)
    exchanged = await proxy.post(
        f"/realms/{realm}/protocol/openid-connect/token",
        data={
            "grant_type": EXCHANGE,
            "client_id": "editeur-demo-bas",
            "subject_token": tokens.json()["access_token"],
            "subject_token_type": ACCESS_TOKEN,
            "scope": scope,
        },
    )
    assert exchanged.status_code == 200, exchanged.text
    return {"authorization": f"Bearer {exchanged.json()['access_token']}"}


async def test_an_identity_is_found_through_the_proxy(country: ProxyCountry, behind: httpx.AsyncClient) -> None:
    found = await insi_client.search_by_traits(behind, f"{country.lps.base}/send", PATIENT, issuer=str(DOCTOR.id_nat))
    assert found.code == "00"
    assert found.matricule == PATIENT.ins.matricule
    told = (await facts(country.apis["ins"], "ins.identity.searched"))[-1]
    assert (told["mode"], told["issuer"]) == ("PSC", str(DOCTOR.id_nat))


async def test_insi_refuses_a_token_that_is_not_for_it_or_not_of_this_connection(country: ProxyCountry) -> None:
    async with country.client(vendor(country)) as own, country.client(vendor(country, "thief")) as thief:
        bearer = await api_token(own, "insi", "insi.recherche")
        elsewhere = await api_token(own, "dmp", "dmp.consultation")
        own.headers.update(bearer)
        assert (await insi_client.search_by_traits(own, country.edge, PATIENT)).code == "00"
        own.headers.update(elsewhere)
        with pytest.raises(insi_client.Refused) as refused:
            await insi_client.search_by_traits(own, country.edge, PATIENT)
        assert (refused.value.status, refused.value.code) == (401, "segur_jeton")
        thief.headers.update(bearer)
        with pytest.raises(insi_client.Refused, match="autre certificat") as refused:
            await insi_client.search_by_traits(thief, country.edge, PATIENT)
        assert refused.value.status == 401
        answer = await thief.post("/insi/lps", content=b"<x/>")
        assert answer.status_code == 500  # unreadable before it is forbidden
        verification = await thief.post("/insi/verification", json={})
        assert verification.status_code == 401


async def test_the_dmp_is_read_by_soap_through_the_proxy(country: ProxyCountry, behind: httpx.AsyncClient) -> None:
    """TD0.2 then TD3.1, the software unchanged but for its base address [DMP-13]."""
    _, sign = Software.identities(Authority.of_home(country.home), DOCTOR)
    key = SigningKey.load(sign.key.read_bytes(), sign.certificate.read_bytes())
    software = Software(behind, f"{country.lps.base}/send", DOCTOR, key)
    assert (await software.test_existence(PATIENT)).query_status == "OK"
    assert isinstance(await software.find(PATIENT), tuple)


async def test_the_dmp_is_read_by_fhir_through_the_proxy(country: ProxyCountry, behind: httpx.AsyncClient) -> None:
    reader = FhirSoftware(behind, f"{country.lps.base}/send", DOCTOR)
    assert await reader.has_dmp(PATIENT.ins)
    assert isinstance(await reader.find(PATIENT.ins), list)


async def test_the_dmp_refuses_an_api_token_shown_with_another_certificate(country: ProxyCountry) -> None:
    async with country.client(vendor(country)) as own, country.client(vendor(country, "thief")) as thief:
        bearer = await api_token(own, "dmp", "dmp.consultation")
        token = bearer["authorization"].removeprefix("Bearer ")
        assert await FhirSoftware(own, country.edge, DOCTOR, token).has_dmp(PATIENT.ins)
        with pytest.raises(FhirRefused) as refused:
            await FhirSoftware(thief, country.edge, DOCTOR, token).has_dmp(PATIENT.ins)
        assert (refused.value.status, refused.value.code) == (401, "PSC_TOKEN")


async def test_a_logout_at_psc_during_the_call_ends_the_token(country: ProxyCountry) -> None:
    session = await country.lps.connect(str(DOCTOR.id_nat))
    sessions = country.psc.floor.store._collections["sessions"]
    await sessions.update({"_id": f"default:{session.session_state}"}, {"$set": {"active": False, "closed": "logout"}})
    async with country.client() as client:
        client.headers["cookie"] = f"{COOKIE}={session.proxy_session_id}"
        with pytest.raises(insi_client.Refused) as refused:
            await insi_client.search_by_traits(client, f"{country.lps.base}/send", PATIENT)
    assert (refused.value.status, refused.value.code) == (401, "segur_jeton")
    rows = await country.lps.traces(country.psc.floor.clock.now().replace(year=2000))
    assert [row["apiRequest"]["nomApiPsc"] for row in rows if row["type"] == "SEND"][-1] == "insi"

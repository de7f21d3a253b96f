"""The Web-PS site under the DMP's national test names, through the real edge, PSC and DMP [DMP digest 0, 1.9]."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
import pytest_asyncio
import segur_dmp.service
import segur_dmp.settings

from segur.kernel.pki import Authority, Identity
from segur.kernel.tls import client_context
from segur.personas import roles
from segur.personas.country import build_country
from segur.scenario.actors.psc_browser import Browser, Page
from segur.vocab.hosts import NATIONAL_TEST_HOSTS
from tests.conftest import Servers
from tests.contract.national_names import client_by_name
from tests.contract.psc.proxy_country import ProxyCountry, proxy_country

pytestmark = pytest.mark.asyncio(loop_scope="module")

COUNTRY = build_country()
DOCTOR = str(COUNTRY.professional(roles.GENERAL_PRACTITIONER).id_nat)
PATIENT = COUNTRY.patient("DMP-WEB")
NAMES = [name for name, service in NATIONAL_TEST_HOSTS.items() if service == "dmp"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def country(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ProxyCountry]:
    """The edge, PSC and the DMP."""
    dmp = {"dmp": (segur_dmp.service.build, segur_dmp.settings.Settings)}
    async with proxy_country(servers, tmp_path_factory.mktemp("web-ps"), dmp) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def browser(country: ProxyCountry) -> AsyncIterator[Browser]:
    """A browser without a card."""
    async with at_home(country) as http:
        yield Browser(http)


def at_home(country: ProxyCountry, card: Identity | None = None) -> httpx.AsyncClient:
    """A browser's HTTP, with a card in the reader or without."""
    port = urlsplit(country.edge).port
    assert port is not None
    return client_by_name(port, client_context(Authority.of_home(country.home).bundle, card))


def record(name: str) -> str:
    """The contextual address of a patient's record under a name."""
    return f"https://{name}/AccesDirect/DossierPatient/{PATIENT.ins.matricule}"


async def follow(browser: Browser, answer: httpx.Response) -> list[httpx.Response]:
    """What a browser is led through from an answer on; the last one is a page."""
    seen = [answer]
    while seen[-1].is_redirect:
        assert len(seen) < 10, [str(one.url) for one in seen]
        seen.append(await browser.open(urljoin(str(seen[-1].url), seen[-1].headers["location"])))
    return seen


@pytest.mark.parametrize("name", NAMES)
async def test_a_card_opens_the_record_under_each_national_name(country: ProxyCountry, name: str) -> None:
    card = Authority.of_home(country.home).issue("web-card", "ps-auth", common_name=DOCTOR)
    async with at_home(country, card) as http:
        page = await http.get(record(name))
    assert page.status_code == 200, page.text[:300]
    assert PATIENT.birth_name in page.text
    assert "carte CPS" in page.text


async def test_the_national_pro_sante_connect_signs_in_and_brings_back_to_the_record(browser: Browser) -> None:
    name = "formation1.lps2.dmp.gouv.fr"
    *_, login = await follow(browser, await browser.open(record(name)))
    assert (login.url.host, login.url.path) == ("wallet.bas.psc.esante.gouv.fr", "/auth"), login.text[:300]
    way = await follow(browser, await browser.choose(login, DOCTOR))
    assert [one.url.host for one in way[-2:]] == [name, name]
    assert str(way[-1].url) == record(name)
    words = Page(way[-1].text).text
    assert (way[-1].status_code, PATIENT.birth_name in words, "Pro Santé Connect" in words) == (200, True, True)


async def test_a_session_of_the_national_pro_sante_connect_needs_no_second_login(browser: Browser) -> None:
    *_, login = await follow(browser, await browser.open("https://dev6.lps2.dmp.gouv.fr/AccesDirect/TableauDeBord"))
    await follow(browser, await browser.choose(login, DOCTOR))
    for name in ("dev6.lps2.dmp.gouv.fr", "lps.dev9.dmp.gouv.fr"):
        *_, page = await follow(browser, await browser.open(record(name)))
        assert (page.status_code, page.url.host, PATIENT.birth_name in page.text) == (200, name, True)


async def test_a_form_sent_from_the_national_name_is_not_taken_for_a_foreign_one(country: ProxyCountry) -> None:
    name = "dev1.lps2.dmp.gouv.fr"
    stranger = COUNTRY.patient("DMP-AUTORISATIONS").ins.matricule
    card = Authority.of_home(country.home).issue("web-card", "ps-auth", common_name=DOCTOR)
    address = f"https://{name}/AccesDirect/Autorisation/{stranger}"
    async with at_home(country, card) as http:
        ours = await http.post(address, headers={"origin": f"https://{name}"})
        foreign = await http.post(address, headers={"origin": "https://dev6.lps2.dmp.gouv.fr"})
    assert (ours.status_code, ours.headers.get("location")) == (303, f"/AccesDirect/DossierPatient/{stranger}")
    assert foreign.status_code == 403


async def test_the_address_of_production_is_refused_with_the_reason(country: ProxyCountry) -> None:
    context = client_context(Authority.of_home(country.home).bundle)
    context.check_hostname = False  # no certificate of ours names production
    port = urlsplit(country.edge).port
    assert port is not None
    async with client_by_name(port, context) as http:
        answer = await http.get("https://ledmp.dmp.gouv.fr/AccesDirect/TableauDeBord")
    assert (answer.status_code, answer.json()["title"]) == (421, "production_host")

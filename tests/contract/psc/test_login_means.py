"""The three means of the national login page: a card and its code, the e-CPS on a phone, a hospital's provider."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urljoin

import httpx
import pytest

from segur.contracts.psc import AuthenticationRefused, SessionOpened
from segur.kernel.faults import FaultRule
from segur.kernel.pki import Authority
from segur.kernel.request import DEFAULT_SANDBOX
from tests.contract.psc.conftest import CLIENT, PROTOCOL, RADIOLOGIST, Psc, payload, returned, showing

pytestmark = pytest.mark.asyncio(loop_scope="session")

GP = "899700010038"
PHONE = "/psc/ciba"
FI = "OKTA_ch-de-test"


def opened(psc: Psc) -> list[tuple[str, str]]:
    return [(fact.means, fact.id_nat) for fact in psc.facts if isinstance(fact, SessionOpened)]


def refused(psc: Psc) -> list[str]:
    return [fact.description for fact in psc.facts if isinstance(fact, AuthenticationRefused)]


async def wait_page(psc: Psc, http: httpx.AsyncClient | None = None, identifier: str = RADIOLOGIST) -> httpx.Response:
    """The page that waits for the phone."""
    sent = await psc.submit(await psc.ask(http), http, ecps="1", identifier=identifier)
    assert sent.status_code == 303, sent.text
    return await (http or psc.http).get(urljoin(str(sent.url), sent.headers["location"]))


def number_on(page: httpx.Response) -> str:
    found = re.search(r'class="number"[^>]*>(\d\d)<', page.text)
    assert found, page.text
    return found[1]


async def decide(psc: Psc, decision: str, id_nat: str = RADIOLOGIST) -> httpx.Response:
    """Press a button on the phone, whose page is another browser's."""
    async with psc.browser() as phone:
        listed = await phone.get(PHONE, params={"login_hint": id_nat}, headers={"accept": "application/json"})
        (request, *_) = listed.json()["requests"]
        return await phone.post(f"{PHONE}/decision", data={"request": request["request"], "decision": decision})


# Card


async def test_a_card_is_picked_its_certificate_shown_and_its_code_typed(psc: Psc) -> None:
    drawer = await psc.submit(await psc.ask(), cards="1")
    assert f'name="card" value="{RADIOLOGIST}"' in drawer.text
    reader = await psc.submit(drawer, card=RADIOLOGIST)
    assert f"CN={RADIOLOGIST}" in reader.text
    wrong = await psc.submit(reader, pin="0000")
    assert (wrong.status_code, "Code porteur erroné" in wrong.text) == (400, True)
    answer = await psc.submit(wrong, pin="1234")
    tokens = (await psc.exchange(returned(answer)["code"])).json()
    assert payload(tokens["access_token"])["authMode"] == "CARD"
    assert opened(psc) == [("CARD", RADIOLOGIST)]


async def test_a_code_without_a_card_in_the_reader_signs_nobody_in(psc: Psc) -> None:
    answer = await psc.submit(await psc.ask(), pin="1234", card="")
    assert returned(answer)["error"] == "invalid_request"
    assert opened(psc) == []


async def test_a_card_certificate_of_the_browser_is_offered_first(psc: Psc) -> None:
    card = Authority.of_home(psc.settings.home).issue(
        "cps-radiologist", "ps-auth", common_name=RADIOLOGIST, surname="RAYONNET", given_name="CLAIRE"
    )
    async with psc.browser(**showing(card)) as browser:
        page = await psc.ask(browser)
        assert "Carte présentée par le navigateur" in page.text
        reader = await psc.submit(page, browser, card=RADIOLOGIST)
        assert "code" in returned(await psc.submit(reader, browser, pin="1234"))
    assert "Carte présentée" not in (await psc.ask()).text


# e-CPS


async def test_the_number_on_the_screen_chosen_on_the_phone_signs_in(psc: Psc) -> None:
    page = await wait_page(psc, identifier=RADIOLOGIST[1:])  # the RPPS, as people know it
    assert 'http-equiv="refresh"' in page.text
    assert "<script" not in page.text
    number = number_on(page)
    async with psc.browser() as phone:
        shown = (await phone.get(PHONE, params={"login_hint": RADIOLOGIST})).text
    offered = re.findall(r'value="approve-(\d\d)"', shown)
    assert number in offered
    assert len(set(offered)) == 3
    assert opened(psc) == []
    await decide(psc, f"approve-{number}")
    answer = await psc.http.get(page.url)
    tokens = (await psc.exchange(returned(answer)["code"])).json()
    assert payload(tokens["access_token"])["authMode"] == "MOBILE"
    assert opened(psc) == [("MOBILE", RADIOLOGIST)]
    # an approval serves once
    assert (await psc.http.get(page.url)).status_code == 400


async def test_another_number_or_a_no_is_a_refusal_and_the_page_can_be_tried_again(psc: Psc) -> None:
    for decision in ("wrong", "refuse"):
        page = await wait_page(psc)
        wrong = f"{(int(number_on(page)) + 50) % 100:02d}"
        await decide(psc, f"approve-{wrong}" if decision == "wrong" else decision)
        answer = await psc.http.get(page.url)
        assert (answer.status_code, "refusée sur le téléphone" in answer.text) == (400, True)
        assert "code" in returned(await psc.submit(answer, id_nat=GP))
        await psc.http.get(f"{PROTOCOL}/logout")
        psc.http.cookies.clear()
    assert [id_nat for _, id_nat in opened(psc)] == [GP, GP]


async def test_an_approval_without_the_number_is_none(psc: Psc) -> None:
    page = await wait_page(psc)
    await decide(psc, "approve")
    assert "refusée sur le téléphone" in (await psc.http.get(page.url)).text


async def test_a_phone_that_says_nothing_times_out(psc: Psc) -> None:
    page = await wait_page(psc)
    psc.service.floor.clock.set_offset(DEFAULT_SANDBOX, timedelta(seconds=121))
    answer = await psc.http.get(page.url)
    assert (answer.status_code, "pas répondu à temps" in answer.text) == (400, True)
    assert refused(psc) == ["No answer from the phone"]


async def test_a_phone_that_is_silent_or_out_of_reach_is_a_fault(psc: Psc) -> None:
    board = psc.service.floor.faults
    board.arm([FaultRule(id="a", point="psc.ciba.device_down", actor=CLIENT[0], count=1)])
    answer = await psc.submit(await psc.ask(), ecps="1", identifier=RADIOLOGIST)
    assert "injoignable" in answer.text
    board.arm([FaultRule(id="b", point="psc.ciba.silent", patient=RADIOLOGIST, count=1)])
    await wait_page(psc)
    listed = await psc.http.get(PHONE, params={"login_hint": RADIOLOGIST}, headers={"accept": "application/json"})
    assert listed.json()["requests"] == []


async def test_the_waiting_page_is_of_use_to_the_browser_that_asked_only(psc: Psc) -> None:
    page = await wait_page(psc)
    number = number_on(page)
    await decide(psc, f"approve-{number}")
    async with psc.browser() as thief:
        await psc.ask(thief)  # with a browser cookie of its own
        answer = await thief.get(page.url)
        assert (answer.status_code, "location" in answer.headers) == (400, False)
    assert opened(psc) == []
    assert "code" in returned(await psc.http.get(page.url))


async def test_a_phone_that_answers_by_itself_does_so_here_too(psc: Psc) -> None:
    await psc.change("people", RADIOLOGIST, answers="approve")
    sent = await psc.submit(await psc.ask(), ecps="1", identifier=RADIOLOGIST)
    assert "code" in returned(await psc.http.get(urljoin(str(sent.url), sent.headers["location"])))


async def test_somebody_without_e_cps_or_unknown_is_told_on_the_page(psc: Psc) -> None:
    for identifier in ("3990000119/GENERIQUE-ACCUEIL", "1", "", "<b>"):
        answer = await psc.submit(await psc.ask(), ecps="1", identifier=identifier)
        assert (answer.status_code, "Aucun professionnel de test" in answer.text) == (400, True)


# Delegation


async def provider_page(psc: Psc) -> httpx.Response:
    page = await psc.ask(kc_idp_hint=FI)
    assert "Fournisseur d&#39;identité de l&#39;établissement" in page.text or "Fournisseur d'identité" in page.text
    return page


async def test_a_hospital_account_is_paired_once_and_only_confirms_later(psc: Psc) -> None:
    pairing = await psc.submit(await provider_page(psc), account=f"card {GP}")
    assert "Appairer un compte avec la carte CPS" in pairing.text
    first = await psc.submit(pairing, pair="CARD")
    tokens = (await psc.exchange(returned(first)["code"])).json()
    assert payload(tokens["access_token"])["authMode"] == "DELEGATION"
    async with psc.browser() as other:
        page = await psc.ask(other, kc_idp_hint=FI)
        confirm = await psc.submit(page, other, account=f"application {GP}")
        assert "Continuer avec cette identité" in confirm.text
        assert "code" in returned(await psc.submit(confirm, other, confirm="1"))
    assert opened(psc) == [("DELEGATION", GP)] * 2


async def test_a_password_alone_is_not_accepted_from_a_hospital(psc: Psc) -> None:
    answer = await psc.submit(await provider_page(psc), account=f"password {GP}")
    assert (answer.status_code, "second facteur" in answer.text) == (400, True)
    assert refused(psc) == ["The local provider's amr is not accepted"]


async def test_what_the_provider_said_cannot_be_made_up_by_the_browser(psc: Psc) -> None:
    for fields in ({"pair": "CARD"}, {"confirm": "1"}, {"account": f"card {GP}"}):
        answer = await psc.submit(await psc.ask(), **fields)  # straight from the login page: no provider spoke
        assert "code=" not in answer.headers.get("location", "")
    assert opened(psc) == []


async def test_an_unknown_hint_shows_the_login_page_and_the_page_offers_delegation(psc: Psc) -> None:
    page = await psc.ask(kc_idp_hint="OKTA_elsewhere")
    assert f'name="fi" value="{FI}"' in page.text
    assert "établissement" in (await psc.submit(page, fi=FI)).text
    assert returned(await psc.submit(page, fi="nobody"))["error"] == "invalid_request"


# The session


async def test_prompt_consent_asks_who_is_signed_in_to_go_on(psc: Psc) -> None:
    await psc.code()
    page = await psc.ask(prompt="consent")
    assert "Continuer avec cette identité" in page.text
    assert "code" in returned(await psc.submit(page, confirm="1"))
    assert len(opened(psc)) == 1
    assert returned(await psc.submit(page, cancel="1"))["error"] == "access_denied"
    other = await psc.submit(page, search="")
    assert "S&#39;identifier avec Pro Santé Connect" in other.text or "S'identifier avec" in other.text


async def test_select_account_and_login_show_the_page_and_none_never_does(psc: Psc) -> None:
    await psc.code()
    for prompt in ("login", "select_account", "login consent"):
        assert 'name="choice"' in (await psc.ask(prompt=prompt)).text
    assert "code" in returned(await psc.ask(prompt="none"))
    assert returned(await psc.ask(prompt="none login"))["error"] == "invalid_request"


async def test_an_id_token_hint_of_somebody_else_is_not_answered_from_the_session(psc: Psc) -> None:
    hint = (await psc.signed_in(id_nat=GP))["id_token"]
    assert "code" in returned(await psc.ask(prompt="none", id_token_hint=hint))
    async with psc.browser() as other:
        await psc.code(other)
        assert returned(await psc.ask(other, prompt="none", id_token_hint=hint))["error"] == "login_required"
        assert f'value="{GP}"' in (await psc.ask(other, id_token_hint=hint)).text
    assert returned(await psc.ask(id_token_hint="a.b.c"))["error_description"] == "Invalid parameter: id_token_hint"


async def test_a_session_ends_after_half_an_hour_without_use_and_after_four_hours_with(psc: Psc) -> None:
    clock = psc.service.floor.clock
    await psc.code()
    clock.set_offset(DEFAULT_SANDBOX, timedelta(seconds=1_700))
    assert "code" in returned(await psc.ask(prompt="none"))
    clock.set_offset(DEFAULT_SANDBOX, timedelta(seconds=1_800))
    assert returned(await psc.ask(prompt="none"))["error"] == "login_required"
    tokens = await psc.signed_in()
    begun = 1_800
    for minutes in range(20, 240, 20):
        clock.set_offset(DEFAULT_SANDBOX, timedelta(seconds=begun + minutes * 60))
        answer = await psc.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
        tokens = answer.json()
    clock.set_offset(DEFAULT_SANDBOX, timedelta(seconds=begun + 238 * 60))
    assert "code" in returned(await psc.ask(prompt="none"))
    clock.set_offset(DEFAULT_SANDBOX, timedelta(seconds=begun + 240 * 60))
    assert returned(await psc.ask(prompt="none"))["error"] == "login_required"


async def test_a_login_renews_the_browsers_secret(psc: Psc) -> None:
    """Session fixation: a cookie somebody planted before the login is worth nothing after it."""
    psc.http.cookies.set("PSC_SESSION", "planted", domain="localhost", path="/")
    await psc.code()
    first = [cookie.value for cookie in psc.http.cookies.jar if cookie.name == "PSC_SESSION"]
    assert "planted" not in first[-1:]
    async with psc.browser(cookie="PSC_SESSION=planted") as attacker:
        assert returned(await psc.ask(attacker, prompt="none"))["error"] == "login_required"
    held = first[-1]
    await psc.code(prompt="login")
    async with psc.browser(cookie=f"PSC_SESSION={held}") as attacker:
        assert returned(await psc.ask(attacker, prompt="none"))["error"] == "login_required"


async def test_cookies_are_kept_from_scripts_other_sites_and_plain_http(psc: Psc) -> None:
    answer = await psc.submit(await psc.ask(), id_nat=RADIOLOGIST)
    told = {line.split("=")[0]: line.lower() for line in answer.headers.get_list("set-cookie")}
    assert {"httponly", "secure", "samesite=lax"} <= set(told["PSC_SESSION"].split("; "))
    assert {"secure", "samesite=none"} <= set(told["PSC_STATUS"].split("; "))  # read in frames; holds no secret


async def test_another_site_can_neither_sign_a_browser_in_nor_out_nor_press_the_phone(psc: Psc) -> None:
    """Login CSRF, logout CSRF and a forged approval: each form is tied to the browser it was shown to."""
    attackers = await psc.ask(psc.browser())  # a login page of the attacker's own, posted in the victim's browser
    await psc.ask()
    assert "location" not in (await psc.submit(attackers, id_nat=RADIOLOGIST)).headers
    await psc.code()
    await psc.http.post(f"{PROTOCOL}/logout", data={"confirmation": "made up"})
    assert "code" in returned(await psc.ask(prompt="none"))
    foreign = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    for path in ("decision", "answers"):
        answer = await psc.http.post(f"{PHONE}/{path}", data={"login_hint": RADIOLOGIST}, headers=foreign)
        assert (answer.status_code, "autre site" in answer.text) == (403, True)


async def test_every_page_of_a_login_refuses_to_be_framed(psc: Psc) -> None:
    login = await psc.ask()
    drawer = await psc.submit(login, cards="1")
    pages = [login, drawer, await psc.submit(drawer, card=RADIOLOGIST), await wait_page(psc)]
    provider = await provider_page(psc)
    pages += [provider, await psc.submit(provider, account=f"card {RADIOLOGIST}")]
    await psc.code()
    pages.append(await psc.ask(prompt="consent"))
    for page in pages:
        policy = page.headers["content-security-policy"]
        assert page.headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in policy
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["cache-control"] == "no-store"
        assert "style=" not in page.text

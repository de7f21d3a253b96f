"""What a person meets in a browser, and what a browser must not be made to do."""

from __future__ import annotations

import re

import httpx
import pytest

from segur.contracts.psc import AuthenticationRefused, SessionOpened
from segur.kernel.faults import FaultRule
from tests.contract.psc.conftest import BASE, CALLBACK, PROTOCOL, RADIOLOGIST, REALM, Psc, returned

pytestmark = pytest.mark.asyncio(loop_scope="session")

GP = "899700010038"


def buttons(page: httpx.Response) -> list[str]:
    return re.findall(r'name="choice" value="([^"]+)"', page.text)


async def test_the_login_page_offers_each_professional_by_the_means_they_own(psc: Psc) -> None:
    page = await psc.ask()
    assert {f"CARD {RADIOLOGIST}", f"MOBILE {RADIOLOGIST}"} <= set(buttons(page))
    assert not [button for button in buttons(page) if "GENERIQUE" in button]  # neither card nor phone
    assert "Logiciel de démonstration" in page.text
    answer = await psc.submit(page, choice=f"MOBILE {RADIOLOGIST}")
    assert "code" in returned(answer)
    assert [f.means for f in psc.facts if isinstance(f, SessionOpened)] == ["MOBILE"]


@pytest.mark.parametrize("wanted", ["généreux", "GENEREUX paul", GP, GP[1:], "medecin cabinet genereux"])
async def test_people_are_found_by_name_profession_place_or_number_without_a_script(psc: Psc, wanted: str) -> None:
    page = await psc.submit(await psc.ask(), search=wanted)
    assert (page.status_code, buttons(page)) == (200, [f"CARD {GP}", f"MOBILE {GP}"])
    assert "code" in returned(await psc.submit(page, choice=f"CARD {GP}"))


@pytest.mark.parametrize("wanted", [".*", "nobody at all", "(", "[a-"])
async def test_a_search_is_no_pattern_and_finding_nobody_is_said(psc: Psc, wanted: str) -> None:
    page = await psc.submit(await psc.ask(), search=wanted)
    assert (page.status_code, buttons(page)) == (200, [])
    assert "Personne ne correspond" in page.text


async def test_a_login_hint_shows_that_person_first(psc: Psc) -> None:
    assert buttons(await psc.ask(login_hint=GP)) == [f"CARD {GP}", f"MOBILE {GP}"]


async def test_the_page_speaks_french_until_somebody_wants_english(psc: Psc) -> None:
    page = await psc.ask()
    assert '<html lang="fr">' in page.text
    english = await psc.submit(page, language="en")
    assert '<html lang="en">' in english.text
    assert "Choose a test professional" in english.text
    assert "Choose a test professional" in (await psc.ask()).text  # remembered
    assert "unknown client_id" in (await psc.ask(client_id="nobody")).text
    async with psc.browser() as other:
        assert '<html lang="en">' in (await psc.ask(other, ui_locales="en-GB fr")).text
        assert '<html lang="fr">' in (await psc.ask(other, ui_locales="de")).text


async def test_what_the_client_sends_is_shown_as_text(psc: Psc) -> None:
    evil = '"><script>alert(1)</script>'
    for page in (await psc.ask(login_hint=evil), await psc.submit(await psc.ask(), search=evil)):
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert(1)" in page.text


async def test_every_page_forbids_frames_foreign_scripts_and_foreign_styles(psc: Psc) -> None:
    pages = [await psc.ask(), await psc.ask(client_id="nobody"), await psc.http.get("/psc/ciba")]
    pages.append(await psc.http.get(f"{PROTOCOL}/logout"))
    for page in pages:
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        (nonce,) = set(re.findall(r"'nonce-([^']+)'", policy))
        assert set(re.findall(r'<(?:script|style)(?: nonce="([^"]*)")?', page.text)) == {nonce}
        assert page.headers["x-frame-options"] == "DENY"
        assert "style=" not in page.text


async def test_a_form_shown_to_another_browser_signs_nobody_in(psc: Psc) -> None:
    page = await psc.ask()
    async with psc.browser() as victim:
        await psc.ask(victim)
        answer = await psc.submit(page, victim, id_nat=RADIOLOGIST)
    assert (answer.status_code, "location" in answer.headers) == (400, False)
    assert [f for f in psc.facts if isinstance(f, SessionOpened)] == []
    assert [f.error for f in psc.facts if isinstance(f, AuthenticationRefused)] == ["invalid_request"]


async def test_sandboxes_and_schemes_keep_their_cookies_apart_in_one_browser(psc: Psc) -> None:
    """All of a host's ports share one jar; `/` cookies also go to `/s/other`; http cannot overwrite https."""
    homes = (f"{BASE}/", f"{BASE}/s/other/", "http://localhost:8080/")
    async with psc.through_an_edge(BASE) as browser:
        for home in homes:
            browser.base_url = httpx.URL(home)
            answer = await psc.submit(await psc.ask(browser), browser, id_nat=RADIOLOGIST)
            assert "code" in returned(answer), home
        for home in homes:
            browser.base_url = httpx.URL(home)
            assert "code" in returned(await psc.ask(browser, prompt="none")), home
        names = {cookie.name for cookie in browser.cookies.jar}
        assert {"PSC_SESSION", "PSC_SESSION_other", "PSC_SESSION_HTTP"} <= names


async def test_under_the_national_names_one_login_serves_both_hosts(psc: Psc) -> None:
    wallet, auth = (f"https://{host}.bas.psc.esante.gouv.fr" for host in ("wallet", "auth"))
    async with psc.through_an_edge(wallet) as browser:
        page = await psc.ask(browser)
        answer = await psc.submit(page, browser, id_nat=RADIOLOGIST)
        assert returned(answer)["iss"] == auth + REALM
        params = {
            "response_type": "code",
            "client_id": "editeur-demo-bas",
            "redirect_uri": CALLBACK,
            "scope": "openid",
            "acr_values": "eidas1",
            "prompt": "none",
        }
        again = await browser.get(f"{auth}{PROTOCOL}/auth", params=params)
        assert "code" in returned(again)
        assert "Se déconnecter" in (await browser.get(f"{auth}{PROTOCOL}/logout")).text


async def test_somebody_who_signs_in_again_keeps_one_session_that_a_logout_ends(psc: Psc) -> None:
    first = await psc.signed_in()
    second = await psc.signed_in(prompt="login")
    assert second["session_state"] == first["session_state"]
    await psc.http.get(f"{PROTOCOL}/logout", params={"id_token_hint": second["id_token"]})
    for tokens in (first, second):
        assert await psc.introspect(tokens["access_token"]) == {"active": False}


async def test_another_professional_in_the_same_browser_gets_a_session_of_their_own(psc: Psc) -> None:
    first = await psc.signed_in()
    second = await psc.signed_in(prompt="login", id_nat=GP)
    assert second["session_state"] != first["session_state"]
    assert (await psc.introspect(first["access_token"]))["username"] == RADIOLOGIST
    assert (await psc.introspect(second["access_token"]))["username"] == GP


async def test_a_form_post_answer_leads_on_by_itself_or_by_a_button(psc: Psc) -> None:
    page = await psc.submit(await psc.ask(response_mode="form_post"), id_nat=RADIOLOGIST)
    assert page.status_code == 200
    assert f'action="{CALLBACK}"' in page.text
    assert 'name="state" value="s1"' in page.text
    assert "form-action" not in page.headers["content-security-policy"]
    assert "Continuer vers le service" in page.text


async def test_an_authorization_page_that_is_down_says_so_to_the_user(psc: Psc) -> None:
    psc.service.floor.faults.arm([FaultRule(id="f", point="psc.authorize.unavailable", count=1)])
    page = await psc.ask()
    assert page.status_code == 503
    assert "momentanément indisponible" in page.text
    assert (await psc.ask()).status_code == 200


async def test_a_barred_professional_is_sent_back_to_the_service_with_a_refusal(psc: Psc) -> None:
    psc.service.floor.faults.arm([FaultRule(id="f", point="psc.login.refused", actor=RADIOLOGIST)])
    refused = returned(await psc.submit(await psc.ask(), id_nat=RADIOLOGIST))
    assert (refused["error"], refused["error_description"]) == ("access_denied", "User disabled")
    assert "code" in returned(await psc.submit(await psc.ask(), id_nat=GP))


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://elsewhere.invalid"}])
async def test_a_page_of_another_site_cannot_answer_for_a_phone(psc: Psc, headers: dict[str, str]) -> None:
    form = {"login_hint": RADIOLOGIST, "answers": "approve"}
    answer = await psc.http.post("/psc/ciba/answers", data=form, headers=headers)
    assert answer.status_code == 403
    own = await psc.http.post("/psc/ciba/answers", data=form, headers={"origin": BASE})
    assert own.headers["location"] == f"/psc/ciba?login_hint={RADIOLOGIST}"

"""A professional signs in and out, as the steps of several stories need it; each checks what it must."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import httpx

from segur.scenario.actors.psc_browser import Browser, Page, returned
from segur.scenario.actors.psc_software import Attempt, PscSoftware
from segur.scenario.acts.ground import Ground
from segur.scenario.story import NotHeld

LOGIN_WORDS = "S'identifier avec Pro Santé Connect"
PHONE = "/psc/ciba"
CIBA_GRANT = "urn:openid:params:grant-type:ciba"
_NUMBER = re.compile(r'class="number[^"]*"[^>]*>([^<]+)<')


@dataclass(slots=True)
class Login:
    """A login that came about."""

    software: PscSoftware
    browser: Browser
    attempt: Attempt
    tokens: dict[str, Any]
    claims: dict[str, Any]

    @property
    def access_token(self) -> str:
        """The PSC access token."""
        return str(self.tokens["access_token"])


async def login_page(software: PscSoftware, browser: Browser, **changes: str | None) -> tuple[Attempt, httpx.Response]:
    """Begin, and be shown the page where a professional signs in; not held when there is another answer."""
    attempt = await software.begin(**changes)
    page = await browser.open(attempt.url, attempt.params)
    if page.status_code != 200 or LOGIN_WORDS not in Page(page.text).text:
        raise NotHeld(f"attendu : la page « {LOGIN_WORDS} » ; trouvé : {page.status_code} {page.text[:200]}")
    return attempt, page


async def code_of(software: PscSoftware, browser: Browser, id_nat: str, means: str = "") -> tuple[Attempt, str]:
    """Sign in up to the code."""
    attempt, page = await login_page(software, browser)
    return attempt, software.land(attempt, returned(await browser.choose(page, id_nat, means)))


async def code_by_number(ground: Ground, software: PscSoftware, browser: Browser, id_nat: str) -> tuple[Attempt, str]:
    """Sign in by e-CPS as the national page has it: type the identifier, find the page's number on the phone."""
    attempt, page = await login_page(software, browser)
    number, address = await _number_of(browser, page, id_nat)
    await answer_phone(ground, id_nat, number, f"approve-{number}")
    return attempt, software.land(attempt, returned(await browser.open(address)))


async def refused_by_number(ground: Ground, software: PscSoftware, browser: Browser, id_nat: str) -> httpx.Response:
    """Sign in by e-CPS and refuse on the phone; give what the browser is shown then."""
    _, page = await login_page(software, browser)
    number, address = await _number_of(browser, page, id_nat)
    await answer_phone(ground, id_nat, number, "refuse")
    return await browser.open(address)


async def _number_of(browser: Browser, page: httpx.Response, id_nat: str) -> tuple[str, str]:
    """The number the page shows once the identifier is typed, and the address of the page that waits."""
    asked = await browser.press(page, "ecps", identifier=id_nat)
    address = urljoin(str(asked.url), asked.headers.get("location", ""))
    waiting = await browser.open(address)
    number = _NUMBER.search(waiting.text)
    if number is None:
        raise NotHeld(f"attendu : un nombre sur la page d'attente ; trouvé : {Page(waiting.text).text[:200]}")
    return number[1], address


async def sign_in(
    ground: Ground, id_nat: str, means: str = "", *, software: PscSoftware | None = None, browser: Browser | None = None
) -> Login:
    """Sign in up to tokens whose id_token is right; not held otherwise."""
    software, browser = software or ground.software(), browser or ground.browser()
    attempt, code = await code_of(software, browser, id_nat, means)
    answer = await software.exchange(attempt, code)
    if answer.status_code != 200:
        raise NotHeld(f"attendu : des jetons ; trouvé : {answer.status_code} {answer.text[:300]}")
    claims = await software.check_id_token(answer.json(), attempt.params["nonce"], ground.now())
    return Login(software, browser, attempt, answer.json(), claims)


async def sign_out(login: Login, state: str = "fin") -> httpx.Response:
    """The browser is sent to the end-session endpoint with the id_token as hint."""
    address = str((await login.software.discover())["end_session_endpoint"])
    return await login.browser.open(address, login.software.logout_params(str(login.tokens["id_token"]), state))


async def ask_phone(software: PscSoftware, id_nat: str, number: str, **changes: str | None) -> httpx.Response:
    """Ask for a login on the professional's phone (CIBA)."""
    asked: dict[str, str | None] = {
        "scope": "openid scope_all",
        "acr_values": "eidas1",
        "login_hint": id_nat,
        "binding_message": number,
        **changes,
    }
    return await software.call("backchannel_authentication_endpoint", **asked)


async def poll(software: PscSoftware, auth_req_id: str) -> httpx.Response:
    """Ask whether the professional has answered."""
    return await software.call("token_endpoint", grant_type=CIBA_GRANT, auth_req_id=auth_req_id)


async def answer_phone(ground: Ground, id_nat: str, number: str, decision: str = "approve") -> None:
    """On the phone of the professional: see the number the software shows, then press; not held without it."""
    phone = ground.browser()
    page = await phone.open(ground.base + PHONE, {"login_hint": id_nat})
    if number not in Page(page.text).text.split():
        raise NotHeld(f"attendu : le nombre {number} sur le téléphone ; trouvé : {Page(page.text).text[:300]}")
    done = await phone.press(page, "decision", decision)
    if done.status_code != 200:
        raise NotHeld(f"le téléphone n'a pas pris {decision} : {done.status_code}")


def refusal(answer: httpx.Response) -> str:
    """`400 invalid_grant: Code not valid`, from an answer of the back channel."""
    try:
        told = answer.json()
    except ValueError:
        return f"{answer.status_code} {answer.text[:100]}"
    return f"{answer.status_code} {told.get('error', '')}: {told.get('error_description', '')}"


def decoded(token: str) -> dict[str, Any]:
    """The claims of a JWT, unchecked, to be shown."""
    body = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims


def key_of(token: str) -> str:
    """The `kid` a JWT names."""
    head = token.split(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"])


def shown(claims: dict[str, Any], *names: str) -> str:
    """Some claims for a step's detail."""
    return ", ".join(f"{name}={claims.get(name)}" for name in names)

"""A service that signs professionals in with Pro Santé Connect: code and PKCE in a browser, or CIBA by phone.

Independent of the service under test: plain httpx, the pages read and their buttons pressed as a person would
[PSC digest 1.4, 1.7, 1.16].
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

CLIENT_ID, CLIENT_SECRET = "editeur-demo-bas", "segur-demo-secret"
REDIRECT_URI = "http://localhost:9999/callback"
DISCOVERY = "/auth/realms/esante-wallet/.well-known/wallet-openid-configuration"
PHONE = "/psc/ciba"
CIBA_GRANT = "urn:openid:params:grant-type:ciba"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What the service holds after a login. `waited` are the errors of the polls before it (CIBA)."""

    tokens: dict[str, Any]
    userinfo: dict[str, Any]
    waited: tuple[str, ...] = ()

    @property
    def access_token(self) -> str:
        """The PSC access token."""
        return str(self.tokens["access_token"])


class NotSignedIn(ValueError):
    """The login did not come about; `error` is the OAuth error code where there is one."""

    def __init__(self, what: str, answer: httpx.Response) -> None:
        self.error = ""
        if answer.headers.get("content-type", "").startswith("application/json"):
            self.error = str(answer.json().get("error", ""))
        super().__init__(f"{what}: {answer.status_code} {answer.text[:300]}")


@dataclass(slots=True)
class _Form:
    """A form of a page: where it goes, its hidden fields, its buttons as (name, value)."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Page(HTMLParser):
    """The forms of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[_Form] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect."""
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(_Form(values.get("action", "")))
        elif self.forms and tag == "input" and values.get("type") == "hidden":
            self.forms[-1].fields[values["name"]] = values.get("value", "")
        elif self.forms and tag == "button":
            self.forms[-1].buttons.append((values.get("name", ""), values.get("value", "")))

    def with_button(self, name: str, ending: str) -> tuple[_Form, dict[str, str]] | None:
        """The form and the fields it sends when the button of that name and value's ending is pressed."""
        for form in self.forms:
            for button, value in form.buttons:
                if button == name and value.endswith(ending):
                    return form, {**form.fields, button: value}
        return None


def form_of(page: str) -> tuple[str, dict[str, str]]:
    """Where the first form of a page goes, and its hidden fields."""
    form = _Page(page).forms[0]
    return form.action, form.fields


@contextmanager
def _private_window(client: httpx.AsyncClient) -> Iterator[None]:
    """No cookie goes in and none comes out: several people share this client, not a session."""
    held = client.cookies
    client.cookies = httpx.Cookies()
    try:
        yield
    finally:
        client.cookies = held


async def sign_in(client: httpx.AsyncClient, base: str, id_nat: str) -> SignedIn:
    """Sign a professional in as a browser and a confidential client would; raise `NotSignedIn` at the first surprise.

    `base` is the edge, as the editor's software would be told it; `id_nat` the professional to choose on the page.
    """
    discovery = (await client.get(base + DISCOVERY)).json()
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    state, nonce = secrets.token_urlsafe(16), secrets.token_hex(32)
    asked = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
        "scope": "openid scope_all",
        "acr_values": "eidas1",
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    with _private_window(client):
        page = await client.get(discovery["authorization_endpoint"], params=asked)
        answer = await _choose(client, page, id_nat)
    location = urlsplit(answer.headers.get("location", ""))
    returned = {name: values[0] for name, values in parse_qs(location.query).items()}
    if answer.status_code not in (302, 303) or returned.get("state") != state or "code" not in returned:
        raise NotSignedIn(f"login {location.geturl()[:200]}", answer)
    tokens = await client.post(
        discovery["token_endpoint"],
        auth=(CLIENT_ID, CLIENT_SECRET),
        data={
            "grant_type": "authorization_code",
            "code": returned["code"],
            "redirect_uri": REDIRECT_URI,
            "code_verifier": verifier,
        },
    )
    return await _signed_in(client, discovery, tokens)


async def _choose(client: httpx.AsyncClient, page: httpx.Response, id_nat: str) -> httpx.Response:
    """Press the professional's button on the login page, after a search when they are not among the first."""
    if page.status_code != 200:
        raise NotSignedIn("login page", page)
    pressed = _Page(page.text).with_button("choice", f" {id_nat}")
    if pressed is None:
        form = _Page(page.text).forms[0]
        page = await client.post(urljoin(str(page.url), form.action), data={**form.fields, "search": id_nat})
        pressed = _Page(page.text).with_button("choice", f" {id_nat}")
    if pressed is None:
        raise NotSignedIn(f"nobody called {id_nat} on the login page", page)
    form, fields = pressed
    return await client.post(urljoin(str(page.url), form.action), data=fields)


async def ciba(
    client: httpx.AsyncClient,
    base: str,
    id_nat: str,
    *,
    approve: bool = True,
    channel: str = "MOBILE",
    binding_message: str = "",
) -> SignedIn:
    """Sign a professional in on their own device: ask, poll, let them press the button on their phone's page, poll.

    `channel` is MOBILE (e-CPS) or CARD; `binding_message` two digits both sides show (drawn when empty). The polls
    before the answer must be told `authorization_pending`, then, too early, `slow_down` (`SignedIn.waited`); then the
    interval is kept, some seconds. Raise `NotSignedIn`, with `error` access_denied when `approve` is False.
    """
    discovery = (await client.get(base + DISCOVERY)).json()
    number = binding_message or f"{secrets.randbelow(100):02d}"
    asked = await client.post(
        discovery["backchannel_authentication_endpoint"],
        auth=(CLIENT_ID, CLIENT_SECRET),
        data={
            "scope": "openid scope_all",
            "acr_values": "eidas1",
            "login_hint": id_nat,
            "binding_message": number,
            "channel": channel,
        },
    )
    if asked.status_code != 200 or "auth_req_id" not in asked.json():
        raise NotSignedIn("bc-authorize", asked)
    request = asked.json()

    async def poll() -> httpx.Response:
        form = {"grant_type": CIBA_GRANT, "auth_req_id": request["auth_req_id"]}
        return await client.post(discovery["token_endpoint"], auth=(CLIENT_ID, CLIENT_SECRET), data=form)

    interval = float(request.get("interval", 5))
    begun = time.monotonic()
    early = [await poll(), await poll()]
    waited = tuple(str(answer.json().get("error", "")) for answer in early)
    # PSC counts whole seconds: on a machine so slow that they passed meanwhile, the second poll was not early at all.
    in_time = time.monotonic() - begun >= interval - 1
    if waited[0] != "authorization_pending" or (waited[1] != "slow_down" and not (in_time and waited[1] == waited[0])):
        raise NotSignedIn(f"polls before the answer: {waited}", early[-1])
    with _private_window(client):
        await press(client, base, id_nat, number, "approve" if approve else "refuse")
    await asyncio.sleep(interval)
    return await _signed_in(client, discovery, await poll(), waited)


async def press(client: httpx.AsyncClient, base: str, id_nat: str, number: str, decision: str) -> None:
    """Open the phone of the professional, find the request that shows the number, press approve or refuse."""
    page = await client.get(base + PHONE, params={"login_hint": id_nat})
    shown, _, after = page.text.partition(f">{number}<")
    if page.status_code != 200 or not after:
        raise NotSignedIn(f"no request with the number {number} on the phone of {id_nat}", page)
    # The form that shows the number began before it, and its buttons come after it.
    form = _Page(shown).forms[-1]
    done = await client.post(urljoin(str(page.url), form.action), data={**form.fields, "decision": decision})
    if done.status_code != 200:
        raise NotSignedIn(f"the phone did not take {decision}", done)


async def _signed_in(
    client: httpx.AsyncClient, discovery: dict[str, Any], tokens: httpx.Response, waited: tuple[str, ...] = ()
) -> SignedIn:
    if tokens.status_code != 200:
        raise NotSignedIn("token", tokens)
    bearer = {"authorization": f"Bearer {tokens.json()['access_token']}"}
    userinfo = await client.get(discovery["userinfo_endpoint"], headers=bearer)
    if userinfo.status_code != 200:
        raise NotSignedIn("userinfo", userinfo)
    return SignedIn(tokens.json(), userinfo.json(), waited)

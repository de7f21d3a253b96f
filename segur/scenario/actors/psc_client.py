"""A service that signs professionals in with Pro Santé Connect: authorization code and PKCE [PSC digest 1.4, 1.7]."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

CLIENT_ID, CLIENT_SECRET = "editeur-demo-bas", "segur-demo-secret"
REDIRECT_URI = "http://localhost:9999/callback"
DISCOVERY = "/auth/realms/esante-wallet/.well-known/wallet-openid-configuration"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What the service holds after a login."""

    tokens: dict[str, Any]
    userinfo: dict[str, Any]

    @property
    def access_token(self) -> str:
        """The PSC access token."""
        return str(self.tokens["access_token"])


class _Form(HTMLParser):
    """The first form of a page: its action and its hidden fields."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect."""
        values = {name: value or "" for name, value in attrs}
        if tag == "form" and not self.action:
            self.action = values.get("action", "")
        if tag == "input" and values.get("type") == "hidden":
            self.fields[values["name"]] = values.get("value", "")


async def sign_in(client: httpx.AsyncClient, base: str, id_nat: str) -> SignedIn:
    """Sign a professional in as a browser and a confidential client would; raise `ValueError` at the first surprise."""
    discovery = (await client.get(base + DISCOVERY)).json()
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    state, nonce = secrets.token_urlsafe(16), secrets.token_hex(32)
    page = await client.get(
        discovery["authorization_endpoint"],
        params={
            "response_type": "code",
            "client_id": CLIENT_ID,
            "redirect_uri": REDIRECT_URI,
            "scope": "openid scope_all",
            "acr_values": "eidas1",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        },
    )
    if page.status_code != 200:
        raise ValueError(f"login page: {page.status_code} {page.text[:300]}")
    form = _Form()
    form.feed(page.text)
    answer = await client.post(urljoin(str(page.url), form.action), data={**form.fields, "id_nat": id_nat})
    location = urlsplit(answer.headers.get("location", ""))
    returned = {name: values[0] for name, values in parse_qs(location.query).items()}
    if answer.status_code not in (302, 303) or returned.get("state") != state or "code" not in returned:
        raise ValueError(f"login: {answer.status_code} {location.geturl()[:200]} {answer.text[:200]}")
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
    if tokens.status_code != 200:
        raise ValueError(f"token: {tokens.status_code} {tokens.text[:300]}")
    userinfo = await client.get(
        discovery["userinfo_endpoint"], headers={"authorization": f"Bearer {tokens.json()['access_token']}"}
    )
    if userinfo.status_code != 200:
        raise ValueError(f"userinfo: {userinfo.status_code} {userinfo.text[:300]}")
    return SignedIn(tokens.json(), userinfo.json())

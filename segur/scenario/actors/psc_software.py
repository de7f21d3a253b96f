"""An editor's software as an OpenID Connect client of Pro Santé Connect, with the checks a careful one makes.

Independent of the service under test: httpx, and joserfc for signatures [PSC digest 1.3, 1.4, 1.7 to 1.14].
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

DISCOVERY = "/auth/realms/esante-wallet/.well-known/wallet-openid-configuration"
CALLBACK = "http://localhost:9999/callback"
AFTER_LOGOUT = "http://localhost:9999/"


class Rejected(ValueError):
    """The software itself rejects what came: a state, an issuer or a token that is not what it must be."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A login under way: what the software keeps in its own session until the browser is back."""

    url: str
    params: dict[str, str]
    verifier: str

    @property
    def state(self) -> str:
        """The value that must come back."""
        return self.params.get("state", "")


@dataclass(slots=True)
class PscSoftware:
    """A registered service at `base` (the edge, with the sandbox's prefix). `secret` is empty for mutual TLS."""

    http: httpx.AsyncClient
    base: str
    client_id: str = "editeur-demo-bas"
    secret: str = "segur-demo-secret"  # noqa: S105 - published, for synthetic people
    redirect_uri: str = CALLBACK
    metadata: dict[str, Any] = field(default_factory=dict)
    leeway_s: float = 5
    """How far its clock may be from PSC's."""

    async def discover(self) -> dict[str, Any]:
        """The discovery document ANS asks clients to use, read once."""
        if not self.metadata:
            answer = await self.http.get(self.base + DISCOVERY)
            self.metadata = answer.raise_for_status().json()
        return self.metadata

    async def begin(self, **changes: str | None) -> Attempt:
        """A new login: state, nonce, PKCE S256 and the level eidas1; a change to None leaves a parameter out."""
        verifier = secrets.token_urlsafe(48)
        asked: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "openid scope_all",
            "acr_values": "eidas1",
            "state": secrets.token_urlsafe(16),
            "nonce": secrets.token_hex(32),
            "code_challenge": _b64(hashlib.sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
            **changes,
        }
        endpoint = str((await self.discover())["authorization_endpoint"])
        return Attempt(endpoint, {name: value for name, value in asked.items() if value is not None}, verifier)

    def land(self, attempt: Attempt, came: dict[str, str]) -> str:
        """The code the browser brought; raise `Rejected` for a foreign state or issuer, or for an error instead."""
        if came.get("state") != attempt.state:
            raise Rejected(f"state {came.get('state')!r} is not the one of this browser")
        if "iss" in came and came["iss"] != self.metadata["issuer"]:
            raise Rejected(f"iss {came['iss']!r} is not {self.metadata['issuer']!r}")
        if "code" not in came:
            raise Rejected(came.get("error", "no code"))
        return came["code"]

    async def exchange(self, attempt: Attempt, code: str, **changes: str | None) -> httpx.Response:
        """Tokens for a code."""
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": attempt.params.get("redirect_uri", ""),
            "code_verifier": attempt.verifier,
            **changes,
        }
        return await self.call("token_endpoint", **form)

    async def refresh(self, refresh_token: str) -> httpx.Response:
        """New tokens for a refresh token."""
        return await self.call("token_endpoint", grant_type="refresh_token", refresh_token=refresh_token)

    async def introspect(self, token: str) -> dict[str, Any]:
        """What PSC says of a token."""
        answer = await self.call("introspection_endpoint", token=token)
        told: dict[str, Any] = answer.raise_for_status().json()
        return told

    async def userinfo(self, access_token: str) -> httpx.Response:
        """The professional of an access token."""
        bearer = {"authorization": f"Bearer {access_token}"}
        return await self.http.get(str((await self.discover())["userinfo_endpoint"]), headers=bearer)

    async def call(self, endpoint: str, **form: str | None) -> httpx.Response:
        """Post a form to an endpoint the discovery document names, with the client's proof."""
        fields = {name: value for name, value in form.items() if value is not None}
        address = str((await self.discover())[endpoint])
        if not self.secret:
            return await self.http.post(address, data={"client_id": self.client_id, **fields})
        return await self.http.post(address, data=fields, auth=(self.client_id, self.secret))

    def logout_params(self, id_token: str, state: str = "") -> dict[str, str]:
        """What the browser is sent to the end-session endpoint with."""
        return {
            "id_token_hint": id_token,
            "post_logout_redirect_uri": AFTER_LOGOUT,
            **({"state": state} if state else {}),
        }

    async def check_id_token(self, tokens: dict[str, Any], nonce: str, now: float) -> dict[str, Any]:
        """The claims of the id_token; raise `Rejected` unless signature, issuer, audience, nonce, times, at_hash hold.

        The key is looked up by `kid` among the published ones each time, so that a rotation is followed.
        """
        keys = (await self.http.get(str((await self.discover())["jwks_uri"]))).json()
        signing = [key for key in keys["keys"] if key.get("use") == "sig"]
        try:
            token = jwt.decode(str(tokens["id_token"]), KeySet.import_key_set({"keys": signing}), algorithms=["RS256"])
        except (JoseError, ValueError) as error:
            raise Rejected(f"id_token: {error}") from error
        claims = dict(token.claims)
        half = hashlib.sha256(str(tokens["access_token"]).encode()).digest()[:16]
        wrong = [
            name
            for name, holds in (
                ("iss", claims.get("iss") == self.metadata["issuer"]),
                ("aud", claims.get("aud") in (self.client_id, [self.client_id])),
                ("nonce", claims.get("nonce") == nonce),
                ("exp", claims.get("exp", 0) > now - self.leeway_s),
                ("iat", claims.get("iat", 0) < now + self.leeway_s),
                ("at_hash", claims.get("at_hash") == _b64(half)),
            )
            if not holds
        ]
        if wrong:
            raise Rejected(f"id_token: {', '.join(wrong)}")
        return claims


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

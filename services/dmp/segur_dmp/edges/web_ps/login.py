"""TD0.10: the way through Pro Santé Connect, code flow with PKCE [DMP digest 1.9, PSC digest 1.4].

The site is a client of PSC like any other: it registers itself (RFC 7591) at the address the browser uses. Who comes by
a national test name of the DMP is sent to the national name of the wallet, as there.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from segur.kernel import request as present
from segur.kernel.http_client import HttpClient
from segur.vocab.hosts import DMP_DOMAIN, WALLET_HOST
from segur.wire.introspection import PSC_REALM
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.edges.web_ps.session import LOGIN, SIGNED_IN, Cookies

RETURN: Final = "/AccesDirect/retour"
_PROTOCOL: Final = f"{PSC_REALM}/protocol/openid-connect"
_REGISTRATION: Final = f"{PSC_REALM}/clients-registrations/openid-connect"


class Login:
    """Sends browsers to PSC, and takes them back."""

    def __init__(self, context: Context, cookies: Cookies) -> None:
        self._context, self._cookies = context, cookies
        self._client = HttpClient(context.settings.gateway_url)

    async def close(self) -> None:
        """Let the connections go."""
        await self._client.close()

    async def leave(self, wanted: str) -> Response:
        """To PSC, to come back to the path `wanted`; with a session there, PSC asks nothing."""
        await self._register()
        verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": _return_uri(),
            "scope": "openid scope_all",
            "acr_values": "eidas1",
            "state": state,
            "nonce": secrets.token_hex(32),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        answer = RedirectResponse(f"{_login_page()}?{urlencode(asked)}", 303)
        self._cookies.write(answer, LOGIN, verifier=verifier, state=state, wanted=wanted)
        return answer

    async def come_back(self, request: Request) -> Response:
        """From PSC: the browser is signed in and led where it wanted to go.

        Raise `errors.CONTEXT_EXPIRED` for an answer nobody waits for, `errors.NO_TOKEN` when PSC signed nobody in.
        """
        told, begun = request.query_params, self._cookies.read(request, LOGIN)
        if not begun or not secrets.compare_digest(str(begun["state"]).encode(), told.get("state", "").encode()):
            raise errors.CONTEXT_EXPIRED.error(fix="Rouvrez le dossier depuis votre logiciel.")
        if "code" not in told:
            raise errors.NO_TOKEN.error(rule=f"Pro Santé Connect a répondu : {told.get('error', 'rien')[:60]}.")
        tokens = await self._tokens(told["code"], str(begun["verifier"]))
        holder = await self._context.tokens.holder(str(tokens.get("access_token", "")))
        if holder is None:
            raise errors.NO_TOKEN.error(fix="Reconnectez-vous à Pro Santé Connect.")
        answer = RedirectResponse(str(begun["wanted"]), 303)
        self._cookies.write(answer, SIGNED_IN, id_nat=holder.id_nat, session=holder.session)
        self._cookies.forget(answer, LOGIN)
        return answer

    async def _tokens(self, code: str, verifier: str) -> dict[str, Any]:
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": _return_uri(),
            "code_verifier": verifier,
        }
        answer = await self._post(f"{_PROTOCOL}/token", data=asked, auth=(self._client_id, self._secret))
        if answer.status_code != 200:
            raise errors.NO_TOKEN.error(rule=f"Pro Santé Connect a refusé le code ({answer.status_code}).")
        found: dict[str, Any] = answer.json()
        return found

    async def _register(self) -> None:
        """Done at each departure: a sandbox that was reset forgot, and one that knows says so harmlessly."""
        asked = {
            "client_id": self._client_id,
            "client_secret": self._secret,
            "redirect_uris": [_return_uri()],
            "client_name": "Web-PS DMP",
        }
        await self._post(_REGISTRATION, json=asked)

    async def _post(self, path: str, **options: Any) -> httpx.Response:
        try:
            return await self._client.post(path, **options)
        except httpx.HTTPError as error:
            raise errors.INTROSPECTION_AWAY.error() from error

    @property
    def _client_id(self) -> str:
        return f"web-ps-dmp-{hashlib.sha256(_return_uri().encode()).hexdigest()[:12]}"

    @property
    def _secret(self) -> str:
        return self._cookies.sign(f"psc|{_return_uri()}")


def _login_page() -> str:
    """Where a browser signs in: at the address it came by, or at the wallet on the same port under a national name."""
    base = present.current().base
    came = urlsplit(base)
    if not (came.hostname or "").endswith(DMP_DOMAIN):
        return f"{base}{_PROTOCOL}/auth"
    port = f":{came.port}" if came.port else ""
    return f"{came.scheme}://{WALLET_HOST}{port}{came.path}/auth"


def _return_uri() -> str:
    return present.current().base + RETURN

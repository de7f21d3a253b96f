"""Whom the doors ask about a token: Pro Santé Connect, or the DMP's own server in the Espace de confiance.

Token introspection (RFC 7662) [DMP digest 2.4, PSC digest 1.17].
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

import httpx
import orjson

from segur.kernel.http_client import HttpClient
from segur.wire.confirmation import bound_to, confirms
from segur_dmp import errors
from segur_dmp.settings import Settings

_PSC = "/auth/realms/esante-wallet"
_API = "/realms/dmp"
_INTROSPECTION = "/protocol/openid-connect/token/introspect"
API_SCOPE = "dmp.consultation"
"""Business scope of the DMP's tokens; the name is ours [PSC digest 6]."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a living token: the PS_IdNat, and the certificate it is bound to (`cnf`) or nothing.

    `through_proxy` tells an API token, which a Proxy e-Santé got for one of Pro Santé Connect: the certificate of the
    connection is then the proxy's, and says nothing of the professional's structure.
    """

    id_nat: str
    thumbprint: str = ""
    through_proxy: bool = False
    session: str = ""
    """The Pro Santé Connect session the token was issued in; empty for an API token, which has one of its own."""

    def may_use(self, certificate_sha256: str) -> bool:
        """True when the token is bound to no certificate, or to the one shown (hexadecimal fingerprint)."""
        return not self.thumbprint or confirms(self.thumbprint, certificate_sha256)


class TokenCheck:
    """Asks who holds an access token."""

    def __init__(self, settings: Settings) -> None:
        self._client = HttpClient(settings.gateway_url)
        self._login = (settings.introspection_client, settings.introspection_secret)

    async def holder(self, token: str) -> Holder | None:
        """The holder of a living token, None for any other token; raise `INTROSPECTION_AWAY` when nobody answers."""
        through_proxy = is_api_token(token)
        path = (_API if through_proxy else _PSC) + _INTROSPECTION
        try:
            answer = await self._client.post(path, auth=self._login, data={"token": token})
            answer.raise_for_status()
            body = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise errors.INTROSPECTION_AWAY.error() from error
        if not isinstance(body, dict) or body.get("active") is not True:
            return None
        if through_proxy and API_SCOPE not in str(body.get("scope", "")).split():
            return None
        id_nat = str(body.get("SubjectNameID") or body.get("preferred_username") or "")
        session = "" if through_proxy else str(body.get("sid") or body.get("session_state") or "")
        return Holder(id_nat, bound_to(body), through_proxy, session) if id_nat else None

    async def close(self) -> None:
        """Let the connections go."""
        await self._client.close()


def is_api_token(token: str) -> bool:
    """Whether a token says, unproven, that the DMP's own server made it: that only tells whom to ask."""
    try:
        body = token.split(".")[1]
        claims = orjson.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return isinstance(claims, dict) and str(claims.get("iss", "")).endswith(_API)
    except (IndexError, binascii.Error, ValueError):
        return False

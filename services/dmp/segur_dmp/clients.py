"""Pro Santé Connect as the FHIR door calls it: token introspection (RFC 7662) [DMP digest 2.4]."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import httpx

from segur.kernel.http_client import HttpClient
from segur_dmp import errors
from segur_dmp.settings import Settings

_INTROSPECTION = "/auth/realms/esante-wallet/protocol/openid-connect/token/introspect"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a living token: the PS_IdNat, and the certificate it is bound to (base64url SHA-256) or nothing."""

    id_nat: str
    thumbprint: str = ""

    def may_use(self, certificate_sha256: str) -> bool:
        """True when the token is bound to no certificate, or to the one shown (hexadecimal fingerprint)."""
        shown = base64.urlsafe_b64encode(bytes.fromhex(certificate_sha256)).rstrip(b"=").decode()
        return not self.thumbprint or self.thumbprint == shown


class TokenCheck:
    """Asks who holds an access token."""

    def __init__(self, settings: Settings) -> None:
        self._client = HttpClient(settings.gateway_url)
        self._login = (settings.introspection_client, settings.introspection_secret)

    async def holder(self, token: str) -> Holder | None:
        """The holder of a living token, None for any other token; raise `INTROSPECTION_AWAY` when nobody answers."""
        try:
            answer = await self._client.post(_INTROSPECTION, auth=self._login, data={"token": token})
            answer.raise_for_status()
            body = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise errors.INTROSPECTION_AWAY.error() from error
        if not isinstance(body, dict) or body.get("active") is not True:
            return None
        id_nat = str(body.get("SubjectNameID") or body.get("preferred_username") or "")
        bound = body.get("cnf")
        return Holder(id_nat, str(bound.get("x5t#S256", "")) if isinstance(bound, dict) else "") if id_nat else None

    async def close(self) -> None:
        """Let the connections go."""
        await self._client.close()

"""Pro Santé Connect as the operator calls it: token introspection (RFC 7662), through the gateway."""

from __future__ import annotations

import httpx

from segur.kernel.http_client import HttpClient
from segur_mssante import errors
from segur_mssante.settings import Settings

_INTROSPECTION = "/auth/realms/esante-wallet/protocol/openid-connect/token/introspect"
_LOGIN_PATIENCE_S = 10.0


class TokenCheck:
    """Asks who holds an access token."""

    def __init__(self, settings: Settings) -> None:
        self._client = HttpClient(settings.gateway_url, timeout_s=_LOGIN_PATIENCE_S)
        self._login = (settings.introspection_client, settings.introspection_secret)

    async def holder(self, token: str) -> str | None:
        """The national id of the holder of a living token, None for any other token.

        The sandbox is that of the mailbox: a token of another country is not known there. Raise the refusal
        `INTROSPECTION_AWAY` when nobody answers.
        """
        try:
            answer = await self._client.post(_INTROSPECTION, auth=self._login, data={"token": token})
            answer.raise_for_status()
            body = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise errors.INTROSPECTION_AWAY.error() from error
        if not isinstance(body, dict) or body.get("active") is not True:
            return None
        return str(body.get("SubjectNameID") or body.get("preferred_username") or "") or None

    async def close(self) -> None:
        """Let the connections go."""
        await self._client.close()

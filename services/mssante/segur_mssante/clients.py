"""Pro Santé Connect as the operator calls it: token introspection (RFC 7662), through the gateway."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from segur.kernel.http_client import HttpClient
from segur_mssante import errors
from segur_mssante.settings import Settings

_INTROSPECTION = "/auth/realms/esante-wallet/protocol/openid-connect/token/introspect"
_LOGIN_PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a living token: the national id, and the Pro Santé Connect session it was issued in."""

    id_nat: str
    session: str = ""


class TokenCheck:
    """Asks who holds an access token."""

    def __init__(self, settings: Settings) -> None:
        self._client = HttpClient(settings.gateway_url, timeout_s=_LOGIN_PATIENCE_S)
        self._login = (settings.introspection_client, settings.introspection_secret)

    async def holder(self, token: str) -> Holder | None:
        """The holder of a living token, None for any other token.

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
        id_nat = str(body.get("SubjectNameID") or body.get("preferred_username") or "")
        session = str(body.get("sid") or body.get("session_state") or "")
        return Holder(id_nat, session) if id_nat else None

    async def close(self) -> None:
        """Let the connections go."""
        await self._client.close()

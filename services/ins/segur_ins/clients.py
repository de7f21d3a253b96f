"""Whom INSi asks about a token: its authorization server in the Espace de confiance (RFC 7662) [PSC digest 1.17]."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from segur.kernel.http_client import HttpClient
from segur.wire.confirmation import bound_to
from segur_ins import errors
from segur_ins.settings import Settings

_INTROSPECTION = "/realms/insi/protocol/openid-connect/token/introspect"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a living API token: the PS_IdNat, what the token may do, the certificate it is bound to (`cnf`)."""

    id_nat: str
    scopes: frozenset[str]
    thumbprint: str


class ApiTokens:
    """Asks who holds an API token."""

    def __init__(self, settings: Settings) -> None:
        self._client = HttpClient(settings.gateway_url)
        self._login = (settings.introspection_client, settings.introspection_secret)

    async def holder(self, token: str) -> Holder | None:
        """The holder of a living token, None for any other token; raise `TECHNICAL` when nobody answers."""
        try:
            answer = await self._client.post(_INTROSPECTION, auth=self._login, data={"token": token})
            answer.raise_for_status()
            body = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise errors.TECHNICAL.error() from error
        if not isinstance(body, dict) or body.get("active") is not True or not body.get("SubjectNameID"):
            return None
        return Holder(str(body["SubjectNameID"]), frozenset(str(body.get("scope", "")).split()), bound_to(body))

    async def close(self) -> None:
        """Let the connections go."""
        await self._client.close()

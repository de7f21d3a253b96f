"""Whom INSi asks about a token: its authorization server in the Espace de confiance (RFC 7662) [PSC digest 1.17]."""

from __future__ import annotations

from segur.kernel.introspection import TokenCheck
from segur.wire.introspection import Holder
from segur_ins import errors
from segur_ins.settings import Settings

_REALM = "/realms/insi"


class ApiTokens:
    """Asks who holds an API token."""

    def __init__(self, settings: Settings) -> None:
        login = (settings.introspection_client, settings.introspection_secret)
        self._tokens = TokenCheck(settings.gateway_url, login, errors.TECHNICAL)

    async def holder(self, token: str) -> Holder | None:
        """The holder of a living token, None for any other token; raise `TECHNICAL` when nobody answers."""
        return await self._tokens.holder(token, _REALM)

    async def close(self) -> None:
        """Let the connections go."""
        await self._tokens.close()

"""How a service asks who holds an access token: introspection (RFC 7662), through the gateway, in its own sandbox."""

from __future__ import annotations

import httpx

from segur.kernel.errors import Refusal
from segur.kernel.http_client import HttpClient
from segur.wire.introspection import PSC_REALM, Holder, path_of, read_holder


class TokenCheck:
    """Asks an authorization server about each token, each time it is shown [DB/SO.33].

    Nothing is remembered: a token that was withdrawn, or whose session was closed, is of no use from then on. Whoever
    cannot ask refuses with `away`, and never lets in.
    """

    def __init__(self, gateway_url: str, login: tuple[str, str], away: Refusal, *, timeout_s: float = 15.0) -> None:
        self._client = HttpClient(gateway_url, timeout_s=timeout_s)
        self._login, self._away = login, away

    async def holder(self, token: str, realm: str = PSC_REALM) -> Holder | None:
        """The holder of a living token of the realm, None for any other token; raise `away` when nobody answers."""
        try:
            answer = await self._client.post(path_of(realm), auth=self._login, data={"token": token})
            answer.raise_for_status()
            return read_holder(answer.json())
        except (httpx.HTTPError, ValueError) as error:
            raise self._away.error() from error

    async def close(self) -> None:
        """Let the connections go."""
        await self._client.close()

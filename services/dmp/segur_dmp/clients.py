"""Whom the DMP asks: about a token, Pro Santé Connect or its own server in the Espace de confiance; for mail, MSSanté.

Token introspection (RFC 7662) [DMP digest 2.4, PSC digest 1.17].
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from segur.kernel import introspection
from segur.kernel.http_client import HttpClient
from segur.wire import introspection as answers
from segur.wire.introspection import PSC_REALM
from segur_dmp import errors
from segur_dmp.settings import Settings

_API = "/realms/dmp"
API_SCOPE = "dmp.consultation"
"""Business scope of the DMP's tokens; the name is ours [PSC digest 6]."""


@dataclass(frozen=True, slots=True)
class Holder(answers.Holder):
    """Who holds a living token, and by which way it came.

    `through_proxy` tells an API token, which a Proxy e-Santé got for one of Pro Santé Connect: the certificate of the
    connection is then the proxy's, and says nothing of the professional's structure; `session` is empty, since an API
    token has one of its own.
    """

    through_proxy: bool = False


class TokenCheck:
    """Asks the server that made an access token, by its own word, who holds it."""

    def __init__(self, settings: Settings) -> None:
        login = (settings.introspection_client, settings.introspection_secret)
        self._tokens = introspection.TokenCheck(settings.gateway_url, login, errors.INTROSPECTION_AWAY)

    async def holder(self, token: str) -> Holder | None:
        """The holder of a living token, None for any other token; raise `INTROSPECTION_AWAY` when nobody answers."""
        through_proxy = is_api_token(token)
        found = await self._tokens.holder(token, _API if through_proxy else PSC_REALM)
        if found is None or (through_proxy and API_SCOPE not in found.scopes):
            return None
        session = "" if through_proxy else found.session
        return Holder(found.id_nat, session, found.scopes, found.thumbprint, through_proxy)

    async def close(self) -> None:
        """Let the connections go."""
        await self._tokens.close()


def is_api_token(token: str) -> bool:
    """Whether a token says, unproven, that the DMP's own server made it: that only tells whom to ask."""
    try:
        body = token.split(".")[1]
        claims = orjson.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return isinstance(claims, dict) and str(claims.get("iss", "")).endswith(_API)
    except (IndexError, binascii.Error, ValueError):
        return False


class Messaging:
    """The citizen's messaging at the MSSanté operator, as the application of Mon espace santé calls it."""

    def __init__(self, settings: Settings) -> None:
        self._client = HttpClient(settings.gateway_url)
        self._headers = {"x-mes-code": settings.mes_code}

    async def messages(self, matricule: str) -> list[dict[str, Any]] | None:
        """What lies in the citizen's mailbox, the newest first; None when the patient has none."""
        found = await self._ask("GET", matricule)
        return None if found is None else list(reversed(found["messages"]))

    async def message(self, matricule: str, number: str) -> dict[str, Any] | None:
        """One message, which is read by that; None when there is no such message."""
        return await self._ask("GET", matricule, f"/{quote(number, safe='')}")

    async def file(self, matricule: str, number: str, file_id: str) -> bytes | None:
        """The bytes of a file of a message; None when there is no such file."""
        answer = await self._send("GET", matricule, f"/{quote(number, safe='')}/files/{quote(file_id, safe='')}")
        return answer.content if answer is not None and answer.is_success else None

    async def answer(self, matricule: str, in_reply_to: str, content: str) -> str:
        """Answer a professional who wrote; give the number of the mail. Raise `errors.BAD_DEMAND` with the reason."""
        found = await self._ask("POST", matricule, json={"inReplyTo": in_reply_to, "content": content})
        return str(found["id"]) if found is not None else ""

    async def _ask(self, method: str, matricule: str, tail: str = "", **options: Any) -> dict[str, Any] | None:
        answer = await self._send(method, matricule, tail, **options)
        if answer is None:
            return None
        told: dict[str, Any] = answer.json()
        if answer.is_error:
            raise errors.BAD_DEMAND.error(reason=str(told.get("detail", ""))[:300], field="content")
        return told

    async def _send(self, method: str, matricule: str, tail: str, **options: Any) -> httpx.Response | None:
        path = f"/mssante/api/citizens/{quote(matricule, safe='')}/messages{tail}"
        try:
            answer = await self._client.request(method, path, headers=self._headers, **options)
        except httpx.HTTPError as error:
            raise errors.MESSAGING_AWAY.error() from error
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise errors.MESSAGING_AWAY.error()
        return answer

    async def close(self) -> None:
        """Let the connections go."""
        await self._client.close()

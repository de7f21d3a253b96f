"""A business software behind a Proxy e-Santé, ours or a vendor's, by the contract ANS publishes [PSC digest 1.17].

Independent of the proxy under test: plain httpx, a cookie, four calls. `/connect` answers only when the professional
has, so it is asked while they press the button on their phone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from segur.scenario.actors.psc_client import CLIENT_ID, press

PROXY = "/psc/proxy"
"""Where the reference proxy is at the edge; a vendor's is at its own address."""
COOKIE = "proxy_session_id"


class NotConnected(ValueError):
    """`/connect` opened no session: its status, and the message of the error descriptor where there is one."""

    def __init__(self, answer: httpx.Response) -> None:
        self.status = answer.status_code
        self.message = ""
        if answer.headers.get("content-type", "").startswith("application/json"):
            self.message = str(answer.json().get("message", ""))
        super().__init__(f"/connect: {self.status} {self.message or answer.text[:300]}")


@dataclass(frozen=True, slots=True)
class Connected:
    """A session at the proxy; `session_state` is that of the PSC session behind it."""

    proxy_session_id: str
    session_state: str


@dataclass(frozen=True, slots=True)
class ProxyLps:
    """A software of `client_id` in front of the proxy at `base`; `client` keeps no cookie of ours between calls."""

    client: httpx.AsyncClient
    base: str
    client_id: str = CLIENT_ID

    async def connect(
        self,
        id_nat: str,
        *,
        phone: str = "",
        binding_message: str = "42",
        channel: str = "MOBILE",
        approve: bool = True,
    ) -> Connected:
        """Open a session; `phone` is the edge where the professional's phone page is, empty when nobody presses.

        Raise `NotConnected`.
        """
        asked = asyncio.create_task(self.ask(id_nat, binding_message=binding_message, channel=channel))
        if phone:
            try:
                await press_when_asked(self.client, phone, id_nat, binding_message, approve=approve)
            except BaseException:
                asked.cancel()
                raise
        answer = await asked
        if answer.status_code != 200:
            raise NotConnected(answer)
        told = answer.json()
        return Connected(str(told["proxy_session_id"]), str(told["session_state"]))

    async def ask(
        self, id_nat: str, *, binding_message: str = "42", channel: str = "MOBILE", session: Connected | None = None
    ) -> httpx.Response:
        """`POST /connect`, whatever it answers; with a session, as a software that already has one."""
        body = {
            "nationalId": id_nat,
            "bindingMessage": binding_message,
            "clientId": self.client_id,
            "channel": channel,
        }
        answer = await self.client.post(f"{self.base}/connect", json=body, headers=_cookie(session), timeout=150)
        jar = self.client.cookies.jar
        for cookie in [each for each in jar if each.name == COOKIE]:  # several professionals share this client
            jar.clear(cookie.domain, cookie.path, cookie.name)
        return answer

    async def send(
        self,
        session: Connected | None,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        json: Any = None,
    ) -> httpx.Response:
        """`/send/<backend>/<endpoint>`: `path` is what follows `/send`."""
        return await self.client.request(
            method,
            f"{self.base}/send{path}",
            headers={**(headers or {}), **_cookie(session)},
            content=content,
            json=json,
        )

    async def sign(self, session: Connected, id_nat: str) -> httpx.Response:
        """The conformity call: the session's data, signed by the API of ANS."""
        told = {
            "nationalId": id_nat,
            "clientID": self.client_id,
            "proxy_session_id": session.proxy_session_id,
            "session_state": session.session_state,
        }
        return await self.send(session, "POST", "/signsessiondata/signsessiondata", json=told)

    async def traces(self, start: datetime, end: datetime | None = None) -> list[dict[str, Any]]:
        """`GET /traces`, the times with their offset."""
        params = {"start": start.isoformat()} | ({"end": end.isoformat()} if end else {})
        answer = await self.client.get(f"{self.base}/traces", params=params)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()
        return found

    async def disconnect(self, session: Connected | None) -> httpx.Response:
        """`DELETE /disconnect`, whatever it answers."""
        return await self.client.delete(f"{self.base}/disconnect", headers=_cookie(session))


async def press_when_asked(
    client: httpx.AsyncClient, phone: str, id_nat: str, number: str, *, approve: bool = True, patience_s: float = 20
) -> None:
    """Wait until the number shows on the professional's phone, then approve or refuse; raise `TimeoutError`."""
    async with asyncio.timeout(patience_s):
        while f">{number}<" not in (await client.get(f"{phone}/psc/ciba", params={"login_hint": id_nat})).text:
            await asyncio.sleep(0.2)
    await press(client, phone, id_nat, number, "approve" if approve else "refuse")


def _cookie(session: Connected | None) -> dict[str, str]:
    return {"cookie": f"{COOKIE}={session.proxy_session_id}"} if session is not None else {}

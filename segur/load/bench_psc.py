"""`segur bench psc`: what the doors of Pro Santé Connect bear, beside a bare FastAPI handler in the same run.

Each door is measured in turn with the peer, through the plain edge as clients use it: calls a second with several
callers, the 99th percentile of one answer, and the processor time all of the platform's processes together spent on one
call, which hardly depends on what else the machine does. Codes are made before the clock runs: only their exchange is
timed.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import httpx

from segur.load.bench import PeerAbsent, bare, processor_s, result
from segur.load.figures import median, percentile
from segur.personas import roles
from segur.personas.country import build_country
from segur.platform.home import Running
from segur.scenario.actors import psc_client

__all__ = ["PEER", "PeerAbsent", "bench_psc"]

PEER = "fastapi"
_SAMPLES = 3
_SAMPLE_S = 2.0
_CALLERS = 16
_CODES = 160
_PROTOCOL = "/auth/realms/esante-wallet/protocol/openid-connect"
_AUTH = aiohttp.BasicAuth(psc_client.CLIENT_ID, psc_client.CLIENT_SECRET)

Call = Callable[[], Awaitable[bool]]
"""One call: whether it was answered as it should be; `NothingLeft` ends the sample."""


class NothingLeft(Exception):
    """All codes are used up."""


class _Door:
    """A signed-in client in front of the edge."""

    def __init__(self, base: str, session: aiohttp.ClientSession) -> None:
        self._base, self._session = base, session
        self._id_nat = str(build_country().professional(roles.GENERAL_PRACTITIONER).id_nat)
        self._tokens: dict[str, Any] = {}
        self._codes: list[str] = []

    async def prepare(self, codes: int = 0) -> None:
        """Sign in anew, and get that many codes from the single sign-on session."""
        async with httpx.AsyncClient(trust_env=False, timeout=20) as browser:
            self._tokens = (await psc_client.sign_in(browser, self._base, self._id_nat)).tokens
            if codes:
                await self._collect(browser, codes)

    async def _collect(self, browser: httpx.AsyncClient, codes: int) -> None:
        asked = {
            "response_type": "code",
            "client_id": psc_client.CLIENT_ID,
            "redirect_uri": psc_client.REDIRECT_URI,
            "scope": "openid scope_all",
            "acr_values": "eidas1",
            "login_hint": self._id_nat,
        }
        page = await browser.get(f"{self._base}/auth", params=asked)
        form = psc_client.form_of(page.text)
        entered = await browser.post(page.url.join(form[0]), data={**form[1], "id_nat": self._id_nat})
        if "code=" not in entered.headers.get("location", ""):
            raise psc_client.NotSignedIn("login", entered)
        for _ in range(0, codes, _CALLERS):
            answers = await asyncio.gather(*(browser.get(f"{self._base}/auth", params=asked) for _ in range(_CALLERS)))
            found = [parse_qs(urlsplit(answer.headers.get("location", "")).query) for answer in answers]
            self._codes += [each["code"][0] for each in found if "code" in each]

    async def exchange(self) -> bool:
        """A code for tokens."""
        if not self._codes:
            raise NothingLeft
        form = {
            "grant_type": "authorization_code",
            "code": self._codes.pop(),
            "redirect_uri": psc_client.REDIRECT_URI,
        }
        return "access_token" in await self._post("token", form)

    async def refresh(self) -> bool:
        """New tokens for a refresh token."""
        form = {"grant_type": "refresh_token", "refresh_token": self._tokens["refresh_token"]}
        return "access_token" in await self._post("token", form)

    async def introspection(self) -> bool:
        """Whether the access token lives."""
        return (await self._post("token/introspect", {"token": self._tokens["access_token"]})).get("active") is True

    async def userinfo(self) -> bool:
        """The professional of the access token."""
        bearer = {"authorization": f"Bearer {self._tokens['access_token']}"}
        async with self._session.get(f"{self._base}{_PROTOCOL}/userinfo", headers=bearer) as answer:
            return answer.status == 200 and "SubjectNameID" in await answer.json()

    async def _post(self, path: str, form: dict[str, str]) -> dict[str, Any]:
        async with self._session.post(f"{self._base}{_PROTOCOL}/{path}", data=form, auth=_AUTH) as answer:
            told: dict[str, Any] = await answer.json() if answer.status == 200 else {}
            return told


async def bench_psc(running: Running) -> list[dict[str, Any]]:
    """The results in the shape of `segur bench --json`; raise `PeerAbsent`, or `NotSignedIn` when no login works."""
    base = f"http://localhost:{running.plan.ports.edge_http}"
    results: list[dict[str, Any]] = []
    async with bare(PEER) as url, aiohttp.ClientSession() as session:
        door = _Door(base, session)

        async def peer() -> bool:
            async with session.post(url, data={"token": "x" * 900}) as answer:
                return answer.status == 200 and bool(await answer.read())

        for name, call, codes in (
            ("psc_code_exchange", door.exchange, _CODES),
            ("psc_refresh", door.refresh, 0),
            ("psc_introspection", door.introspection, 0),
            ("psc_userinfo", door.userinfo, 0),
        ):
            results += await _measured(running, name, call, peer, functools.partial(door.prepare, codes))
    return results


async def _measured(
    running: Running, name: str, call: Call, peer: Call, prepare: Callable[[], Awaitable[None]]
) -> list[dict[str, Any]]:
    rates: list[float] = []
    work: list[float] = []
    slowest: list[float] = []
    their_rates: list[float] = []
    their_slowest: list[float] = []
    for _ in range(_SAMPLES):
        await prepare()
        before = processor_s(running)
        for each, into_rates, into_slowest in ((call, rates, slowest), (peer, their_rates, their_slowest)):
            rate, times = await _sample(each)
            into_rates.append(rate)
            into_slowest.append(percentile(times, 0.99) or 0.0)
            if each is call:
                work.append(round((processor_s(running) - before) * 1000 / len(times), 2))
    return [
        result(name, "1/s", rates, PEER, their_rates),
        result(f"{name}_p99", "ms", slowest, PEER, their_slowest),
        result(f"{name}_cpu", "ms", work),
    ]


async def _sample(call: Call) -> tuple[float, list[float]]:
    """Calls a second, and the milliseconds of each; what is not answered as it should be does not count."""
    begun = time.perf_counter()
    ends, times = begun + _SAMPLE_S, list[float]()

    async def caller() -> None:
        with contextlib.suppress(NothingLeft):
            while (started := time.perf_counter()) < ends:
                if await call():
                    times.append((time.perf_counter() - started) * 1000)

    await asyncio.gather(*(caller() for _ in range(_CALLERS)))
    assert median(times) is not None, "not one call was answered as it should be"
    return round(len(times) / (time.perf_counter() - begun), 1), times

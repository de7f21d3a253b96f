"""All state is in the store: a second replica goes on where the first stopped, whatever stopped it."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from segur_psc.service import build

from tests.contract.psc.conftest import BASE, CALLBACK, CLIENT, PROTOCOL, RADIOLOGIST, Psc, returned

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def second(psc: Psc) -> AsyncIterator[Psc]:
    """Another process's PSC over the same store and home."""
    service = build(psc.settings)
    await service.floor.store.open()
    other = Psc(service, psc.settings, psc.http)
    other.http = other.browser()
    yield other
    await other.http.aclose()
    await service.floor.store.close()


async def test_a_login_page_a_code_and_tokens_of_one_replica_serve_at_another(psc: Psc, second: Psc) -> None:
    page = await psc.ask()
    second.http.cookies = psc.http.cookies
    code = returned(await second.submit(page, id_nat=RADIOLOGIST))["code"]
    answer = await psc.token(grant_type="authorization_code", code=code, redirect_uri=CALLBACK)
    tokens = answer.json()
    assert (await second.introspect(tokens["access_token"]))["username"] == RADIOLOGIST
    fresh = await second.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert (await psc.userinfo(fresh.json()["access_token"])).status_code == 200
    assert "code" in returned(await psc.ask(second.http, prompt="none"))


async def test_a_logout_at_one_replica_is_known_at_the_other_at_once(psc: Psc, second: Psc) -> None:
    tokens = await psc.signed_in()
    assert (await second.userinfo(tokens["access_token"])).status_code == 200
    await psc.http.get(f"{PROTOCOL}/logout", params={"id_token_hint": tokens["id_token"]})
    assert (await second.userinfo(tokens["access_token"])).status_code == 401
    assert await second.introspect(tokens["access_token"]) == {"active": False}


async def test_a_code_serves_at_one_of_two_replicas_only(psc: Psc, second: Psc) -> None:
    code = await psc.code()
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    assert (await psc.token(**form)).status_code == 200
    assert (await second.token(**form)).json()["error_description"] == "Code not valid"


class TurnByTurn(httpx.AsyncBaseTransport):
    """A load balancer without memory: each request goes to the other replica."""

    def __init__(self, *replicas: httpx.AsyncClient) -> None:
        self._turns = itertools.cycle([replica._transport for replica in replicas])

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await next(self._turns).handle_async_request(request)


@pytest.mark.parametrize("shift", [0, 1], ids=["first-then-second", "second-then-first"])
async def test_one_session_lives_on_two_replicas_whichever_takes_each_request(
    psc: Psc, second: Psc, shift: int
) -> None:
    replicas = (psc.http, second.http)[:: 1 if shift == 0 else -1]
    async with httpx.AsyncClient(transport=TurnByTurn(*replicas), base_url=BASE) as http:
        code = await psc.code(http)
        answer = await psc.token(http=http, grant_type="authorization_code", code=code, redirect_uri=CALLBACK)
        for _ in range(3):
            assert answer.status_code == 200, answer.text
            tokens = answer.json()
            bearer = {"authorization": f"Bearer {tokens['access_token']}"}
            assert (await http.get(f"{PROTOCOL}/userinfo", headers=bearer)).status_code == 200
            answer = await psc.token(http=http, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
        assert "code" in returned(await psc.ask(http, prompt="none"))
        await http.get(f"{PROTOCOL}/logout", params={"id_token_hint": tokens["id_token"]})
        for _ in range(2):  # at either
            assert (await http.get(f"{PROTOCOL}/userinfo", headers=bearer)).status_code == 401
            assert returned(await psc.ask(http, prompt="none"))["error"] == "login_required"


async def test_a_ciba_request_is_approved_at_one_replica_and_collected_at_the_other(psc: Psc, second: Psc) -> None:
    asked = {"scope": "openid scope_all", "login_hint": RADIOLOGIST}
    request = (await psc.http.post(f"{PROTOCOL}/ext/ciba/auth", data=asked, auth=CLIENT)).json()
    form = {"auth_req_id": request["auth_req_id"], "decision": "approve"}
    assert (await second.http.post("/psc/ciba/decision", data=form)).status_code == 200
    grant = "urn:openid:params:grant-type:ciba"
    assert (await psc.token(grant_type=grant, auth_req_id=request["auth_req_id"])).status_code == 200


async def test_seeding_again_after_a_crash_halfway_does_no_harm(psc: Psc) -> None:
    tokens = await psc.signed_in()
    assert psc.service.seed is not None
    await psc.service.seed("default")
    assert (await psc.userinfo(tokens["access_token"])).status_code == 200
    people = psc.service.floor.store._collections["people"]
    assert await people.count({"sandbox": "default"}) == psc.settings.professionals


@pytest.mark.parametrize("told", [{"psc_recent_s": 60.0}])
async def test_a_busy_introspection_reads_the_session_and_nothing_else(psc: Psc) -> None:
    token = (await psc.signed_in())["access_token"]
    await psc.introspect(token)
    read: list[str] = []
    for collection in psc.service.floor.store._collections.values():
        original = collection.find_one

        async def counted(
            *args: object, _name: str = collection.name, _find: object = original, **more: object
        ) -> object:
            read.append(_name)
            return await _find(*args, **more)  # type: ignore[operator]

        collection.find_one = counted  # type: ignore[method-assign, assignment]
    assert (await psc.introspect(token))["active"] is True
    assert (await psc.userinfo(token)).status_code == 200
    assert read == ["sessions", "sessions"]

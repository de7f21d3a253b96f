"""Leaving Pro Santé Connect: what the browser sees, and what the other services of the session are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import httpx
import pytest
import pytest_asyncio
from joserfc import jwt
from joserfc.jwk import KeySet
from segur_psc.clients import LogoutCalls
from segur_psc.service import build

from segur.contracts.psc import LogoutDelivered, LogoutFailed, SessionClosed
from segur.kernel.faults import FaultRule
from segur.kernel.service import Job
from tests.contract.psc.conftest import BASE, CALLBACK, CLIENT, PROTOCOL, RADIOLOGIST, REALM, Psc, payload, returned

pytestmark = pytest.mark.asyncio(loop_scope="session")

LOGOUT = f"{PROTOCOL}/logout"
HOME = "http://localhost:9999/"


@dataclass
class Editor:
    """The back end of a service: what arrives at its logout address, and the statuses it answers with, in turn."""

    uri: str = ""
    statuses: list[int] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length: ")[1].split("\r\n")[0])
        form = parse_qs((await reader.readexactly(length)).decode())
        self.taken.extend(form["logout_token"])
        status = self.statuses.pop(0) if self.statuses else 200
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@pytest_asyncio.fixture(loop_scope="session")
async def editor() -> AsyncIterator[Editor]:
    found = Editor()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.uri = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/logout"
    async with server:
        yield found


def sending(psc: Psc) -> Job:
    (job,) = (job for job in psc.service.jobs if job.name == "deliver logout tokens")
    return job


async def leave(psc: Psc, http: httpx.AsyncClient | None = None, **params: str) -> httpx.Response:
    return await (http or psc.http).get(LOGOUT, params=params)


async def test_a_logout_leads_back_with_the_state_and_nothing_is_accepted_any_more(psc: Psc) -> None:
    tokens = await psc.signed_in()
    answer = await leave(psc, id_token_hint=tokens["id_token"], post_logout_redirect_uri=HOME, state="s9")
    assert (answer.status_code, answer.headers["location"]) == (302, HOME + "?state=s9")
    assert await psc.introspect(tokens["access_token"]) == {"active": False}
    assert (await psc.userinfo(tokens["access_token"])).status_code == 401
    assert (await psc.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])).json() == {
        "error": "invalid_grant",
        "error_description": "Session not active",
    }
    assert returned(await psc.ask(prompt="none"))["error"] == "login_required"
    assert [f.reason for f in psc.facts if isinstance(f, SessionClosed)] == ["logout"]


async def test_without_an_address_psc_shows_its_own_page_and_a_post_with_the_hint_alone_is_taken(psc: Psc) -> None:
    page = await leave(psc, id_token_hint=(await psc.signed_in())["id_token"])
    assert (page.status_code, "Session fermée" in page.text) == (200, True)
    tokens = await psc.signed_in()
    posted = await psc.http.post(LOGOUT, data={"id_token_hint": tokens["id_token"]})
    assert posted.status_code == 200
    assert await psc.introspect(tokens["access_token"]) == {"active": False}


async def test_an_address_nobody_registered_is_an_error_page_and_the_session_goes_on(psc: Psc) -> None:
    tokens = await psc.signed_in()
    for uri in ("https://evil.example/", HOME + "?x=1", "//evil.example", "javascript:alert(1)"):
        answer = await leave(psc, id_token_hint=tokens["id_token"], post_logout_redirect_uri=uri)
        assert (answer.status_code, "location" in answer.headers) == (400, False)
        assert "Invalid redirect uri" in answer.text
    # without a hint the client must be named: no open redirect by way of the confirmation page either
    for client_id in ("", "nobody", CLIENT[0]):
        answer = await leave(psc, client_id=client_id, post_logout_redirect_uri="https://evil.example/")
        assert (answer.status_code, "evil.example/" in answer.text) == (400, False)
    assert (await psc.introspect(tokens["access_token"]))["active"] is True


async def test_a_hint_of_another_client_or_of_nobody_is_refused(psc: Psc) -> None:
    tokens = await psc.signed_in()
    for hint, client_id in ((tokens["id_token"], "segur-api"), (tokens["access_token"], CLIENT[0]), ("x.y.z", "")):
        answer = await leave(psc, id_token_hint=hint, client_id=client_id)
        if client_id != CLIENT[0] or hint != tokens["id_token"]:
            assert answer.status_code == 400
    assert (await psc.introspect(tokens["access_token"]))["active"] is True


async def test_a_session_that_is_over_is_an_error_page_as_in_older_keycloak(psc: Psc) -> None:
    hint = (await psc.signed_in())["id_token"]
    assert (await leave(psc, id_token_hint=hint)).status_code == 200
    again = await leave(psc, id_token_hint=hint, post_logout_redirect_uri=HOME)
    assert (again.status_code, "Session not active" in again.text) == (400, True)


@pytest.mark.parametrize("told", [{"psc_logout_expired_hint": "confirm"}])
async def test_or_a_page_with_the_way_back_as_in_newer_ones(psc: Psc) -> None:
    hint = (await psc.signed_in())["id_token"]
    await leave(psc, id_token_hint=hint)
    again = await leave(psc, id_token_hint=hint, post_logout_redirect_uri=HOME, state="s")
    assert (again.status_code, "location" in again.headers) == (200, False)
    assert f'href="{HOME}?state=s"' in again.text


async def test_without_a_hint_the_professional_confirms_and_is_led_back(psc: Psc) -> None:
    tokens = await psc.signed_in()
    page = await leave(psc, client_id=CLIENT[0], post_logout_redirect_uri=HOME, state="s3")
    assert "Se déconnecter de Pro Santé Connect" in page.text
    assert (await psc.introspect(tokens["access_token"]))["active"] is True
    confirmation = page.text.split('name="confirmation" value="')[1].split('"')[0]
    async with psc.browser() as stranger:  # another browser's click, or another site's, ends nothing
        await stranger.post(LOGOUT, data={"confirmation": confirmation})
    assert (await psc.introspect(tokens["access_token"]))["active"] is True
    done = await psc.http.post(LOGOUT, data={"confirmation": confirmation})
    assert done.headers["location"] == HOME + "?state=s3"
    assert await psc.introspect(tokens["access_token"]) == {"active": False}


async def test_a_refresh_token_logs_out_with_the_clients_credentials_and_204(psc: Psc) -> None:
    tokens = await psc.signed_in()
    form = {"refresh_token": tokens["refresh_token"]}
    assert (await psc.http.post(LOGOUT, data=form, auth=(CLIENT[0], "wrong"))).status_code == 401
    assert (await psc.http.post(LOGOUT, data=form, auth=CLIENT)).status_code == 204
    assert (await psc.http.post(LOGOUT, data=form, auth=CLIENT)).status_code == 400


async def test_a_service_gets_a_signed_logout_token_once(psc: Psc, editor: Editor) -> None:
    await psc.change("clients", CLIENT[0], backchannel_logout_uri=editor.uri)
    tokens = await psc.signed_in()
    await leave(psc, id_token_hint=tokens["id_token"])
    assert editor.taken == []  # the browser does not wait for it
    await sending(psc).run()
    await sending(psc).run()
    (token,) = editor.taken
    keys = KeySet.import_key_set((await psc.http.get(f"{PROTOCOL}/certs")).json())
    told = jwt.decode(token, keys, algorithms=["RS256"])
    assert told.header["typ"] == "logout+jwt"
    identity = payload(tokens["id_token"])
    assert (told.claims["iss"], told.claims["aud"]) == (BASE + REALM, CLIENT[0])
    assert (told.claims["sid"], told.claims["sub"]) == (identity["sid"], identity["sub"])
    assert told.claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert "nonce" not in told.claims
    assert [(f.client_id, f.attempts) for f in psc.facts if isinstance(f, LogoutDelivered)] == [(CLIENT[0], 1)]
    # it is no id_token: it cannot be used as a hint
    assert (await leave(psc, id_token_hint=token)).status_code == 400


@pytest.mark.parametrize("told", [{"psc_logout_retry_s": 0.000_001, "psc_logout_tries": 3}])
async def test_a_service_that_does_not_take_it_is_tried_again_and_given_up_at_last(psc: Psc, editor: Editor) -> None:
    await psc.change("clients", CLIENT[0], backchannel_logout_uri=editor.uri)
    for statuses, given_up in (([500, 302, 200], False), ([400, 503, 500, 200], True)):
        psc.facts.clear()
        editor.taken.clear()
        editor.statuses = list(statuses)
        await leave(psc, id_token_hint=(await psc.signed_in())["id_token"])
        for _ in range(5):
            await sending(psc).run()
        assert len(editor.taken) == 3
        failed = [f for f in psc.facts if isinstance(f, LogoutFailed)]
        assert [f.problem for f in failed] == [f"HTTP {status}" for status in statuses[:3] if status != 200]
        assert [f.given_up for f in failed][-1] is given_up
        assert len([f for f in psc.facts if isinstance(f, LogoutDelivered)]) == (0 if given_up else 1)


async def test_what_is_waiting_outlives_the_process_and_two_replicas_send_it_once(psc: Psc, editor: Editor) -> None:
    await psc.change("clients", CLIENT[0], backchannel_logout_uri=editor.uri)
    await leave(psc, id_token_hint=(await psc.signed_in())["id_token"])
    # a PSC that is started anew on the same store knows of it
    again = build(psc.settings)
    await again.floor.store.open()
    (job,) = (job for job in again.jobs if job.name == "deliver logout tokens")
    await asyncio.gather(job.run(), sending(psc).run())
    await again.floor.store.close()
    assert len(editor.taken) == 1


async def test_nobody_at_the_address_is_a_failed_try_and_not_a_failed_logout(psc: Psc) -> None:
    await psc.change("clients", CLIENT[0], backchannel_logout_uri="http://127.0.0.1:9/gone")
    answer = await leave(psc, id_token_hint=(await psc.signed_in())["id_token"], post_logout_redirect_uri=HOME)
    assert answer.status_code == 302
    await sending(psc).run()
    (failed,) = [f for f in psc.facts if isinstance(f, LogoutFailed)]
    assert "ConnectError" in failed.problem
    assert failed.given_up is False


async def test_the_logout_page_frames_each_service_with_issuer_and_session(psc: Psc) -> None:
    await psc.change("clients", CLIENT[0], frontchannel_logout_uri="https://dpi.example:8444/bye?x=1")
    tokens = await psc.signed_in()
    page = await leave(psc, id_token_hint=tokens["id_token"], post_logout_redirect_uri=HOME, state="s")
    sid = payload(tokens["id_token"])["sid"]
    assert page.status_code == 200
    assert (
        f"https://dpi.example:8444/bye?x=1&amp;iss=https%3A%2F%2Flocalhost%3A8443{REALM.replace('/', '%2F')}"
        in page.text
    )
    assert f"sid={sid}" in page.text
    assert page.headers["content-security-policy"].endswith("; frame-src https://dpi.example:8444")
    assert page.headers["x-frame-options"] == "DENY"
    assert f'content="2;url={HOME}?state=s"' in page.text


async def test_a_client_registers_its_logout_addresses_and_no_others(psc: Psc) -> None:
    asked = {
        "redirect_uris": [CALLBACK],
        "backchannel_logout_uri": "https://dpi.example/back",
        "frontchannel_logout_uri": "https://dpi.example/front",
    }
    registration = f"{REALM}/clients-registrations/openid-connect"
    told = (await psc.http.post(registration, json=asked)).json()
    assert told["backchannel_logout_uri"] == asked["backchannel_logout_uri"]
    assert told["frontchannel_logout_uri"] == asked["frontchannel_logout_uri"]
    for bad in ("ftp://x/", "javascript:alert(1)", "https://a;script-src/", "https://x/#f", "/relative", "https://"):
        answer = await psc.http.post(registration, json={**asked, "frontchannel_logout_uri": bad})
        assert (answer.status_code, "frontchannel_logout_uri" in answer.text) == (400, True), bad


async def test_the_session_iframe_answers_for_the_clients_own_pages_and_may_be_framed(psc: Psc) -> None:
    frame = f"{PROTOCOL}/login-status-iframe.html"
    page = await psc.http.get(frame)
    assert page.status_code == 200
    assert "x-frame-options" not in page.headers
    assert "frame-ancestors" not in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    good = {"client_id": CLIENT[0], "origin": "http://localhost:9999"}
    assert (await psc.http.get(f"{frame}/init", params=good)).status_code == 204
    for bad in ({**good, "origin": "https://evil.example"}, {**good, "client_id": "nobody"}, {"client_id": CLIENT[0]}):
        assert (await psc.http.get(f"{frame}/init", params=bad)).status_code == 403
    code = await psc.code()
    (cookie,) = (cookie for cookie in psc.http.cookies.jar if cookie.name == "PSC_STATUS")
    assert cookie.value == code.split(".")[1]  # the session_state the service was given
    assert not cookie.has_nonstandard_attr("HttpOnly")
    (secret,) = (cookie for cookie in psc.http.cookies.jar if cookie.name == "PSC_SESSION")
    assert secret.has_nonstandard_attr("HttpOnly")
    await leave(psc, id_token_hint=(await psc.exchange(code)).json()["id_token"])
    assert not [cookie for cookie in psc.http.cookies.jar if cookie.name in ("PSC_STATUS", "PSC_SESSION")]


async def test_a_logout_call_does_not_hang_on_a_silent_service(psc: Psc) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    calls = LogoutCalls(psc.settings.model_copy(update={"psc_logout_timeout_s": 0.05}))
    async with server:
        problem = await calls.send(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", "token")
        await calls.close()
    assert "Timeout" in problem


async def test_faults_of_logout_show_what_they_say(psc: Psc, editor: Editor) -> None:
    board = psc.service.floor.faults
    await psc.change("clients", CLIENT[0], backchannel_logout_uri=editor.uri)
    board.arm([FaultRule(id="a", point="psc.backchannel.twice", actor=CLIENT[0], patient=RADIOLOGIST, count=1)])
    await leave(psc, id_token_hint=(await psc.signed_in())["id_token"])
    await sending(psc).run()
    first, second = editor.taken
    assert first == second

"""The edge on real sockets: TLS with and without a client certificate, fidelity, streaming, refusals, faults."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from segur.kernel.request import CERTIFICATE_HEADER
from segur.kernel.tls import client_context
from tests.contract.gateway.conftest import EdgeUnderTest, whole_body

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_the_client_certificate_reaches_the_service_and_cannot_be_forged(
    edge: EdgeUnderTest, version: ssl.TLSVersion
) -> None:
    identity = edge.authority.issue("lps", "org-auth", common_name="LPS", unit="1990000014")
    for shown, expected in ((identity, "1990000014"), (None, None)):
        context = client_context(edge.authority.bundle, shown)
        context.maximum_version = context.minimum_version = version
        async with httpx.AsyncClient(verify=context, trust_env=False) as client:
            forged = {CERTIFICATE_HEADER.decode(): "AAAA", "x-segur-sandbox": "autre"}
            answer = await client.get(f"{edge.tls}/auth/x?a=1", headers=forged)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert (told["structure"], told["sandbox"], told["base"], told["query"]) == (
            expected,
            "default",
            edge.tls,
            "a=1",
        )


async def test_a_certificate_of_another_authority_is_refused_in_the_handshake(
    edge: EdgeUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stranger = type(edge.authority).of_home(tmp_path_factory.mktemp("stranger"))
    context = client_context(edge.authority.bundle, stranger.issue("x", "org-auth", common_name="X", unit="1990000014"))
    async with httpx.AsyncClient(verify=context, trust_env=False) as client:
        with pytest.raises(httpx.TransportError):
            await client.get(f"{edge.tls}/auth")
    assert edge.calls == 0


async def test_what_the_caller_sends_arrives_unchanged_and_nothing_is_added(edge: EdgeUnderTest) -> None:
    edge.sandboxes.append("equipe-3")
    request = httpx.Request(
        "GET",
        f"{edge.plain}/s/equipe-3/auth/a%2Fb;v=1?x=%2B+&y=a%26b&e=%C3%A9",
        headers=[
            ("host", "localhost:1"),
            ("connection", "x-only-here"),
            ("x-only-here", "1"),
            ("x-further", "2"),
            ("x-forwarded-proto", "https"),
        ],
    )
    async with edge.client() as client:
        told = (await client.send(request)).json()
    assert (told["path"], told["query"]) == ("/auth/a%2Fb;v=1", "x=%2B+&y=a%26b&e=%C3%A9")
    assert (told["sandbox"], told["base"]) == ("equipe-3", "http://localhost:1/s/equipe-3")
    names = {name for name, _ in told["headers"] if not name.startswith("x-segur-")}
    assert names - {"connection"} == {"host", "traceparent", "x-further", "x-forwarded-proto"}


async def test_one_callers_cookie_is_never_sent_for_another(edge: EdgeUnderTest) -> None:
    cookies: list[bytes] = []

    async def signs_in(scope: Scope, receive: Receive, send: Send) -> None:
        cookies.extend(value for name, value in scope["headers"] if name == b"cookie")
        await send({"type": "http.response.start", "status": 200, "headers": [(b"set-cookie", b"SID=alice; Path=/")]})
        await send({"type": "http.response.body", "body": b""})

    edge.answer = signs_in
    for _ in range(2):
        async with edge.client() as client:
            answer = await client.get("/auth")
            assert answer.headers["set-cookie"].startswith("SID=alice")
    assert cookies == []


async def test_the_answer_carries_the_trace_and_nothing_internal(edge: EdgeUnderTest) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    async with edge.client() as client:
        answer = await client.get("/auth", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    assert answer.headers["x-trace-id"] == trace
    assert answer.headers["traceparent"].split("-")[1] == trace
    handed_on = dict(answer.json()["headers"])["traceparent"].split("-")
    assert handed_on[1] == trace
    assert handed_on[2] != "b7ad6b7169203331", "the edge's own span is the parent of what follows"
    assert not [name for name in answer.headers if name.startswith("x-segur-")]
    assert len(answer.headers.get_list("date")) == 1
    entry = await edge.journaled()
    assert (entry["trace_id"], entry["patient"], entry["status"]) == (trace, "pat-1", 200)


async def test_bodies_pass_in_pieces_in_both_directions(edge: EdgeUnderTest) -> None:
    seen, shown = asyncio.Event(), asyncio.Event()

    async def talks(scope: Scope, receive: Receive, send: Send) -> None:
        assert (await receive())["body"] == b"first"
        seen.set()
        await whole_body(receive)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        await shown.wait()
        await send({"type": "http.response.body", "body": b"two"})

    async def question() -> AsyncIterator[bytes]:
        yield b"first"
        await seen.wait()  # an edge that held the body would wait for ever
        yield b"second"

    edge.answer = talks
    async with edge.client() as client, client.stream("POST", "/auth", content=question()) as answer:
        pieces = answer.aiter_raw()
        assert await anext(pieces) == b"one"
        shown.set()
        assert await anext(pieces) == b"two"
    entry = await edge.journaled()
    assert (entry["request"]["bytes"], entry["response"]["bytes"]) == (11, 6)


async def test_a_body_far_larger_than_the_journal_keeps_passes_whole(edge: EdgeUnderTest) -> None:
    async with edge.client() as client:
        answer = await client.post("/auth/big", content=b"x" * 5_000_000, headers={"content-type": "text/plain"})
    assert answer.json()["bytes"] == 5_000_000
    entry = await edge.journaled()
    assert entry["request"]["bytes"] == 5_000_000
    assert len(entry["request"]["body"]) == edge.settings.journal_body_bytes


async def test_refusals_of_the_edge_say_what_and_how_to_mend_it(edge: EdgeUnderTest) -> None:
    asked = {
        "unknown_sandbox": ("/s/nulle-part/auth", "localhost", 404, "segur sandbox create nulle-part"),
        "no_route": ("/nowhere", "localhost", 404, "/si-dmp-server"),
        "production_host": ("/auth", "auth.esw.esante.gouv.fr", 421, "production"),
        "unserved_host": ("/auth", "wallet.bas.esw.esante.gouv.fr", 421, "wallet.bas.psc.esante.gouv.fr"),
        "bad_host": ("/auth", "a b", 400, "Host"),
        "upstream_absent": ("/si-dmp-server/v2", "localhost", 502, "dmp"),
    }
    async with edge.client() as client:
        for code, (path, host, status, hint) in asked.items():
            answer = await client.get(path, headers={"host": host})
            problem = answer.json()
            assert (answer.status_code, problem["title"]) == (status, code)
            assert answer.headers["content-type"] == "application/problem+json"
            assert hint in problem["detail"]
            assert answer.headers["x-trace-id"]
    assert edge.calls == 0


async def test_refusals_are_facts(edge: EdgeUnderTest) -> None:
    earlier = {row["_id"] for row in await edge.service.floor.store.outbox.find({})}
    async with edge.client() as client:
        await client.get("/nowhere")
    await edge.journaled()
    rows = [row for row in await edge.service.floor.store.outbox.find({}) if row["_id"] not in earlier]
    assert [row["topic"].endswith("gateway.request.v1") for row in rows] == [True]


async def test_a_sandbox_can_be_used_as_soon_as_it_is_made(edge: EdgeUnderTest) -> None:
    async with edge.client() as client:
        before = (await client.get("/s/equipe-9/auth")).status_code
        edge.sandboxes.append("equipe-9")
        after = (await client.get("/s/equipe-9/auth")).status_code
        by_host = await client.get("/auth", headers={"host": "equipe-9.localhost"})
    assert (before, after) == (404, 200)
    assert (by_host.json()["sandbox"], by_host.json()["base"]) == ("equipe-9", "http://equipe-9.localhost")


async def test_an_armed_fault_strikes_as_often_as_it_was_told(edge: EdgeUnderTest) -> None:
    edge.break_("gateway.upstream.unavailable", count=2)
    async with edge.client() as client:
        statuses = [(await client.get("/auth")).status_code for _ in range(4)]
    await edge.journaled(4)
    assert statuses == [503, 503, 200, 200]
    assert [entry.get("fault") for entry in edge.journal][:3] == ["gateway.upstream.unavailable"] * 2 + [None]


@pytest.mark.parametrize("door", ["plain", "tls"])
async def test_a_cut_leaves_the_caller_without_answer_though_the_service_acted(edge: EdgeUnderTest, door: str) -> None:
    edge.break_("gateway.network.cut", count=1)
    context = client_context(edge.authority.bundle)
    async with httpx.AsyncClient(base_url=getattr(edge, door), verify=context, trust_env=False) as client:
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await client.post("/auth", content=b"deposit")
        entry = await edge.journaled()
        again = await client.post("/auth", content=b"deposit")
    assert (entry["status"], entry["fault"], entry["request"]["bytes"]) == (0, "gateway.network.cut", 7)
    assert (again.status_code, edge.calls) == (200, 2)


async def test_a_service_that_breaks_off_is_not_taken_for_a_whole_answer(edge: EdgeUnderTest) -> None:
    async def breaks_off(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100")]})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})

    edge.answer = breaks_off
    async with edge.client() as client:
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await client.get("/auth")
    assert (await edge.journaled())["broken_off"] == "psc"


async def test_replicas_are_called_in_turn_and_one_that_is_away_is_passed_over(edge: EdgeUnderTest) -> None:
    async with edge.client() as client:
        answers = [await client.post("/insi/search", content=b"<soap/>") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 6
    assert [answer.json()["bytes"] for answer in answers] == [7] * 6
    assert {answer.json()["path"] for answer in answers} == {"/one/insi/search", "/three/insi/search"}


async def test_a_caller_who_leaves_in_mid_upload_is_journaled_and_harms_nobody(edge: EdgeUnderTest) -> None:
    async def waits(scope: Scope, receive: Receive, send: Send) -> None:
        await whole_body(receive)

    edge.answer = waits
    _, writer = await asyncio.open_connection("127.0.0.1", edge.settings.edge_http_port)
    writer.write(b"POST /auth HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf")
    await writer.drain()
    while not edge.calls:
        await asyncio.sleep(0.01)
    writer.close()
    assert (await edge.journaled())["status"] == 499


async def test_the_journal_of_a_call_holds_neither_token_nor_matricule(edge: EdgeUnderTest) -> None:
    matricule = "279035121518989"
    async with edge.client() as client:
        await client.post(
            f"/auth/patients/{matricule}?q=%20{matricule}&code=s3cr3t",
            data={"code_verifier": "s3cr3t&s3cr3t", "ins": matricule},
            headers={"authorization": "Bearer s3cr3t", "referer": f"http://x/?a=%20{matricule}"},
        )
    entry = str(await edge.journaled())
    assert "s3cr3t" not in entry.split("'response'")[0]
    assert matricule not in entry
    assert "pat-" in entry

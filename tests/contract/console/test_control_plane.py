"""The control plane and two services on real sockets, store and broker: what an operator asks, what comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.applications import Starlette

from segur.console.service import build
from segur.console.settings import Settings
from segur.contracts.psc import SessionClosed
from segur.kernel import request
from segur.kernel.faults import FaultPoint
from segur.kernel.ids import new_id
from segur.kernel.runner import running
from segur.kernel.sandbox import extras_of
from segur.kernel.service import Floor, Service
from segur.kernel.store import Collection, Insert
from tests.conftest import free_port

if TYPE_CHECKING:
    from tests.conftest import Servers

pytestmark = pytest.mark.asyncio(loop_scope="module")

BUSY = "psc.token.unavailable"
TRACE = "0af7651916cd43dd8448eb211c80319c"


class Town:
    """A service with two people in every sandbox, a blob, and a point that breaks."""

    def __init__(self, name: str, settings: Any) -> None:
        self.floor = Floor.of(name, settings)
        if name == "psc":
            self.floor.faults.declare([FaultPoint(BUSY, "http", "503", "why")])
        self.people: Collection = self.floor.store.collection("people")
        self.service = Service(self.floor, Starlette(), seed=self.seed)

    async def seed(self, sandbox: str) -> None:
        rows = [{"_id": f"{sandbox}:{number}", "sandbox": sandbox, "number": number} for number in range(2)]
        await self.people.insert(*rows)

    async def numbers(self, sandbox: str) -> list[int]:
        return [row["number"] for row in await self.people.find({"sandbox": sandbox}, sort=("number",))]

    async def add(self, sandbox: str, number: int) -> str:
        """Somebody moves in, and it is told; give the digest of the photograph."""
        digest = await self.floor.blobs.put(f"photo {sandbox} {number}".encode())
        inside = request.enter(request.Request(sandbox=sandbox, notes={}))
        try:
            row = {"_id": f"{sandbox}:{number}", "sandbox": sandbox, "number": number, "photo": digest}
            fact = SessionClosed(session_id=f"s{number}", id_nat="8", reason="logout")
            await self.floor.store.commit([Insert(self.people, row)], [fact])
        finally:
            request.leave(inside)
        return digest


@dataclass
class ControlPlane:
    """The control plane under test, and the services behind it."""

    http: httpx.AsyncClient
    towns: dict[str, Town]

    async def ask(self, method: str, path: str, **options: Any) -> Any:
        """A request that must succeed; give its JSON."""
        answer = await self.http.request(method, path, **options)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def everyone(self, sandbox: str) -> dict[str, list[int]]:
        """Who lives in a sandbox, by service."""
        return {name: await town.numbers(sandbox) for name, town in self.towns.items()}


@pytest.fixture(scope="module")
async def control(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ControlPlane]:
    """A control plane over two services."""
    home = tmp_path_factory.mktemp("home")
    shared = servers.settings(home)
    own = {"port": free_port(), "admin_port": free_port()}
    url = f"http://127.0.0.1:{own['port']}"
    towns, admins = {}, {"control": f"http://127.0.0.1:{own['admin_port']}"}
    for name in ("dmp", "psc"):
        ports = {"port": free_port(), "admin_port": free_port(), "control_url": url}
        towns[name] = Town(name, shared.model_copy(update=ports))
        admins[name] = f"http://127.0.0.1:{ports['admin_port']}"
    limits = {"most_snapshots": 3, "most_rules": 3, "max_body_bytes": 2**20}
    told = {"control_url": url, "admins": admins, "addresses": {"edge_http": "http://localhost:8080"}}
    settings = Settings(**{**shared.model_dump(), **own, **limits, **told, "trace_ratio": 0.0})
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running(build(settings)))
        for town in towns.values():
            await stack.enter_async_context(running(town.service))
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=30))
        yield ControlPlane(http, towns)


async def test_the_extras_of_a_sandbox_reach_every_service_and_outlive_a_reset(control: ControlPlane) -> None:
    wanted = {"id": "equipe-2", "extras": ["insi-test-identities"]}
    assert (await control.http.post("/api/sandboxes", json=wanted)).status_code == 201
    for _ in range(2):
        for town in control.towns.values():
            assert await extras_of(town.floor.store, "equipe-2") == {"insi-test-identities"}
        await control.ask("POST", "/api/sandboxes/equipe-2/reset")
    await control.ask("POST", "/api/sandboxes", json={"id": "equipe-2", "offset_s": 5})
    sandboxes = {row["id"]: row for row in await control.ask("GET", "/api/sandboxes")}
    assert sandboxes["equipe-2"]["extras"] == ["insi-test-identities"]
    refused = await control.http.post("/api/sandboxes", json={"id": "equipe-3", "extras": ["autre"]})
    assert refused.status_code == 400
    await control.ask("DELETE", "/api/sandboxes/equipe-2")


async def test_a_snapshot_restores_every_service_and_the_blobs_are_still_there(control: ControlPlane) -> None:
    assert (await control.http.post("/api/sandboxes", json={"id": "equipe-1", "offset_s": 60})).status_code == 201
    photo = await control.towns["dmp"].add("equipe-1", 7)
    kept = await control.ask("POST", "/api/sandboxes/equipe-1/snapshots", json={"label": "avant"})
    await control.towns["psc"].add("equipe-1", 8)
    await control.ask("POST", "/api/sandboxes/equipe-1/reset")
    assert await control.everyone("equipe-1") == {"dmp": [0, 1], "psc": [0, 1]}
    await control.ask("POST", "/api/sandboxes", json={"id": "equipe-1", "offset_s": 0})

    await control.ask("POST", "/api/sandboxes/equipe-1/snapshots/avant/restore")

    assert kept["services"] == {"dmp": 3, "psc": 2}
    assert await control.everyone("equipe-1") == {"dmp": [0, 1, 7], "psc": [0, 1]}
    assert await control.towns["dmp"].floor.blobs.get(photo) == b"photo equipe-1 7"
    sandboxes = {row["id"]: row for row in await control.ask("GET", "/api/sandboxes")}
    assert sandboxes["equipe-1"] == {"id": "equipe-1", "offset_s": 60, "snapshots": ["avant"]}
    assert await control.everyone("default") == {"dmp": [0, 1], "psc": [0, 1]}
    await control.ask("DELETE", "/api/sandboxes/equipe-1")


async def test_a_restoration_that_one_service_cannot_do_changes_nothing_anywhere(control: ControlPlane) -> None:
    await control.ask("POST", "/api/sandboxes", json={"id": "equipe-2"})
    await control.ask("POST", "/api/sandboxes/equipe-2/snapshots", json={"label": "avant"})
    await control.towns["dmp"].add("equipe-2", 7)
    await control.towns["psc"].floor.store.snapshot_pieces.delete({"of": "equipe-2:avant"})
    refused = await control.http.post("/api/sandboxes/equipe-2/snapshots/avant/restore")
    assert refused.status_code == 409
    assert "psc" in refused.json()["detail"]
    assert await control.everyone("equipe-2") == {"dmp": [0, 1, 7], "psc": [0, 1]}
    await control.ask("DELETE", "/api/sandboxes/equipe-2")


async def test_a_deleted_sandbox_leaves_nothing_behind(control: ControlPlane) -> None:
    await control.ask("POST", "/api/sandboxes", json={"id": "equipe-3"})
    await control.ask("POST", "/api/sandboxes/equipe-3/snapshots")
    await control.ask("POST", "/api/faults", json={"point": BUSY, "sandbox": "equipe-3"})
    await control.ask("DELETE", "/api/sandboxes/equipe-3")
    assert await control.everyone("equipe-3") == {"dmp": [], "psc": []}
    assert await control.towns["dmp"].floor.store.snapshot_pieces.count({"of": {"$regex": "^equipe-3:"}}) == 0
    assert [row["id"] for row in await control.ask("GET", "/api/sandboxes")] == ["default"]
    assert (await control.ask("GET", "/api/faults"))["rules"] == []
    assert (await control.http.get("/api/sandboxes/equipe-3/snapshots")).status_code == 404


async def test_snapshots_are_named_once_listed_bounded_and_forgotten(control: ControlPlane) -> None:
    labels = ["a", "b", "c"]
    for label in labels:
        await control.ask("POST", "/api/sandboxes/default/snapshots", json={"label": label})
    again = await control.http.post("/api/sandboxes/default/snapshots", json={"label": "a"})
    beyond = await control.http.post("/api/sandboxes/default/snapshots", json={"label": "d"})
    assert (again.status_code, again.json()["field"], beyond.status_code) == (409, "label", 409)
    listed = await control.ask("GET", "/api/sandboxes/default/snapshots")
    assert [row["label"] for row in listed] == labels
    for label in labels:
        await control.ask("DELETE", f"/api/sandboxes/default/snapshots/{label}")
    assert (await control.http.delete("/api/sandboxes/default/snapshots/a")).status_code == 404


async def test_a_rule_tells_how_often_it_has_struck_and_what_is_left(control: ControlPlane) -> None:
    rule = {"point": BUSY, "count": 3, "actor": "8997", "starts_at": "2026-01-01T00:00:00Z", "every_s": 60, "for_s": 60}
    made = await control.ask("POST", "/api/faults", json=rule)
    assert made["armed"] is True
    board = control.towns["psc"].floor.faults
    assert [bool(board.strikes(BUSY, actor=actor)) for actor in ("8997", "other", "8997")] == [True, False, True]
    [told] = (await control.ask("GET", "/api/faults"))["rules"]
    assert (told["struck"], told["left"], told["actor"], told["for_s"]) == (2, 1, "8997", 60)
    await control.ask("DELETE", f"/api/faults/{made['id']}")
    assert not board.strikes(BUSY, actor="8997")
    assert (await control.http.delete(f"/api/faults/{made['id']}")).status_code == 404


async def test_rules_are_bounded(control: ControlPlane) -> None:
    answers = [await control.http.post("/api/faults", json={"point": BUSY}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 409]
    await control.ask("DELETE", "/api/faults")


BAD: list[tuple[str, str, Any, int, str | None]] = [
    ("POST", "/api/faults", b"{", 400, None),
    ("POST", "/api/faults", b"[]", 400, None),
    ("POST", "/api/faults", b"\xff", 400, None),
    ("POST", "/api/faults", {}, 400, "point"),
    ("POST", "/api/faults", {"point": 3}, 400, "point"),
    ("POST", "/api/faults", {"point": BUSY, "rate": 2}, 400, "rate"),
    ("POST", "/api/faults", {"point": BUSY, "id": "a/b"}, 400, "id"),
    ("POST", "/api/faults", {"point": BUSY, "unknown": 1}, 400, "unknown"),
    ("POST", "/api/faults", {"point": BUSY, "every_s": 1}, 400, None),
    ("POST", "/api/faults", {"point": "psc.token.unavailible"}, 404, "point"),
    ("POST", "/api/faults", {"point": BUSY, "sandbox": "nowhere"}, 404, "sandbox"),
    ("POST", "/api/sandboxes", b"", 400, None),
    ("POST", "/api/sandboxes", {"id": "Équipe"}, 400, "id"),
    ("POST", "/api/sandboxes", {"id": "a\n"}, 400, "id"),
    ("POST", "/api/sandboxes", {"id": ["a"]}, 400, "id"),
    ("POST", "/api/sandboxes", {"id": "a", "offset_s": "soon"}, 400, "offset_s"),
    ("POST", "/api/sandboxes", b'{"id": "a", "offset_s": 1e999}', 400, None),
    ("POST", "/api/sandboxes", {"id": "a", "offset_s": 1e300}, 400, "offset_s"),
    ("DELETE", "/api/sandboxes/default", None, 409, None),
    ("DELETE", "/api/sandboxes/nowhere", None, 404, "sandbox"),
    ("DELETE", "/api/sandboxes/A%00", None, 404, "sandbox"),
    ("POST", "/api/sandboxes/nowhere/reset", None, 404, "sandbox"),
    ("POST", "/api/sandboxes/nowhere/snapshots", None, 404, "sandbox"),
    ("POST", "/api/sandboxes/default/snapshots", {"label": "../x"}, 400, "label"),
    ("POST", "/api/sandboxes/default/snapshots/none/restore", None, 404, None),
    ("POST", "/v1/journal", b"{", 400, None),
    ("POST", "/v1/journal", {}, 400, None),
    ("POST", "/v1/traces", b"\xff\xff", 400, None),
    ("GET", "/api/facts?limit=0", None, 400, "limit"),
    ("GET", "/api/facts?limit=9999", None, 400, "limit"),
    ("GET", "/api/facts?limit=%C2%B2", None, 400, "limit"),
    ("GET", "/api/facts?since=yesterday", None, 400, "since"),
    ("GET", "/api/facts?since=2026-01-01", None, 400, "since"),
    ("GET", "/api/traces/abc", None, 404, "trace_id"),
    ("GET", f"/api/traces/{'0' * 32}", None, 404, "trace_id"),
    ("GET", "/api/journal/none", None, 404, "id"),
    ("GET", "/nowhere", None, 404, None),
    ("PUT", "/api/faults", None, 405, None),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "field"), BAD)
async def test_bad_input_is_told_as_a_problem_that_names_the_field(
    control: ControlPlane, method: str, path: str, body: Any, status: int, field: str | None
) -> None:
    options = {} if body is None else {"content": body} if isinstance(body, bytes) else {"json": body}
    answer = await control.http.request(method, path, **options)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["detail"]
    if field is not None:
        assert problem["field"] == field
    assert [row["id"] for row in await control.ask("GET", "/api/sandboxes")] == ["default"]


async def test_a_body_past_the_limit_is_refused(control: ControlPlane) -> None:
    answer = await control.http.post("/api/faults", content=bytes(2 * 2**20))
    assert answer.status_code == 413


async def test_foreign_pages_and_names_are_not_obeyed(control: ControlPlane) -> None:
    async def status(method: str, **headers: str) -> int:
        return (await control.http.request(method, "/api/faults", headers=headers)).status_code

    assert await status("GET", host="evil.example") == 403
    assert await status("DELETE", origin="https://evil.example") == 403
    assert await status("DELETE", origin=str(control.http.base_url).rstrip("/")) == 204
    assert [await status("GET", host=host) for host in ("control:8090", "[::1]:8090", "console.localhost")] == [200] * 3


async def told_facts(control: ControlPlane, number: int, **where: str) -> list[Any]:
    """The facts that fit, once there are that many."""
    async with asyncio.timeout(20):
        while True:
            rows: list[Any] = await control.ask("GET", "/api/facts", params=where)
            if len(rows) >= number:
                return rows
            await asyncio.sleep(0.05)


async def test_facts_are_listed_newest_first_and_followed_oldest_first(control: ControlPlane) -> None:
    await control.ask("POST", "/api/sandboxes", json={"id": "faits"})
    for number in range(10, 15):
        await control.towns["psc"].add("faits", number)
    newest = await told_facts(control, 5, sandbox="faits")
    assert [fact["subject"] for fact in newest] == ["s14", "s13", "s12", "s11", "s10"]
    after = {"sandbox": "faits", "after": newest[3]["cursor"], "limit": "2"}
    assert [fact["subject"] for fact in await control.ask("GET", "/api/facts", params=after)] == ["s12", "s13"]
    since = {"sandbox": "faits", "since": newest[1]["time"]}
    assert [fact["subject"] for fact in await control.ask("GET", "/api/facts", params=since)] == ["s13", "s14"]
    assert newest[0]["data"]["reason"] == "logout"
    assert newest[0]["lag_ms"] >= 0
    assert {"_id", "expires_at", "json"}.isdisjoint(newest[0])
    await control.ask("DELETE", "/api/sandboxes/faits")


def exchange(**more: Any) -> dict[str, Any]:
    """A journal entry."""
    side = {"headers": [["authorization", "•••"], ["content-type", "application/json"]], "body": '{"a":1}', "bytes": 7}
    return {
        "_id": new_id(), "at": "2026-03-01T12:00:00Z", "door": "https", "sandbox": "default", "service": "psc",
        "method": "POST", "path": "/auth/<script>", "status": 200, "ms": 3.5, "trace_id": TRACE, "request": side,
        "response": side, "fault": BUSY, **more,
    }  # fmt: skip


async def test_an_exchange_and_its_trace_have_pages_in_both_languages_without_scripts(control: ControlPlane) -> None:
    entry = exchange()
    await control.ask("POST", "/v1/journal", json=[entry])
    ids = {"traceId": TRACE, "spanId": "b7ad6b7169203331", "startTimeUnixNano": "1", "endTimeUnixNano": "2000001"}
    attributes = [{"key": "segur.fault", "value": {"stringValue": BUSY}}]
    span = {**ids, "name": "POST <b>", "kind": 2, "attributes": attributes}
    export = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    await control.ask("POST", "/v1/traces", json=export)
    rule = await control.ask("POST", "/api/faults", json={"point": BUSY, "count": 2})
    for path, words in {
        "/": ("Journal des échanges", "Journal of exchanges"),
        f"/journal/{entry['_id']}": ("Réponse", "Response"),
        f"/traces/{TRACE}": ("étapes", "spans"),
    }.items():
        for language, word in zip(("fr", "en"), words, strict=True):
            page = await control.http.get(path, params={"lang": language})
            assert page.status_code == 200, path
            assert word in page.text
            assert f'<html lang="{language}">' in page.text
            assert BUSY in page.text
            assert "<script" not in page.text
            assert "POST <b>" not in page.text
            assert "style=" not in page.text
            assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    page = (await control.http.get(f"/journal/{entry['_id']}")).text
    assert f"/traces/{TRACE}" in page
    assert "•••" in page
    assert (await control.http.get("/style.css")).headers["content-type"].startswith("text/css")
    for path in ("/traces/nope", f"/traces/{'1' * 32}", "/journal/nope"):
        assert (await control.http.get(path)).status_code == 404
    await control.ask("DELETE", f"/api/faults/{rule['id']}")


async def test_a_bad_journal_entry_does_not_take_the_others_along(control: ControlPlane) -> None:
    good = exchange(path="/good")
    told = await control.ask("POST", "/v1/journal", json=[exchange(status="x"), good])
    assert (told["kept"], len(told["refused"])) == (1, 1)
    assert (await control.ask("GET", f"/api/journal/{good['_id']}"))["path"] == "/good"
    assert (await control.ask("GET", "/api/journal", params={"limit": 1}))[0]["path"] == "/good"


async def test_the_figures_count_what_came_in_and_what_waits(control: ControlPlane) -> None:
    await control.ask("POST", "/v1/journal", json=[exchange(status=418)])
    answer = await control.http.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert f'segur_requests_total{{service="psc",door="https",status="418",fault="{BUSY}"}} 1' in answer.text
    assert 'segur_outbox_pending{service="dmp"} 0' in answer.text
    assert 'segur_consumer_lag{service="control"}' in answer.text
    assert 'segur_service_ready{service="psc"} 1' in answer.text


async def test_draining_says_that_nothing_is_under_way_anywhere(control: ControlPlane) -> None:
    await control.ask("POST", "/api/sandboxes", json={"id": "vite"})
    await asyncio.gather(*(control.towns["psc"].add("vite", number) for number in range(20, 28)))
    state = await control.ask("POST", "/api/drain")
    assert set(state) == {"control", "dmp", "psc"}
    assert all(told["drained"] for told in state.values())
    assert len(await control.ask("GET", "/api/facts", params={"sandbox": "vite"})) == 8
    await control.ask("DELETE", "/api/sandboxes/vite")


async def test_a_service_that_is_away_is_named_and_nothing_is_pretended(
    control: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    from segur.console.fleet import Fleet
    from segur.console.sandboxes import Countries, SandboxWanted, SnapshotWanted
    from segur.console.store import ConsoleStore
    from segur.kernel.errors import SegurError
    from segur.kernel.store import Store

    monkeypatch.setattr("segur.console.fleet._DRAIN_PATIENCE_S", 0.3)
    town = control.towns["psc"].floor.settings
    lonely = Settings(
        **{**town.model_dump(), "namespace": town.namespace + "x", "admins": {"ins": "http://127.0.0.1:9"}}
    )
    store = Store(lonely, "control")
    kept = ConsoleStore(store, lonely)
    fleet = Fleet(lonely, kept)
    await store.open()
    try:
        countries = Countries(lonely, kept, fleet)
        with pytest.raises(SegurError, match="ins"):
            await countries.make(SandboxWanted(id="equipe-9"))
        with pytest.raises(SegurError, match="ins"):
            await countries.keep("equipe-9", SnapshotWanted())
        assert [row["id"] for row in await kept.sandboxes()] == ["default", "equipe-9"]
        assert await countries.snapshots("equipe-9") == []
    finally:
        await fleet.close()
        await store.close()

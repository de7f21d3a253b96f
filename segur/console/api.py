"""The control plane's routes: intake, levers, JSON and the first plain page."""

from __future__ import annotations

from importlib import resources
from typing import Any

import orjson
from jinja2 import Environment
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segur.console.fleet import Fleet
from segur.console.intake import NotOtlp, read_otlp
from segur.console.settings import Settings
from segur.console.store import ConsoleStore
from segur.kernel.faults import FaultRule
from segur.kernel.ids import new_id

_MOST = 1_000


def answer(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(value, default=str), status, media_type="application/json")


def refuse(status: int, detail: str) -> Response:
    """A problem (RFC 9457)."""
    body = orjson.dumps({"type": "about:blank", "status": status, "detail": detail})
    return Response(body, status, media_type="application/problem+json")


class Api:
    """The handlers, over the store and the fleet."""

    def __init__(self, settings: Settings, store: ConsoleStore, fleet: Fleet) -> None:
        self._settings, self._store, self._fleet = settings, store, fleet
        folder = resources.files("segur.console")
        environment = Environment(autoescape=True)
        self._page = environment.from_string(folder.joinpath("page.html").read_text(encoding="utf-8"))
        self._trace_page = environment.from_string(folder.joinpath("trace.html").read_text(encoding="utf-8"))

    def app(self) -> Starlette:
        """The application."""
        return Starlette(
            routes=[
                Route("/v1/traces", self.post_traces, methods=["POST"]),
                Route("/v1/journal", self.post_journal, methods=["POST"]),
                Route("/health", self.get_health),
                Route("/api/journal", self.get_journal),
                Route("/api/traces/{trace_id}", self.get_trace),
                Route("/api/facts", self.get_facts),
                Route("/api/faults", self.get_faults),
                Route("/api/faults", self.post_fault, methods=["POST"]),
                Route("/api/faults", self.delete_faults, methods=["DELETE"]),
                Route("/api/faults/{rule}", self.delete_faults, methods=["DELETE"]),
                Route("/api/sandboxes", self.get_sandboxes),
                Route("/api/sandboxes", self.post_sandbox, methods=["POST"]),
                Route("/api/sandboxes/{sandbox}", self.delete_sandbox, methods=["DELETE"]),
                Route("/api/sandboxes/{sandbox}/reset", self.reset_sandbox, methods=["POST"]),
                Route("/api/drain", self.post_drain, methods=["POST"]),
                Route("/api/dead", self.get_dead),
                Route("/api/dead/replay", self.post_replay, methods=["POST"]),
                Route("/", self.get_page),
                Route("/traces/{trace_id}", self.get_trace_page),
            ]
        )

    async def post_traces(self, request: Request) -> Response:
        """OTLP/HTTP intake: an editor's instrumented software may send its spans here too."""
        headers = request.headers
        try:
            rows = read_otlp(
                await request.body(), headers.get("content-type", ""), headers.get("content-encoding", "").lower()
            )
        except NotOtlp as error:
            return refuse(400, str(error))
        await self._store.keep(self._store.spans, rows)
        return Response(b"", media_type="application/x-protobuf")

    async def post_journal(self, request: Request) -> Response:
        """Journal entries of a service."""
        rows = orjson.loads(await request.body())
        await self._store.keep(self._store.journal, rows)
        return Response(status_code=204)

    async def get_health(self, _: Request) -> Response:
        """Whether everything is ready."""
        state = await self._fleet.health()
        return answer(state, 200 if state["ready"] else 503)

    async def get_journal(self, request: Request) -> Response:
        """The latest exchanges."""
        return answer(
            await self._store.latest(self._store.journal, _where(request, "sandbox", "service"), _limit(request))
        )

    async def get_trace(self, request: Request) -> Response:
        """The spans of a trace."""
        spans = await self._store.spans_of(request.path_params["trace_id"])
        if not spans:
            return refuse(404, "trace inconnue (les traces sont gardées 24 h)")
        services = sorted({span["service"] for span in spans})
        return answer({"trace_id": request.path_params["trace_id"], "services": services, "spans": spans})

    async def get_facts(self, request: Request) -> Response:
        """The latest facts."""
        where = _where(request, "type", "sandbox")
        if trace := request.query_params.get("trace"):
            where["trace_id"] = trace
        return answer(await self._store.latest(self._store.facts, where, _limit(request)))

    async def get_faults(self, _: Request) -> Response:
        """Fault points, and rules in force."""
        rules = [row["rule"] for row in await self._store.rules.find({}, sort=("_id",))]
        return answer({"points": await self._fleet.faults(), "rules": rules})

    async def post_fault(self, request: Request) -> Response:
        """Make a point break; the rule is in force when this answers."""
        wanted = orjson.loads(await request.body())
        known = {point["name"] for point in await self._fleet.faults()}
        if wanted.get("point") not in known:
            return refuse(404, f"point: {wanted.get('point')} n'existe pas ; connus : {', '.join(sorted(known))}")
        try:
            rule = FaultRule.model_validate({"id": new_id(), **wanted})
        except ValueError as error:
            return refuse(400, str(error))
        await self._store.rules.put({"_id": rule.id, "rule": rule.model_dump()})
        await self._fleet.arm()
        return answer(rule.model_dump(), 201)

    async def delete_faults(self, request: Request) -> Response:
        """Remove one rule, or all."""
        rule = request.path_params.get("rule")
        await self._store.rules.delete({"_id": rule} if rule else {})
        await self._fleet.arm()
        return Response(status_code=204)

    async def get_sandboxes(self, _: Request) -> Response:
        """The sandboxes; `default` always exists."""
        rows = await self._store.countries.find({}, sort=("_id",))
        return answer([{"id": "default"}, *({"id": row["_id"], "offset_s": row.get("offset_s", 0)} for row in rows)])

    async def post_sandbox(self, request: Request) -> Response:
        """Make a sandbox everywhere."""
        wanted = orjson.loads(await request.body())
        sandbox = str(wanted.get("id", ""))
        if not (
            sandbox.isascii()
            and sandbox.replace("-", "").isalnum()
            and sandbox == sandbox.lower()
            and len(sandbox) <= 40
        ):
            return refuse(400, "id : 1 à 40 lettres minuscules, chiffres et traits d'union")
        offset = float(wanted.get("offset_s", 0))
        await self._fleet.seed(sandbox, offset)
        await self._store.countries.put({"_id": sandbox, "offset_s": offset})
        return answer({"id": sandbox, "offset_s": offset}, 201)

    async def delete_sandbox(self, request: Request) -> Response:
        """Forget a sandbox everywhere."""
        sandbox = request.path_params["sandbox"]
        if sandbox == "default":
            return refuse(409, "default ne se supprime pas ; utiliser reset")
        await self._store.countries.delete({"_id": sandbox})
        await self._fleet.wipe(sandbox)
        return Response(status_code=204)

    async def reset_sandbox(self, request: Request) -> Response:
        """Back to the state of its creation."""
        sandbox = request.path_params["sandbox"]
        row = await self._store.countries.find_one({"_id": sandbox})
        if row is None and sandbox != "default":
            return refuse(404, f"bac à sable {sandbox} inconnu")
        await self._fleet.wipe(sandbox)
        await self._fleet.seed(sandbox, float((row or {}).get("offset_s", 0)))
        return answer({"id": sandbox})

    async def post_drain(self, _: Request) -> Response:
        """Wait until nothing is under way."""
        return answer(await self._fleet.drain())

    async def get_dead(self, _: Request) -> Response:
        """Dead letters by service."""
        return answer(await self._fleet.dead())

    async def post_replay(self, _: Request) -> Response:
        """Handle dead letters again."""
        return answer(await self._fleet.replay())

    async def get_page(self, request: Request) -> Response:
        """Addresses and journal, in French (`?lang=en` for English)."""
        journal = await self._store.latest(self._store.journal, {}, 100)
        facts = await self._store.latest(self._store.facts, {}, 40)
        health = await self._fleet.health()
        return _html(
            self._page.render(
                en=request.query_params.get("lang") == "en",
                addresses=self._settings.addresses,
                journal=journal,
                facts=facts,
                health=health,
            )
        )

    async def get_trace_page(self, request: Request) -> Response:
        """A trace as a waterfall."""
        spans = await self._store.spans_of(request.path_params["trace_id"])
        if not spans:
            return _html("<p>Trace inconnue.</p>", 404)
        first = min(int(span["start_ns"]) for span in spans)
        last = max(int(span["start_ns"]) + float(span["duration_ms"]) * 1e6 for span in spans)
        whole = max(last - first, 1)
        for span in spans:
            span["left"] = round((int(span["start_ns"]) - first) / whole * 100, 3)
            span["width"] = max(round(float(span["duration_ms"]) * 1e6 / whole * 100, 3), 0.15)
            span["at_ms"] = round((int(span["start_ns"]) - first) / 1e6, 1)
        facts = await self._store.latest(self._store.facts, {"trace_id": request.path_params["trace_id"]}, 200)
        return _html(
            self._trace_page.render(
                trace_id=request.path_params["trace_id"], spans=spans, facts=facts[::-1], whole_ms=whole / 1e6
            )
        )


def _where(request: Request, *names: str) -> dict[str, Any]:
    return {name: value for name in names if (value := request.query_params.get(name))}


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", "100")
    return min(int(text), _MOST) if text.isdigit() and int(text) else 100


def _html(page: str, status: int = 200) -> Response:
    policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    return Response(page, status, {"content-security-policy": policy}, media_type="text/html; charset=utf-8")

"""The routes that take in and that show: spans, journal, facts, traces, health, figures, as JSON."""

from __future__ import annotations

import asyncio
import logging

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segur.console import errors, figures, read
from segur.console.exchange import MOST_ENTRIES, read_entries
from segur.console.figures import Figures
from segur.console.fleet import Fleet
from segur.console.intake import NotOtlp, otlp_answer, read_otlp
from segur.console.levers import answer
from segur.console.store import ConsoleStore
from segur.kernel.store import Collection

log = logging.getLogger("segur.console")


class Views:
    """The handlers."""

    def __init__(self, store: ConsoleStore, fleet: Fleet, counted: Figures) -> None:
        self._store, self._fleet, self._figures = store, fleet, counted

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            Route("/v1/traces", self.post_traces, methods=["POST"]),
            Route("/v1/journal", self.post_journal, methods=["POST"]),
            Route("/health", self.get_health),
            Route("/metrics", self.get_metrics),
            Route("/api/journal", self.get_journal),
            Route("/api/journal/{id}", self.get_exchange),
            Route("/api/traces/{trace_id}", self.get_trace),
            Route("/api/facts", self.get_facts),
        ]

    async def post_traces(self, request: Request) -> Response:
        """OTLP/HTTP intake: an editor's instrumented software may send its spans here too."""
        body, kind = await request.body(), request.headers.get("content-type", "")
        encoding = request.headers.get("content-encoding", "").lower()
        try:
            rows, rejected = await asyncio.to_thread(read_otlp, body, kind, encoding)
        except NotOtlp as error:
            raise errors.NOT_OTLP.error(reason=str(error)) from error
        await self._store.keep_spans(rows)
        told, media_type = otlp_answer(rejected, kind)
        return Response(told, media_type=media_type)

    async def post_journal(self, request: Request) -> Response:
        """Journal entries of a service. Sound ones are kept; the others are told, and useless to send again."""
        entries = await read.json_of(request)
        if not isinstance(entries, list) or len(entries) > MOST_ENTRIES:
            raise errors.BAD_JSON.error(reason=f"une liste d'au plus {MOST_ENTRIES} échanges est attendue")
        rows, refused = read_entries(entries)
        await self._store.keep(self._store.journal, rows)
        self._figures.exchanges(rows)
        if refused:
            log.warning("journal entries refused: %s", "; ".join(refused[:5]))
            return answer({"kept": len(rows), "refused": refused})
        return Response(status_code=204)

    async def get_health(self, _: Request) -> Response:
        """Whether everything is ready."""
        state = await self._fleet.health()
        return answer(state, 200 if state["ready"] else 503)

    async def get_metrics(self, _: Request) -> Response:
        """The figures in Prometheus form."""
        health, waiting = await asyncio.gather(self._fleet.health(), self._fleet.figures())
        ready = {name: bool(state.get("ready")) for name, state in health["services"].items()}
        return Response(self._figures.text(ready, waiting), headers={"content-type": figures.CONTENT_TYPE})

    async def get_journal(self, request: Request) -> Response:
        """The latest exchanges, newest first; with `since` (a moment) or `after` (a cursor), those that follow."""
        where: dict[str, str] = {**read.filters_of(request, "sandbox", "service")}
        if trace := request.query_params.get("trace"):
            where["trace_id"] = trace
        return await self._rows(request, self._store.journal, where)

    async def get_exchange(self, request: Request) -> Response:
        """One exchange."""
        found = await self._store.exchange(request.path_params["id"])
        if found is None:
            raise errors.UNKNOWN_EXCHANGE.error(field="id")
        return answer(found)

    async def get_trace(self, request: Request) -> Response:
        """The spans of a trace."""
        trace_id = read.trace_of(request)
        spans = await self._store.spans_of(trace_id)
        if not spans:
            raise errors.UNKNOWN_TRACE.error(field="trace_id")
        return answer({"trace_id": trace_id, "services": sorted({s["service"] for s in spans}), "spans": spans})

    async def get_facts(self, request: Request) -> Response:
        """The latest facts, newest first; with `since` (a moment) or `after` (a cursor), those that follow."""
        where: dict[str, str] = {**read.filters_of(request, "type", "sandbox", "subject")}
        if trace := request.query_params.get("trace"):
            where["trace_id"] = trace
        return await self._rows(request, self._store.facts, where)

    async def _rows(self, request: Request, rows: Collection, where: dict[str, str]) -> Response:
        limit = read.limit_of(request)
        after = request.query_params.get("after") or read.moment_of(request, "since")
        if after:
            return answer(await self._store.following(rows, where, after, limit))
        return answer(await self._store.latest(rows, where, limit))

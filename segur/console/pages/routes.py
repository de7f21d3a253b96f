"""The routes of the pages, and what each page is given to show."""

from __future__ import annotations

from importlib import resources
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FunctionLoader
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segur.console import read
from segur.console.fleet import Fleet
from segur.console.levers import Levers
from segur.console.pages import waterfall
from segur.console.pages.bodies import readable
from segur.console.pages.texts import LANGUAGES, texts
from segur.console.settings import Settings
from segur.console.store import ConsoleStore
from segur.kernel.errors import SegurError
from segur.kernel.sandbox import is_name

_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_JOURNAL_ROWS, _FACT_ROWS = 100, 60
_COLOURS = 8


class Pages:
    """The pages: home, a trace, an exchange."""

    def __init__(self, settings: Settings, store: ConsoleStore, fleet: Fleet, levers: Levers) -> None:
        self._settings, self._store, self._fleet, self._levers = settings, store, fleet, levers
        folder = resources.files("segur.console.pages")
        self._style = folder.joinpath("style.css").read_bytes()
        self._environment = Environment(
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            loader=FunctionLoader(lambda name: folder.joinpath(name).read_text(encoding="utf-8")),
        )
        self._environment.filters["readable"] = readable

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            Route("/", self.home),
            Route("/style.css", self.style),
            Route("/traces/{trace_id}", self.trace),
            Route("/journal/{id}", self.exchange),
        ]

    async def style(self, _: Request) -> Response:
        """The one style sheet."""
        return Response(self._style, media_type="text/css", headers={"cache-control": "no-cache"})

    async def home(self, request: Request) -> Response:
        """Addresses, journal, facts, faults, sandboxes; `?sandbox=` narrows the lists to one country."""
        sandbox = request.query_params.get("sandbox", "")
        where = {"sandbox": sandbox} if is_name(sandbox) else {}
        return self._page(
            request,
            "home.html",
            addresses=self._settings.addresses,
            journal=await self._store.latest(self._store.journal, where, _JOURNAL_ROWS),
            facts=await self._store.latest(self._store.facts, where, _FACT_ROWS),
            health=await self._fleet.health(),
            faults=await self._levers.faults(),
            sandboxes=await self._store.sandboxes(),
            sandbox=sandbox,
            refresh=request.query_params.get("refresh") == "1",
        )

    async def trace(self, request: Request) -> Response:
        """A trace as a waterfall, with its exchanges and facts."""
        try:
            trace_id = read.trace_of(request)
        except SegurError:
            return self._page(request, "absent.html", 404, reason="trace_unknown")
        spans = await self._store.spans_of(trace_id)
        if not spans:
            return self._page(request, "absent.html", 404, reason="trace_unknown")
        services = sorted({span["service"] for span in spans})
        where = {"trace_id": trace_id}
        return self._page(
            request,
            "trace.html",
            trace_id=trace_id,
            rows=waterfall.rows(spans),
            ticks=waterfall.ticks(spans),
            whole_ms=waterfall.duration_ms(spans),
            colours={service: number % _COLOURS for number, service in enumerate(services)},
            failed=sum(bool(span["failed"]) for span in spans),
            journal=(await self._store.latest(self._store.journal, where, _JOURNAL_ROWS))[::-1],
            facts=(await self._store.latest(self._store.facts, where, 500))[::-1],
        )

    async def exchange(self, request: Request) -> Response:
        """One exchange: both sides, headers and bodies, masked as they were recorded."""
        found = await self._store.exchange(request.path_params["id"])
        if found is None:
            return self._page(request, "absent.html", 404, reason="exchange_unknown")
        return self._page(request, "exchange.html", e=found)

    def _page(self, request: Request, template: str, status: int = 200, **values: Any) -> Response:
        language = request.query_params.get("lang", LANGUAGES[0])
        language = language if language in LANGUAGES else LANGUAGES[0]
        kept = {name: value for name, value in request.query_params.items() if name in ("sandbox", "refresh")}

        def link(path: str, **more: str) -> str:
            """An address of ours in the page's language."""
            query = {**({"lang": language} if language != LANGUAGES[0] else {}), **more}
            told = urlencode({name: value for name, value in query.items() if value})
            return f"{path}?{told}" if told else path

        other = LANGUAGES[1 - LANGUAGES.index(language)]
        page = self._environment.get_template(template).render(
            t=texts(language),
            lang=language,
            link=link,
            switch=f"{request.url.path}?{urlencode({**kept, 'lang': other})}",
            **values,
        )
        headers = {"content-security-policy": _POLICY, "referrer-policy": "no-referrer", "cache-control": "no-store"}
        return Response(page, status, headers, media_type="text/html; charset=utf-8")

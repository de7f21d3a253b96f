"""The control plane as one application: what comes in, what is shown, what can be moved."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from segur.console import errors
from segur.console.figures import Figures
from segur.console.fleet import Fleet
from segur.console.guard import Guard
from segur.console.levers import Levers
from segur.console.pages import Pages
from segur.console.settings import Settings
from segur.console.store import ConsoleStore
from segur.console.views import Views
from segur.kernel.errors import SegurError
from segur.kernel.openapi import openapi_route


def build_app(settings: Settings, store: ConsoleStore, fleet: Fleet, counted: Figures) -> ASGIApp:
    """The application."""
    levers = Levers(settings, store, fleet)
    pages = Pages(settings, store, fleet, levers)
    app = Starlette(
        routes=[
            openapi_route("/openapi.json", "segur.console"),
            *Views(store, fleet, counted).routes(),
            *levers.routes(),
            *pages.routes(),
        ],
        exception_handlers={SegurError: errors.problem, HTTPException: errors.problem},
    )
    return Guard(app, settings.control_hosts)

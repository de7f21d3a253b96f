"""What Pro Santé Connect is made of."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from segur.contracts.psc import ClientMisconfigured
from segur.kernel.errors import SegurError
from segur.kernel.openapi import openapi_route
from segur.kernel.service import Floor, Service
from segur_psc import faults
from segur_psc.clients import Annuaire, LogoutCalls, ProxyCalls
from segur_psc.context import Context, ProxyDesk, TrustSpace
from segur_psc.domain.addresses import REALM
from segur_psc.edges.answers import refused
from segur_psc.edges.back_door import BackDoor
from segur_psc.edges.browser_door import BrowserDoor
from segur_psc.edges.ciba_pages import CibaPages
from segur_psc.edges.client_pages import ClientPages
from segur_psc.edges.conformity_door import ConformityDoor
from segur_psc.edges.edc_door import EdcDoor
from segur_psc.edges.identity_pages import IdentityPages
from segur_psc.edges.logout_door import LogoutDoor
from segur_psc.edges.outage import Outage
from segur_psc.edges.paths import TolerantPaths
from segur_psc.edges.proxy_door import ProxyDoor
from segur_psc.edges.session_frame import SessionFrame
from segur_psc.jobs import jobs
from segur_psc.listeners import handlers
from segur_psc.operations.register_client import read_clients_file
from segur_psc.operations.seed_sandbox import seed_sandbox
from segur_psc.settings import Settings
from segur_psc.store.api_sessions import ApiSessions
from segur_psc.store.keys import KeyRing
from segur_psc.store.proxy_sessions import ProxySessions
from segur_psc.store.pushed import PushedRequests
from segur_psc.store.records import Records
from segur_psc.store.repeats import Repeats


async def _absent(_: Request, error: Exception) -> Response:
    """An address or a method PSC does not serve, in Keycloak's words and with a way on."""
    status = error.status_code if isinstance(error, HTTPException) else 404
    told = f"Every address is named in {REALM}/.well-known/wallet-openid-configuration"
    headers = error.headers if isinstance(error, HTTPException) else None
    return JSONResponse({"error": f"HTTP {status}", "error_description": told}, status, headers)


async def _refused(_: Request, error: Exception) -> Response:
    """A refusal no door has turned into its own form: the request could not even be read."""
    if not isinstance(error, SegurError):
        raise error
    return refused(error)


def build(settings: Settings) -> Service:
    """Pro Santé Connect, described."""
    floor = Floor.of("psc", settings)
    floor.faults.declare((*faults.POINTS, *faults.EDC_POINTS))
    if settings.psc_clients_file is not None:
        read_clients_file(settings.psc_clients_file)  # what cannot work is told before anything starts
    keys = KeyRing.of_home(settings.home, token_s=settings.psc_access_s, session_s=settings.psc_session_s)
    records = Records(floor.store, settings.psc_recent_s)
    repeats = Repeats[ClientMisconfigured](settings.psc_misconfigured_window_s)
    context = Context(floor, settings, records, keys, PushedRequests(floor.store), repeats)
    calls, annuaire = LogoutCalls(settings), Annuaire(settings)
    space = TrustSpace(context, ApiSessions(floor.store), KeyRing.of_home(settings.home / "psc-edc"))
    desk = ProxyDesk(context, ProxySessions(floor.store, settings.home), ProxyCalls(settings))
    app = Starlette(
        routes=[
            openapi_route("/psc/openapi.json", "segur_psc.edges"),
            *BackDoor(context).routes(),
            *BrowserDoor(context).routes(),
            *LogoutDoor(context).routes(),
            *SessionFrame(context).routes(),
            *CibaPages(context).routes(),
            *ClientPages(context).routes(),
            *IdentityPages(context, annuaire).routes(),
            *EdcDoor(space).routes(),
            *ConformityDoor(space).routes(),
            *ProxyDoor(desk).routes(),
        ],
        exception_handlers={HTTPException: _absent, SegurError: _refused},
    )

    async def seed(sandbox: str) -> None:
        await seed_sandbox(context, sandbox)

    return Service(
        floor,
        TolerantPaths(Outage(floor.faults, app)),
        handlers=handlers(context),
        seed=seed,
        jobs=jobs(context, calls),
        closing=[calls.close, annuaire.close, desk.calls.close],
    )

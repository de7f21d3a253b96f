"""Leaving: by the hint of a client, by its refresh token, or by the professional's own click [PSC digest 1.13]."""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from segur.kernel import request as present
from segur.kernel.errors import SegurError
from segur_psc import errors, faults
from segur_psc.context import Context
from segur_psc.domain.addresses import PROTOCOL
from segur_psc.domain.authorization import Destination
from segur_psc.edges import cookies
from segur_psc.edges.answers import refused
from segur_psc.edges.forms import Form, read_params
from segur_psc.edges.pages import NO_STORE, error_page, language_of, page
from segur_psc.operations.authenticate_client import authenticate_client
from segur_psc.operations.log_out import (
    LoggedOut,
    log_out_by_hint,
    log_out_by_refresh_token,
    log_out_here,
    return_address,
)
from segur_psc.operations.tell_refusal import tell_refusal


class LogoutDoor:
    """The end-session endpoint."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """One address."""
        return [Route(f"{PROTOCOL}/logout", self.logout, methods=["GET", "POST"])]

    async def logout(self, request: Request) -> Response:
        """End the session by hint, by refresh token (POST, with the client's credentials), or after a confirmation."""
        present.note(operation="logout")
        context, language = self._context, language_of(self._context, request)
        claimed = ""
        try:
            params = await read_params(request)
            language, claimed = language_of(context, request, params.get("ui_locales", "")), params.get("client_id", "")
            if await context.breaks(faults.LOGOUT_UNAVAILABLE, claimed):
                raise errors.UNAVAILABLE.error()
            if request.method == "POST" and params.get("refresh_token"):
                return await self._by_refresh_token(request, params)
            if not params.get("id_token_hint"):
                return await self._without_hint(request, params, language)
            done = await log_out_by_hint(context, params)
        except SegurError as error:
            await tell_refusal(context, error, claimed)
            return error_page(error, language)
        return await self._left(done, params.get("state", ""), claimed, language)

    async def _by_refresh_token(self, request: Request, params: Form) -> Response:
        claimed = params.get("client_id", "")
        try:
            client = await authenticate_client(self._context, params, request.headers.get("authorization", ""))
            claimed = client.id
            await log_out_by_refresh_token(self._context, client, params["refresh_token"])
        except SegurError as error:
            await tell_refusal(self._context, error, claimed)
            return refused(error)
        return Response(status_code=204, headers=NO_STORE)

    async def _without_hint(self, request: Request, params: Form, language: str) -> Response:
        """Without proof of who asks, the professional must say yes on a page of this browser."""
        context, browser = self._context, cookies.browser_secret(self._context, request)
        session = await context.records.session_of_cookie(cookies.read(context, request, cookies.SESSION))
        told = context.keys.unseal(params.get("confirmation", ""), "Logout")
        if told is None:
            client_id, state = params.get("client_id", ""), params.get("state", "")
            uri = await return_address(context, params, client_id)
        else:
            client_id, state, uri = str(told["client_id"]), str(told["state"]), str(told["uri"])
        if session is None or not session.active:
            return await self._left(LoggedOut(uri, ended=False), state, client_id, language)
        mine = told is not None and told["sid"] == session.sid and told["browser"] == _digest(browser)
        if request.method == "POST" and mine:
            return await self._left(await log_out_here(context, session, uri), state, client_id, language)
        sealed = {"typ": "Logout", "sid": session.sid, "browser": _digest(browser)}
        confirmation = context.keys.seal({**sealed, "client_id": client_id, "state": state, "uri": uri})
        action = f"{context.addresses.prefix}{PROTOCOL}/logout"
        answer = page("logout", language, leaves=bool(uri), closed=False, action=action, confirmation=confirmation)
        cookies.write(context, answer, cookies.BROWSER, browser)
        return answer

    async def _left(self, done: LoggedOut, state: str, client_id: str, language: str) -> Response:
        """The browser without its session: back at the service, by way of the frames of the others, or at our page."""
        context = self._context
        if state and done.uri and await context.breaks(faults.LOGOUT_STATE_MISSING, client_id):
            state = ""
        location = Destination("", done.uri).location({"state": state}) if done.uri and state else done.uri
        if location and done.ended and not done.frames:
            answer: Response = RedirectResponse(location, 302, NO_STORE)
        else:
            # a session that was over before is said: the address was checked, but nobody proved to have asked
            answer = page(
                "logout",
                language,
                frames=done.frames,
                closed=True,
                onward=location,
                hurry=done.ended and bool(location),
            )
        for kind in (cookies.SESSION, cookies.STATUS):
            cookies.write(context, answer, kind, "")
        return answer


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

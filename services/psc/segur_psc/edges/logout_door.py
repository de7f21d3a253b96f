"""Leaving: by the hint of a client, by its refresh token, or by the professional's own click [PSC digest 1.13]."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from segur.kernel import request as present
from segur.kernel.errors import SegurError
from segur_psc.context import Context
from segur_psc.domain.addresses import PROTOCOL
from segur_psc.domain.authorization import Destination
from segur_psc.edges import cookies
from segur_psc.edges.answers import refused
from segur_psc.edges.forms import Form, read_params
from segur_psc.edges.pages import NO_STORE, error_page, language_of, page
from segur_psc.operations.authenticate_client import authenticate_client
from segur_psc.operations.close_session import close_session
from segur_psc.operations.log_out import log_out_by_hint, log_out_by_refresh_token
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
        try:
            params = await read_params(request)
            if request.method == "POST" and params.get("refresh_token"):
                return await self._by_refresh_token(request, params)
            if not params.get("id_token_hint"):
                return await self._without_hint(request, params, language)
            uri = await log_out_by_hint(context, params)
        except SegurError as error:
            await tell_refusal(context, error, "")
            return error_page(error, language)
        if not uri:
            return self._gone(page("logout", language, closed=True))
        state = params.get("state", "")
        location = Destination("", uri).location({"state": state}) if state else uri
        return self._gone(RedirectResponse(location, 302, NO_STORE))

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
        if session is None or not session.active:
            return page("logout", language, closed=True)
        told = context.keys.unseal(params.get("confirmation", ""), "Logout")
        if request.method == "POST" and told is not None and told["sid"] == session.sid and told["browser"] == browser:
            await close_session(context, session, "logout")
            return self._gone(page("logout", language, closed=True))
        confirmation = context.keys.seal({"typ": "Logout", "sid": session.sid, "browser": browser})
        action = f"{context.addresses.prefix}{PROTOCOL}/logout"
        answer = page("logout", language, closed=False, action=action, confirmation=confirmation)
        cookies.write(context, answer, cookies.BROWSER, browser)
        return answer

    def _gone(self, answer: Response) -> Response:
        cookies.write(self._context, answer, cookies.SESSION, "")
        return answer

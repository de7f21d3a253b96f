"""What a browser meets: authorization, the login page, logout [PSC digest 1.4, 1.5, 1.13].

A login in progress lives in the page as a sealed token tied to a cookie of the browser that opened it, so that no other
site can post the form in somebody's name; nothing is stored for pages nobody finishes.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from segur.kernel import request as present
from segur.kernel.errors import SegurError
from segur_psc import errors
from segur_psc.context import Context
from segur_psc.domain.addresses import PROTOCOL, REALM
from segur_psc.domain.authorization import AuthorizationRequest, Destination, read_destination, read_request
from segur_psc.edges.back_door import NO_STORE, refused
from segur_psc.edges.forms import Form, read_form, read_params
from segur_psc.edges.pages import error_page, in_french, page
from segur_psc.operations.authenticate_client import authenticate_client
from segur_psc.operations.close_session import close_session
from segur_psc.operations.log_in import LoggedIn, find_login, log_in
from segur_psc.operations.log_out import log_out_by_hint, log_out_by_refresh_token
from segur_psc.operations.tell_refusal import tell_refusal

SESSION_COOKIE, BROWSER_COOKIE = "PSC_SESSION", "PSC_BROWSER"
_LOGIN_PATH = f"{REALM}/login-actions/authenticate"
_PAGE_LIFETIME_S = 1_800
_LISTED = 40


class BrowserDoor:
    """The endpoints with a page."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """The wallet's authorization page, the native one, the login form, logout."""
        both = ["GET", "POST"]
        return [
            Route("/auth", self.authorize, methods=both),
            Route(f"{PROTOCOL}/auth", self.authorize, methods=both),
            Route(_LOGIN_PATH, self.login, methods=["POST"]),
            Route(f"{PROTOCOL}/logout", self.logout, methods=both),
        ]

    async def authorize(self, request: Request) -> Response:
        """Answer from the browser's session, or show the login page."""
        present.note(operation="authorize")
        try:
            params = await read_params(request)
            to = await self._destination(params)
        except SegurError as error:
            await tell_refusal(self._context, error, "")
            return error_page(error)
        try:
            asked = read_request(params, to, duplicated=params.duplicated)
            found = await find_login(self._context, asked, request.cookies.get(SESSION_COOKIE, ""))
        except SegurError as error:
            return await self._send_refusal(to, error)
        if found is not None:
            return self._send_code(to, found)
        return await self._login_page(request, asked)

    async def login(self, request: Request) -> Response:
        """Take the login form: `id_nat`, optionally `means` (CARD, MOBILE) or `cancel`."""
        present.note(operation="login")
        form = await read_form(request)
        asked = self._unseal(form.get("attempt", ""), request)
        if asked is None:
            return error_page(errors.STALE_LOGIN.error())
        if form.get("cancel"):
            return await self._send_refusal(asked.to, errors.GAVE_UP.error())
        chosen = [value.strip() for value in form.listed("id_nat") if value.strip()]
        try:
            done = await log_in(self._context, asked, chosen[-1] if chosen else "", form.get("means", ""))
        except SegurError as error:
            await tell_refusal(self._context, error, asked.to.client_id)
            return await self._login_page(request, asked, error)
        return self._send_code(asked.to, done)

    async def logout(self, request: Request) -> Response:
        """End the session by hint, by refresh token (POST, with the client's credentials), or after a confirmation."""
        present.note(operation="logout")
        params = await read_params(request)
        if request.method == "POST" and params.get("refresh_token"):
            try:
                client = await authenticate_client(self._context, params, request.headers.get("authorization", ""))
                await log_out_by_refresh_token(self._context, client, params["refresh_token"])
            except SegurError as error:
                return refused(error)
            return Response(status_code=204, headers=NO_STORE)
        if not params.get("id_token_hint"):
            return await self._logout_without_hint(request, params)
        try:
            uri = await log_out_by_hint(self._context, params)
        except SegurError as error:
            return error_page(error)
        answer = page("logout", closed=True)
        if uri:
            state = params.get("state", "")
            location = Destination("", uri).location({"state": state}) if state else uri
            answer = RedirectResponse(location, 302, NO_STORE)
        answer.delete_cookie(SESSION_COOKIE, path=self._context.addresses.path)
        return answer

    async def _logout_without_hint(self, request: Request, params: Form) -> Response:
        """Without proof of who asks, the professional must say yes on a page of this browser."""
        context, browser = self._context, request.cookies.get(BROWSER_COOKIE, "")
        cookie = request.cookies.get(SESSION_COOKIE, "")
        session = await context.records.session_of_cookie(cookie)
        if session is None or not session.active:
            return page("logout", closed=True)
        told = context.keys.unseal(params.get("confirmation", ""), "Logout")
        if request.method == "POST" and told is not None and told["sid"] == session.sid and told["browser"] == browser:
            await close_session(context, session, "logout")
            answer = page("logout", closed=True)
            answer.delete_cookie(SESSION_COOKIE, path=context.addresses.path)
            return answer
        confirmation = context.keys.seal({"typ": "Logout", "sid": session.sid, "browser": browser})
        return page("logout", closed=False, action=context.addresses.protocol("logout"), confirmation=confirmation)

    async def _destination(self, params: Form) -> Destination:
        client = await self._context.records.client(params.get("client_id", ""))
        if client is None:
            raise errors.UNKNOWN_CLIENT.error()
        return read_destination(params, client.id, client.redirect_uris)

    async def _send_refusal(self, to: Destination, error: SegurError) -> Response:
        if error.refusal is not errors.LOGIN_REQUIRED:
            await tell_refusal(self._context, error, to.client_id)
        answer = {"error": error.code}
        if error.text:
            answer["error_description"] = error.text
        if to.state:
            answer["state"] = to.state
        if self._context.settings.psc_response_iss:
            answer["iss"] = self._context.addresses.issuer
        return _sent(to, answer)

    def _send_code(self, to: Destination, done: LoggedIn) -> Response:
        answer = _sent(to, done.answer)
        if done.cookie:
            self._set_cookie(answer, SESSION_COOKIE, done.cookie)
        return answer

    async def _login_page(
        self, request: Request, asked: AuthorizationRequest, error: SegurError | None = None
    ) -> Response:
        browser = request.cookies.get(BROWSER_COOKIE) or secrets.token_urlsafe(24)
        answer = page(
            "login",
            200 if error is None else 400,
            client=asked.to.client_id,
            message=in_french(error) if error is not None else "",
            action=self._context.addresses.issuer.removesuffix(REALM) + _LOGIN_PATH,
            attempt=self._seal(asked, browser),
            login_hint=asked.login_hint,
            people=[p for p in await self._context.records.list_people(_LISTED) if p.means() and not p.disabled],
        )
        self._set_cookie(answer, BROWSER_COOKIE, browser)
        return answer

    def _seal(self, asked: AuthorizationRequest, browser: str) -> str:
        sealed: dict[str, Any] = {
            "typ": "Login",
            "exp": self._context.now + _PAGE_LIFETIME_S,
            "sandbox": present.current_sandbox(),
            "browser": hashlib.sha256(browser.encode()).hexdigest(),
            "asked": asdict(asked),
        }
        return self._context.keys.seal(sealed)

    def _unseal(self, attempt: str, request: Request) -> AuthorizationRequest | None:
        """The request of a login page, None unless this browser was shown it here and not long ago."""
        told = self._context.keys.unseal(attempt, "Login")
        browser = request.cookies.get(BROWSER_COOKIE, "")
        if told is None or self._context.now >= told["exp"] or told["sandbox"] != present.current_sandbox():
            return None
        if told["browser"] != hashlib.sha256(browser.encode()).hexdigest():
            return None
        asked = told["asked"]
        return AuthorizationRequest(**{**asked, "to": Destination(**asked["to"]), "prompts": tuple(asked["prompts"])})

    def _set_cookie(self, answer: Response, name: str, value: str) -> None:
        addresses = self._context.addresses
        secure = addresses.base.startswith("https://")
        answer.set_cookie(name, value, path=addresses.path, secure=secure, httponly=True, samesite="lax")


def _sent(to: Destination, answer: dict[str, str]) -> Response:
    if to.response_mode == "form_post":
        return page("form_post", action=to.redirect_uri, fields=answer)
    return RedirectResponse(to.location(answer), 302, {**NO_STORE, "referrer-policy": "no-referrer"})

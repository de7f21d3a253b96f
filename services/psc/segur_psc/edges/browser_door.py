"""What a browser meets when a professional signs in: authorization and the login page [PSC digest 1.4, 1.5].

A login in progress lives in the page as a sealed token tied to a cookie of the browser that opened it, so that no other
site can post the form in somebody's name; nothing is stored for pages nobody finishes.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from segur.kernel import request as present
from segur.kernel.errors import SegurError
from segur_psc import errors, faults
from segur_psc.context import Context
from segur_psc.domain.addresses import LOGIN_PATH, PROTOCOL
from segur_psc.domain.authorization import AuthorizationRequest, Destination, read_destination, read_request
from segur_psc.domain.session import Client
from segur_psc.edges import cookies
from segur_psc.edges.forms import Form, read_form, read_params
from segur_psc.edges.pages import NO_STORE, error_page, language_of, page
from segur_psc.edges.texts import TEXTS, refusal_text
from segur_psc.operations.log_in import LoggedIn, find_login, log_in
from segur_psc.operations.push_request import answer_as_jwt, strictness_for
from segur_psc.operations.resolve_request import resolve_request
from segur_psc.operations.tell_refusal import tell_refusal

_PAGE_LIFETIME_S = 1_800
_LISTED = 40
_TRY_AGAIN = {errors.UNKNOWN_PROFESSIONAL}
"""Refusals of a login that the professional can mend on the page; the others go to the service."""


class BrowserDoor:
    """The endpoints of a login."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """The wallet's authorization page, the native one, the login form."""
        both = ["GET", "POST"]
        return [
            Route("/auth", self.authorize, methods=both),
            Route(f"{PROTOCOL}/auth", self.authorize, methods=both),
            Route(LOGIN_PATH, self.login, methods=["POST"]),
        ]

    async def authorize(self, request: Request) -> Response:
        """Answer from the browser's session, or show the login page."""
        present.note(operation="authorize")
        context, claimed, params = self._context, "", Form([])
        try:
            params = await read_params(request)
            claimed = params.get("client_id", "")
            if await context.floor.faults.delayed(faults.AUTHORIZE_UNAVAILABLE, actor=claimed):
                raise errors.UNAVAILABLE.error()
            client = await self._client(claimed)
            try:
                told = await resolve_request(context, client, params)
            except SegurError as error:
                if params.get("redirect_uri") not in client.redirect_uris:
                    raise
                return await self._send_refusal(
                    request, read_destination(params, client.id, client.redirect_uris), error
                )
            to = read_destination(told, client.id, client.redirect_uris)
        except SegurError as error:
            return await self._stopped(request, error, claimed, params.get("ui_locales", ""))
        try:
            strictness = await strictness_for(context, client)
            asked = read_request(told, to, duplicated=params.duplicated, strictness=strictness)
            found = await find_login(context, asked, cookies.read(context, request, cookies.SESSION))
        except SegurError as error:
            return await self._send_refusal(request, to, error)
        if found is not None:
            return self._send_code(request, to, found)
        if await context.breaks(faults.CANCELLED, client.id):
            return await self._send_refusal(request, to, errors.GAVE_UP.error())
        return await self._login_page(request, asked, client, wanted=asked.login_hint)

    async def login(self, request: Request) -> Response:
        """Take the login form.

        `id_nat` and optionally `means` (CARD, MOBILE), or both in `choice`; or `cancel`; or `search` and `language`,
        which show the page again.
        """
        present.note(operation="login")
        context = self._context
        try:
            form = await read_form(request)
            asked = self._unseal(form.get("attempt", ""), request)
            client = await self._client(asked.to.client_id)
        except SegurError as error:
            return await self._stopped(request, error, "")
        if form.get("cancel"):
            return await self._send_refusal(request, asked.to, errors.GAVE_UP.error())
        if "search" in form or "language" in form:
            wanted, language = form.get("search", ""), form.get("language", "")
            return await self._login_page(request, asked, client, wanted=wanted, language=language)
        means, _, id_nat = form.get("choice", "").partition(" ")
        id_nat, means = (form.get("id_nat", "") or id_nat).strip(), form.get("means", "") or means
        try:
            done = await log_in(context, asked, id_nat, means, cookies.read(context, request, cookies.SESSION))
        except SegurError as error:
            if error.refusal not in _TRY_AGAIN:
                return await self._send_refusal(request, asked.to, error)
            await tell_refusal(context, error, client.id)
            return await self._login_page(request, asked, client, error=error)
        return self._send_code(request, asked.to, done)

    async def _client(self, client_id: str) -> Client:
        client = await self._context.records.client(client_id)
        if client is None:
            raise errors.UNKNOWN_CLIENT.error()
        return client

    async def _stopped(self, request: Request, error: SegurError, client_id: str, ui_locales: str = "") -> Response:
        """What cannot be answered to the service is shown to the user."""
        await tell_refusal(self._context, error, client_id)
        return error_page(error, language_of(self._context, request, ui_locales))

    async def _send_refusal(self, request: Request, to: Destination, error: SegurError) -> Response:
        if error.refusal is not errors.LOGIN_REQUIRED:
            await tell_refusal(self._context, error, to.client_id)
        answer = {"error": error.code}
        if error.text:
            answer["error_description"] = error.text
        if to.state:
            answer["state"] = to.state
        if self._context.settings.psc_response_iss and not await self._context.breaks(faults.NO_ISS, to.client_id):
            answer["iss"] = self._context.addresses.issuer
        return self._sent(request, to, answer)

    def _send_code(self, request: Request, to: Destination, done: LoggedIn) -> Response:
        answer = self._sent(request, to, done.answer)
        if done.cookie:
            cookies.write(self._context, answer, cookies.SESSION, done.cookie)
        return answer

    async def _login_page(
        self,
        request: Request,
        asked: AuthorizationRequest,
        client: Client,
        *,
        wanted: str = "",
        language: str = "",
        error: SegurError | None = None,
    ) -> Response:
        context = self._context
        browser = cookies.browser_secret(context, request)
        shown = language if language in TEXTS else language_of(context, request, asked.ui_locales)
        people = await context.records.list_people(_LISTED + 1, wanted)
        answer = page(
            "login",
            shown,
            200 if error is None else 400,
            leaves=True,
            client=client.name or client.id,
            destination=urlsplit(asked.to.redirect_uri).netloc or asked.to.redirect_uri,
            message=refusal_text(error.refusal.name, shown) if error is not None else "",
            action=context.addresses.prefix + LOGIN_PATH,
            attempt=self._seal(asked, browser),
            wanted=wanted,
            people=[person for person in people[:_LISTED] if person.means() and not person.disabled],
            more=len(people) > _LISTED,
            switch="en" if shown == "fr" else "fr",
        )
        cookies.write(context, answer, cookies.BROWSER, browser)
        if language in TEXTS:
            cookies.write(context, answer, cookies.LANGUAGE, language)
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

    def _unseal(self, attempt: str, request: Request) -> AuthorizationRequest:
        """The request of a login page; raise `STALE_LOGIN` unless this browser was shown it, here and not long ago."""
        told = self._context.keys.unseal(attempt, "Login")
        browser = cookies.read(self._context, request, cookies.BROWSER)
        if told is None or self._context.now >= told["exp"] or told["sandbox"] != present.current_sandbox():
            raise errors.STALE_LOGIN.error()
        if told["browser"] != hashlib.sha256(browser.encode()).hexdigest():
            raise errors.STALE_LOGIN.error()
        asked = told["asked"]
        return AuthorizationRequest(**{**asked, "to": Destination(**asked["to"]), "prompts": tuple(asked["prompts"])})

    def _sent(self, request: Request, to: Destination, answer: dict[str, str]) -> Response:
        if to.as_jwt:
            answer = answer_as_jwt(self._context, to, answer)
        if to.channel == "form_post":
            language = language_of(self._context, request)
            return page("form_post", language, leaves=True, action=to.redirect_uri, fields=answer)
        if self._context.floor.faults.strikes(faults.STATE_LOST, actor=to.client_id):
            return page("elsewhere", language_of(self._context, request), leaves=True, location=to.location(answer))
        return RedirectResponse(to.location(answer), 302, {**NO_STORE, "referrer-policy": "no-referrer"})

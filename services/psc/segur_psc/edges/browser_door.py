"""What a browser meets when a professional signs in: authorization and the login pages [PSC digest 1.4, 1.5]."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segur.kernel import request as present
from segur.kernel.errors import SegurError
from segur_psc import errors, faults
from segur_psc.context import Context
from segur_psc.domain.addresses import LOGIN_PATH, PROTOCOL
from segur_psc.domain.authorization import AuthorizationRequest, read_destination, read_request
from segur_psc.domain.session import CARD, Client
from segur_psc.edges import cookies
from segur_psc.edges.attempts import Attempt, unseal
from segur_psc.edges.forms import Form, read_form, read_params
from segur_psc.edges.local_provider import LocalProvider
from segur_psc.edges.login_pages import LoginPages
from segur_psc.edges.phone_wait import PhoneWait
from segur_psc.edges.returns import Returns
from segur_psc.operations.log_in import continue_session, find_login, held_session, log_in
from segur_psc.operations.push_request import strictness_for
from segur_psc.operations.resolve_request import resolve_request
from segur_psc.operations.tell_refusal import tell_refusal

TEST_PIN = "1234"
"""The code of every test card."""
_TRY_AGAIN = {errors.UNKNOWN_PROFESSIONAL, errors.WRONG_PIN}
"""Refusals of a login that the professional can mend on the page; the others go to the service."""

Step = Callable[[Request, Attempt, Client, Form], Awaitable[Response]]


class BrowserDoor:
    """The endpoints of a login."""

    def __init__(self, context: Context) -> None:
        self._context, self._returns = context, Returns(context)
        self._pages = LoginPages(context)
        self._phone = PhoneWait(context, self._pages, self._returns)
        self._local = LocalProvider(context, self._pages, self._returns)
        self._steps: dict[str, Step] = {
            "cards": self._pages.cards,
            "card": self._pages.card,
            "pin": self._enter_pin,
            "confirm": self._confirm,
            "ecps": self._phone.ask,
            "fi": self._local.show,
            "account": self._local.prove,
            "pair": self._local.pair,
        }

    def routes(self) -> list[Route]:
        """The wallet's authorization page, the native one, the login forms."""
        both = ["GET", "POST"]
        return [
            Route("/auth", self.authorize, methods=both),
            Route(f"{PROTOCOL}/auth", self.authorize, methods=both),
            Route(LOGIN_PATH, self.login, methods=["POST"]),
            *self._phone.routes(),
        ]

    async def authorize(self, request: Request) -> Response:
        """Answer from the browser's session, or show a page."""
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
                return await self._returns.refusal(
                    request, read_destination(params, client.id, client.redirect_uris), error
                )
            to = read_destination(told, client.id, client.redirect_uris)
        except SegurError as error:
            return await self._returns.stopped(request, error, claimed, params.get("ui_locales", ""))
        held = cookies.read(context, request, cookies.SESSION)
        try:
            strictness = await strictness_for(context, client)
            asked = read_request(told, to, duplicated=params.duplicated, strictness=strictness)
            hint = told.get("id_token_hint", "")
            asked = replace(asked, idp_hint=told.get("kc_idp_hint", ""), subject=self._subject(hint))
            found = await find_login(context, asked, held)
        except SegurError as error:
            return await self._returns.refusal(request, to, error)
        if found is not None:
            return self._returns.code(request, to, found)
        if await context.breaks(faults.CANCELLED, client.id):
            return await self._returns.refusal(request, to, errors.GAVE_UP.error())
        return await self._first_page(request, asked, client, held)

    async def _first_page(self, request: Request, asked: AuthorizationRequest, client: Client, held: str) -> Response:
        """Consent of who is signed in, the local provider the service names, or the login page."""
        session = await held_session(self._context, asked, held) if "consent" in asked.prompts else None
        person = await self._context.records.person(session.id_nat) if session is not None else None
        if person is not None:
            attempt = Attempt(asked, {"person": person.id_nat})
            return await self._pages.confirm(request, attempt, client, person)
        if asked.idp_hint in self._context.settings.psc_local_fis:
            return await self._local.show(request, Attempt(asked), client, Form([("fi", asked.idp_hint)]))
        return await self._pages.login(request, Attempt(asked), client, wanted=asked.login_hint or asked.subject)

    async def login(self, request: Request) -> Response:
        """Take a login form.

        `id_nat` and optionally `means` (CARD, MOBILE), or both in `choice`, sign in at once; `cancel` gives up;
        `search` and `language` show the page again; the names of `_steps` are the ways of the national page.
        """
        present.note(operation="login")
        context = self._context
        try:
            form = await read_form(request)
            attempt = unseal(context, form.get("attempt", ""), request)
            client = await self._client(attempt.asked.to.client_id)
        except SegurError as error:
            return await self._returns.stopped(request, error, "")
        asked = attempt.asked
        if form.get("cancel"):
            return await self._returns.refusal(request, asked.to, errors.GAVE_UP.error())
        try:
            for name, step in self._steps.items():
                if form.get(name):
                    return await step(request, attempt, client, form)
            if form.keys() & {"search", "language"}:
                wanted, language = form.get("search", ""), form.get("language", "")
                return await self._pages.login(request, Attempt(asked), client, wanted=wanted, language=language)
            means, _, id_nat = form.get("choice", "").partition(" ")
            id_nat, means = (form.get("id_nat", "") or id_nat).strip(), form.get("means", "") or means
            return await self._sign_in(request, attempt, id_nat, means)
        except SegurError as error:
            if error.refusal not in _TRY_AGAIN:
                return await self._returns.refusal(request, asked.to, error)
            await tell_refusal(context, error, client.id)
            if error.refusal is errors.WRONG_PIN:
                return await self._pages.card(request, attempt, client, form, error=error)
            return await self._pages.login(request, Attempt(asked), client, error=error)

    async def _enter_pin(self, request: Request, attempt: Attempt, client: Client, form: Form) -> Response:
        """The card of the page before, and its code."""
        if "card" not in attempt.step:
            raise errors.STALE_LOGIN.error()
        if form["pin"] != TEST_PIN:
            raise errors.WRONG_PIN.error()
        return await self._sign_in(request, attempt, attempt.step["card"], CARD)

    async def _confirm(self, request: Request, attempt: Attempt, client: Client, form: Form) -> Response:
        """The person of the page before goes on: with the session they are in, or with their hospital's account."""
        if attempt.step.get("provider"):
            return await self._local.enter(request, attempt)
        held = cookies.read(self._context, request, cookies.SESSION)
        session = await held_session(self._context, replace(attempt.asked, prompts=()), held)
        if session is None or session.id_nat != attempt.step.get("person"):
            return await self._pages.login(request, Attempt(attempt.asked), client)
        found = await continue_session(self._context, attempt.asked, session)
        if found is None:
            return await self._pages.login(request, Attempt(attempt.asked), client)
        return self._returns.code(request, attempt.asked.to, found)

    async def _sign_in(self, request: Request, attempt: Attempt, id_nat: str, means: str) -> Response:
        held = cookies.read(self._context, request, cookies.SESSION)
        done = await log_in(self._context, attempt.asked, id_nat, means, held)
        return self._returns.code(request, attempt.asked.to, done)

    async def _client(self, client_id: str) -> Client:
        client = await self._context.records.client(client_id)
        if client is None:
            raise errors.UNKNOWN_CLIENT.error()
        return client

    def _subject(self, hint: str) -> str:
        """Whom an `id_token_hint` names; raise `INVALID` for one that is not ours. Its age does not matter."""
        if not hint:
            return ""
        claims = self._context.keys.read(hint)
        if claims is None or claims.get("typ") != "ID":
            raise errors.INVALID.error(name="id_token_hint")
        return str(claims.get("SubjectNameID") or claims.get("preferred_username") or "")

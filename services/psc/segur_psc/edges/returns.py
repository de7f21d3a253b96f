"""How a login ends for the browser: back at the service with a code or an error, or on a page of ours."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from segur.kernel.errors import SegurError
from segur_psc import errors, faults
from segur_psc.context import Context
from segur_psc.domain.authorization import Destination
from segur_psc.edges import cookies
from segur_psc.edges.pages import NO_STORE, error_page, language_of, page
from segur_psc.operations.log_in import LoggedIn
from segur_psc.operations.push_request import answer_as_jwt
from segur_psc.operations.tell_refusal import tell_refusal


class Returns:
    """The three ends."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def stopped(self, request: Request, error: SegurError, client_id: str, ui_locales: str = "") -> Response:
        """What cannot be answered to the service is shown to the user."""
        await tell_refusal(self._context, error, client_id)
        return error_page(error, language_of(self._context, request, ui_locales))

    async def refusal(self, request: Request, to: Destination, error: SegurError) -> Response:
        """The service is told why not."""
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

    def code(self, request: Request, to: Destination, done: LoggedIn) -> Response:
        """The service gets its code; the browser its session, under a new secret after each login."""
        answer = self._sent(request, to, done.answer)
        if done.cookie:
            cookies.write(self._context, answer, cookies.SESSION, done.cookie)
            cookies.write(self._context, answer, cookies.STATUS, done.sid)
        return answer

    def _sent(self, request: Request, to: Destination, answer: dict[str, str]) -> Response:
        if to.as_jwt:
            answer = answer_as_jwt(self._context, to, answer)
        if to.channel == "form_post":
            language = language_of(self._context, request)
            return page("form_post", language, leaves=True, action=to.redirect_uri, fields=answer)
        if self._context.floor.faults.strikes(faults.STATE_LOST, actor=to.client_id):
            return page("elsewhere", language_of(self._context, request), leaves=True, location=to.location(answer))
        return RedirectResponse(to.location(answer), 302, {**NO_STORE, "referrer-policy": "no-referrer"})

"""The page that waits for the phone: it shows the number to find there, and asks again by itself, without a script."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from segur.kernel import request as present
from segur.kernel.errors import SegurError
from segur_psc import errors
from segur_psc.context import Context
from segur_psc.domain.addresses import LOGIN_PATH
from segur_psc.domain.session import Client
from segur_psc.edges import cookies
from segur_psc.edges.attempts import Attempt, digest
from segur_psc.edges.forms import Form, read_query
from segur_psc.edges.login_pages import LoginPages
from segur_psc.edges.pages import NO_STORE
from segur_psc.edges.returns import Returns
from segur_psc.operations.ask_phone import ask_phone, asked_of_phone, hear_phone
from segur_psc.operations.tell_refusal import tell_refusal

_PATH = LOGIN_PATH.removesuffix("authenticate") + "ecps"
_TRY_AGAIN = {errors.PHONE_REFUSED, errors.PHONE_SILENT, errors.CIBA_DEVICE_DOWN}


class PhoneWait:
    """From `ecps` on the login page to the answer of the phone."""

    def __init__(self, context: Context, pages: LoginPages, returns: Returns) -> None:
        self._context, self._pages, self._returns = context, pages, returns

    def routes(self) -> list[Route]:
        """One page."""
        return [Route(_PATH, self.wait)]

    async def ask(self, request: Request, attempt: Attempt, client: Client, form: Form) -> Response:
        """Send the number to the phone of `identifier` (idNat or RPPS) and go to the page that waits."""
        browser = digest(cookies.read(self._context, request, cookies.BROWSER))
        try:
            number = await ask_phone(self._context, attempt.asked, form.get("identifier", "").strip(), browser)
        except SegurError as error:
            if error.refusal not in _TRY_AGAIN:
                raise
            return await self._pages.login(request, Attempt(attempt.asked), client, error=error)
        address = f"{self._context.addresses.prefix}{_PATH}?{urlencode({'execution': number})}"
        return RedirectResponse(address, 303, NO_STORE)

    async def wait(self, request: Request) -> Response:
        """The number; once the phone has answered, back to the service or to the login page."""
        present.note(operation="login:ecps")
        context = self._context
        browser = digest(cookies.read(context, request, cookies.BROWSER))
        held = cookies.read(context, request, cookies.SESSION)
        try:
            known, asked = await asked_of_phone(context, read_query(request).get("execution", ""), browser)
            client = await context.records.client(asked.to.client_id)
            if client is None:
                raise errors.UNKNOWN_CLIENT.error()
        except SegurError as error:
            return await self._returns.stopped(request, error, "")
        try:
            done = await hear_phone(context, known, asked, held)
        except SegurError as error:
            if error.refusal not in _TRY_AGAIN:
                return await self._returns.refusal(request, asked.to, error)
            if error.refusal is errors.PHONE_SILENT:  # a refusal on the phone was told when it was made
                await tell_refusal(context, error, client.id)
            return await self._pages.login(request, Attempt(asked), client, error=error)
        if done is not None:
            return self._returns.code(request, asked.to, done)
        phone = f"{context.addresses.base}/psc/ciba?{urlencode({'login_hint': known['id_nat']})}"
        return self._pages.shown(
            "phone_wait", request, Attempt(asked), client, number=known["binding_message"], phone=phone
        )

"""The pages of a login: the national one with its three means, cards, one card, and the confirmation."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from segur.kernel import request as present
from segur.kernel.errors import SegurError
from segur_psc.context import Context
from segur_psc.domain.addresses import LOGIN_PATH
from segur_psc.domain.session import Client, Person
from segur_psc.edges import cookies
from segur_psc.edges.attempts import Attempt, seal
from segur_psc.edges.forms import Form
from segur_psc.edges.pages import language_of, page
from segur_psc.edges.refusal_texts import refusal_text
from segur_psc.edges.texts import TEXTS

_LISTED = 40


class LoginPages:
    """Each page carries the attempt, and leads to the service in the end."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def login(
        self,
        request: Request,
        attempt: Attempt,
        client: Client,
        *,
        wanted: str = "",
        language: str = "",
        error: SegurError | None = None,
    ) -> Response:
        """The login page: card, e-CPS, delegation; below them everybody, one click each."""
        people = await self._context.records.list_people(_LISTED + 1, wanted)
        return self._shown(
            "login",
            request,
            attempt,
            client,
            language=language,
            error=error,
            destination=urlsplit(attempt.asked.to.redirect_uri).netloc or attempt.asked.to.redirect_uri,
            wanted=wanted,
            known_id=attempt.asked.login_hint or attempt.asked.subject,
            providers=self._context.settings.psc_local_fis,
            identities=f"{self._context.addresses.prefix}/psc/identities",
            presented=await self._presented(),
            people=[person for person in people[:_LISTED] if person.means() and not person.disabled],
            more=len(people) > _LISTED,
        )

    async def cards(self, request: Request, attempt: Attempt, client: Client, form: Form) -> Response:
        """The cards in the drawer; `search` narrows them."""
        wanted = form.get("search", "")
        people = await self._context.records.list_people(_LISTED + 1, wanted)
        cards = [person for person in people[:_LISTED] if person.card]
        return self._shown("cards", request, attempt, client, people=cards, wanted=wanted, more=len(people) > _LISTED)

    async def card(
        self, request: Request, attempt: Attempt, client: Client, form: Form, error: SegurError | None = None
    ) -> Response:
        """One card in the reader: what its certificate says, and the code to type."""
        id_nat = form.get("card", "") or attempt.step.get("card", "")
        person = await self._context.records.person(id_nat)
        if person is None or not person.card:
            return await self.cards(request, attempt, client, form)
        step = Attempt(attempt.asked, {"card": person.id_nat})
        return self._shown("card", request, step, client, person=person, claims=person.claims, error=error)

    async def confirm(
        self, request: Request, attempt: Attempt, client: Client, person: Person, *, provider: str = ""
    ) -> Response:
        """Somebody known says that they go on; on a shared workstation it may be somebody else who sits there."""
        return self._shown("confirm", request, attempt, client, person=person, provider=provider)

    def shown(self, template: str, request: Request, attempt: Attempt, client: Client, **values: Any) -> Response:
        """A page of another door of the login."""
        return self._shown(template, request, attempt, client, **values)

    async def _presented(self) -> Person | None:
        """The professional whose card certificate the browser shows, as with a real card in a real reader."""
        certificate = present.current().certificate
        if certificate is None or certificate.kind != "ps-auth":
            return None
        person = await self._context.records.person(certificate.common_name.split(" ")[-1])
        return person if person is not None and person.card else None

    def _shown(
        self,
        template: str,
        request: Request,
        attempt: Attempt,
        client: Client,
        *,
        language: str = "",
        error: SegurError | None = None,
        **values: Any,
    ) -> Response:
        context, browser = self._context, cookies.browser_secret(self._context, request)
        told = language if language in TEXTS else language_of(context, request, attempt.asked.ui_locales)
        answer = page(
            template,
            told,
            200 if error is None else 400,
            leaves=True,
            client=client.name or client.id,
            message=refusal_text(error.refusal.name, told) if error is not None else "",
            action=context.addresses.prefix + LOGIN_PATH,
            attempt=seal(context, attempt, browser),
            switch="en" if told == "fr" else "fr",
            **values,
        )
        cookies.write(context, answer, cookies.BROWSER, browser)
        if language in TEXTS:
            cookies.write(context, answer, cookies.LANGUAGE, language)
        return answer

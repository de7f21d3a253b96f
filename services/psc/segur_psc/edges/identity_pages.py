"""`/psc/identities`: a page and an API of ours for test identities, as EDIT is ANS's [PSC digest 1.1].

No secret stands before them, as nothing does on the login page; only another site's page may not press the button.
"""

from __future__ import annotations

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segur.kernel import request as present
from segur.kernel.errors import SegurError
from segur.vocab.professions import PROFESSION_LABELS
from segur_psc import errors
from segur_psc.clients import Annuaire
from segur_psc.context import Context
from segur_psc.edges import cookies
from segur_psc.edges.answers import answered, refused
from segur_psc.edges.forms import Form, check_own_page, read_body, read_form, read_query
from segur_psc.edges.pages import error_page, language_of, page
from segur_psc.edges.texts import TEXTS
from segur_psc.operations.create_identity import create_identity

_PATH = "/psc/identities"
_JSON = "application/json"
_TEXTS = ("profession", "family_name", "given_name", "speciality", "structure")
_SWITCHES = ("card", "has_ecps", "mailbox")


class IdentityPages:
    """One address: the form, and what comes of it."""

    def __init__(self, context: Context, annuaire: Annuaire) -> None:
        self._context, self._annuaire = context, annuaire

    def routes(self) -> list[Route]:
        """Under `/psc`, where nothing national lives."""
        return [Route(_PATH, self.show), Route(_PATH, self.create, methods=["POST"])]

    async def show(self, request: Request) -> Response:
        """The form."""
        present.note(operation="identity:page")
        language = read_query(request).get("language", "")
        answer = self._page(request, language)
        if language in TEXTS:
            cookies.write(self._context, answer, cookies.LANGUAGE, language)
        return answer

    async def create(self, request: Request) -> Response:
        """Create one, from the page's form or from JSON."""
        present.note(operation="identity:create")
        if request.headers.get("content-type", "").startswith(_JSON):
            return await self._from_json(request)
        try:
            check_own_page(request)
            form = await read_form(request)
        except SegurError as error:
            return error_page(error, language_of(self._context, request))
        asked: dict[str, object] = {name: form.get(name, "").strip() for name in _TEXTS}
        try:
            made = await create_identity(
                self._context, self._annuaire, asked | {name: name in form for name in _SWITCHES}
            )
        except SegurError as error:
            return self._page(request, error=error.text, filled=form, status=error.kind.value)
        return self._page(request, made=made)

    async def _from_json(self, request: Request) -> Response:
        try:
            check_own_page(request)
            try:
                asked = orjson.loads(await read_body(request))
            except orjson.JSONDecodeError as error:
                raise errors.BAD_IDENTITY.error(problem=f"The body is not JSON: {error}") from error
            return answered(await create_identity(self._context, self._annuaire, asked), 201)
        except SegurError as error:
            return refused(error)

    def _page(
        self,
        request: Request,
        language: str = "",
        *,
        made: dict[str, object] | None = None,
        error: str = "",
        filled: Form | None = None,
        status: int = 200,
    ) -> Response:
        shown = language if language in TEXTS else language_of(self._context, request)
        return page(
            "identities",
            shown,
            status,
            action=self._context.addresses.prefix + _PATH,
            professions=PROFESSION_LABELS,
            made=made,
            error=error,
            filled=filled if filled is not None else Form([(name, "1") for name in _SWITCHES]),
            switches=_SWITCHES,
            switch="en" if shown == "fr" else "fr",
        )

"""The pages that stand for a professional's phone (e-CPS) or card tool: what waits, approve or refuse.

They are SégurStack's own, and so is what makes them usable without a hand: a phone may answer by itself. No secret
stands before them: whoever opens them may be anyone, as on the login page; only another site's page may not.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from segur.kernel import request as present
from segur.kernel.errors import SegurError
from segur.kernel.store import Document
from segur_psc import errors
from segur_psc.context import Context
from segur_psc.domain.session import APPROVE, ASK, REFUSE, Person
from segur_psc.edges import cookies
from segur_psc.edges.answers import answered, refused
from segur_psc.edges.forms import Form, check_own_page, read_form, read_query
from segur_psc.edges.pages import NO_STORE, error_page, language_of, page
from segur_psc.edges.texts import TEXTS
from segur_psc.operations.ask_phone import choices
from segur_psc.operations.poll_ciba import answer_ciba, find_ciba, find_ciba_by_number

_PATH = "/psc/ciba"
_DECISIONS = {"approve": True, "refuse": False}
_ANSWERS = (ASK, APPROVE, REFUSE)
_LISTED = 40


class CibaPages:
    """`/psc/ciba`, whose phone; `/psc/ciba?login_hint=…`, what it shows; the two forms on it."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """One address per page and form."""
        return [
            Route(_PATH, self.phone),
            Route(f"{_PATH}/decision", self.decide, methods=["POST"]),
            Route(f"{_PATH}/answers", self.answer_by_itself, methods=["POST"]),
        ]

    async def phone(self, request: Request) -> Response:
        """What waits for the professional `login_hint`, newest first; JSON for those who accept only that."""
        present.note(operation="ciba:phone")
        context, query = self._context, read_query(request)
        person = await context.records.person(query.get("login_hint", "").strip())
        waiting = [] if person is None else await context.records.ciba.waiting(person.id_nat, context.now)
        requests = [await self._described(known) for known in waiting]
        if _wants_json(request):
            return answered({"requests": requests})
        language = query.get("language", "")
        shown = language if language in TEXTS else language_of(context, request)
        answer = await self._phone_page(person, requests, shown, query)
        if language in TEXTS:
            cookies.write(context, answer, cookies.LANGUAGE, language)
        return answer

    async def _phone_page(
        self, person: Person | None, requests: list[dict[str, Any]], language: str, query: Form
    ) -> Response:
        base = self._context.addresses.prefix + _PATH
        wanted = query.get("search", query.get("login_hint", ""))
        people = [] if person is not None else await self._context.records.list_people(_LISTED + 1, wanted)
        return page(
            "ciba",
            language,
            action=base,
            person=person,
            requests=requests,
            wanted=wanted,
            people=[other for other in people[:_LISTED] if other.means() and not other.disabled],
            more=len(people) > _LISTED,
            choices=_ANSWERS,
            switch="en" if language == "fr" else "fr",
        )

    async def decide(self, request: Request) -> Response:
        """Take `decision` (approve, approve-<number>, refuse) on `request`, the page's, or on an `auth_req_id`."""
        present.note(operation="ciba:decide")
        language = language_of(self._context, request)
        try:
            check_own_page(request)
            form = await read_form(request)
            if "request" in form:
                known = await find_ciba_by_number(self._context, form["request"])
            else:
                known = await find_ciba(self._context, form.get("auth_req_id", ""))
            decision, _, picked = form.get("decision", "").partition("-")
            if decision not in _DECISIONS:
                raise errors.INVALID.error(name="decision")
            # a request of the login page is approved by its number: a wrong one is a refusal
            matched = not choices(known) or picked == known["binding_message"]
            decided = await answer_ciba(self._context, known, approved=_DECISIONS[decision] and matched)
        except SegurError as error:
            return refused(error) if _wants_json(request) else error_page(error, language)
        if _wants_json(request):
            return answered({"status": decided["status"]})
        address = self._address(decided["id_nat"])
        return page("ciba_done", language, approved=decided["status"] == "approved", address=address)

    async def answer_by_itself(self, request: Request) -> Response:
        """Take `answers` (ask, approve, refuse) for the phone of `login_hint`, from now on."""
        present.note(operation="ciba:answers")
        try:
            check_own_page(request)
            form = await read_form(request)
            person = await self._context.records.person(form.get("login_hint", "").strip())
            if person is None:
                raise errors.CIBA_USER.error()
            if form.get("answers") not in _ANSWERS:
                raise errors.INVALID.error(name="answers")
            await self._context.records.change_person(person.id_nat, answers=form["answers"])
        except SegurError as error:
            if _wants_json(request):
                return refused(error)
            return error_page(error, language_of(self._context, request))
        if _wants_json(request):
            return answered({"login_hint": person.id_nat, "answers": form["answers"]})
        return RedirectResponse(self._address(person.id_nat), 303, NO_STORE)

    def _address(self, id_nat: str) -> str:
        return f"{self._context.addresses.prefix}{_PATH}?{urlencode({'login_hint': id_nat})}"

    async def _described(self, known: Document) -> dict[str, Any]:
        client = await self._context.records.client(known["client_id"])
        shown = {name: known[name] for name in ("client_id", "binding_message", "channel", "expires_at")}
        return {
            "request": known["jti"],
            "client_name": client.name if client is not None and client.name else known["client_id"],
            "choices": choices(known),
            **shown,
        }


def _wants_json(request: Request) -> bool:
    return request.headers.get("accept", "") == "application/json"

"""Pages that stand for the professional's phone (e-CPS) or card tool: what waits, and approve or refuse.

They are SégurStack's own. Knowing the `auth_req_id` is what holding the phone is: it is the one secret a form needs.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from segur.kernel import request as present
from segur.kernel.errors import SegurError
from segur.kernel.store import Document
from segur_psc.context import Context
from segur_psc.edges.forms import read_form, read_query
from segur_psc.edges.pages import error_page, page
from segur_psc.operations.poll_ciba import answer_ciba, find_ciba

_DECISIONS = {"approve": True, "refuse": False}


class CibaPages:
    """`/psc/ciba` and `/psc/ciba/{auth_req_id}`."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """The list and one request."""
        return [
            Route("/psc/ciba", self.waiting),
            Route("/psc/ciba/{auth_req_id}", self.show),
            Route("/psc/ciba/{auth_req_id}", self.decide, methods=["POST"]),
        ]

    async def waiting(self, request: Request) -> Response:
        """What waits for the professional `login_hint`, newest first; as JSON for those who accept only that."""
        hint = read_query(request).get("login_hint", "")
        context = self._context
        person = await context.records.person(hint) if hint else None
        found = await context.records.waiting_ciba(person.id_nat, context.now) if person is not None else []
        requests = [self._described(known) for known in found]
        if request.headers.get("accept", "") == "application/json":
            return JSONResponse({"requests": requests}, headers={"cache-control": "no-store"})
        return page("ciba_list", action=self._address(), login_hint=hint, requests=requests)

    async def show(self, request: Request) -> Response:
        """One request, with its two buttons."""
        auth_req_id = request.path_params["auth_req_id"]
        try:
            return await self._page(auth_req_id, await find_ciba(self._context, auth_req_id))
        except SegurError as error:
            return error_page(error)

    async def decide(self, request: Request) -> Response:
        """Take `decision`: approve or refuse; without it, the page is shown again with status 400."""
        present.note(operation="ciba:decide")
        auth_req_id = request.path_params["auth_req_id"]
        try:
            decision = (await read_form(request)).get("decision", "")
            if decision not in _DECISIONS:
                return await self._page(auth_req_id, await find_ciba(self._context, auth_req_id), 400)
            known = await answer_ciba(self._context, auth_req_id, approved=_DECISIONS[decision])
            return await self._page(auth_req_id, known)
        except SegurError as error:
            return error_page(error)

    def _address(self, auth_req_id: str = "") -> str:
        return present.current().base + "/psc/ciba" + (f"/{auth_req_id}" if auth_req_id else "")

    def _described(self, known: Document) -> dict[str, Any]:
        told = {
            "typ": "CIBA",
            "jti": known["jti"],
            "iss": self._context.addresses.issuer,
            "iat": known["created_at"],
            "exp": known["expires_at"],
        }
        shown = {name: known[name] for name in ("client_id", "binding_message", "channel", "expires_at")}
        auth_req_id = self._context.keys.seal(told)
        return {"auth_req_id": auth_req_id, "address": self._address(auth_req_id), **shown}

    async def _page(self, auth_req_id: str, known: Document, status: int = 200) -> Response:
        person = await self._context.records.person(known["id_nat"])
        return page(
            "ciba",
            status,
            status_name=known["status"],
            client=known["client_id"],
            name=person.name if person is not None else known["id_nat"],
            id_nat=known["id_nat"],
            channel=known["channel"],
            binding=known["binding_message"],
            action=self._address(auth_req_id),
        )

"""SégurStack's own pages about the realm: which services may sign people in, and with which keys PSC signs.

`/psc/clients` (a page; JSON for those who accept only that) and `/psc/keys`; `segur psc` calls the same. No secret
stands before them: whoever opens them may be anyone, as on the login page; only another site's page may not.
"""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segur.kernel import request as present
from segur.kernel.errors import SegurError
from segur_psc import errors
from segur_psc.context import Context
from segur_psc.domain.registration import described
from segur_psc.edges import cookies
from segur_psc.edges.answers import answered, refused
from segur_psc.edges.forms import Form, check_own_page, read_body, read_form, read_query
from segur_psc.edges.pages import error_page, language_of, page
from segur_psc.edges.texts import TEXTS
from segur_psc.operations.register_client import register_client, remove_client

_PATH = "/psc/clients"
_KEYS = "/psc/keys"
_JSON = "application/json"


class ClientPages:
    """The registry of clients, and the keys."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """Under `/psc`, where nothing national lives."""
        return [
            Route(_PATH, self.show),
            Route(_PATH, self.add, methods=["POST"]),
            Route(f"{_PATH}/removal", self.remove, methods=["POST"]),
            Route(f"{_PATH}/{{client_id}}", self.delete, methods=["DELETE"]),
            Route(_KEYS, self.keys),
            Route(f"{_KEYS}/rotation", self.rotate, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """The clients of the sandbox, and the form of a new one."""
        present.note(operation="clients")
        if _wants_json(request):
            return answered({"clients": [described(c) for c in await self._context.records.list_clients()]})
        query = read_query(request)
        answer = await self._page(request, query.get("language", ""))
        if query.get("language", "") in TEXTS:
            cookies.write(self._context, answer, cookies.LANGUAGE, query["language"])
        return answer

    async def add(self, request: Request) -> Response:
        """Register a client, from the page's form or from a JSON registration."""
        present.note(operation="register")
        try:
            check_own_page(request)
            if request.headers.get("content-type", "").startswith(_JSON):
                return answered(await register_client(self._context, _parsed(await read_body(request))), 201)
            form = await read_form(request)
        except SegurError as error:
            return refused(error) if _wants_json(request) else error_page(error, language_of(self._context, request))
        try:
            made = await register_client(self._context, _registration(form))
        except SegurError as error:
            return await self._page(request, error=error.text, filled=form)
        return await self._page(request, made=made)

    async def remove(self, request: Request) -> Response:
        """The page's button beside a client."""
        present.note(operation="unregister")
        try:
            check_own_page(request)
            await remove_client(self._context, (await read_form(request)).get("client_id", ""))
        except SegurError as error:
            return error_page(error, language_of(self._context, request))
        return await self._page(request)

    async def delete(self, request: Request) -> Response:
        """Forget a client."""
        present.note(operation="unregister")
        try:
            check_own_page(request)
            await remove_client(self._context, request.path_params["client_id"])
        except SegurError as error:
            return refused(error)
        return Response(status_code=204)

    async def keys(self, _: Request) -> Response:
        """The realm's keys: which signs, which are only published still."""
        present.note(operation="keys")
        return answered({"keys": self._context.keys.described()})

    async def rotate(self, request: Request) -> Response:
        """Sign with a new key from now on; the old one stays published until its last token has expired."""
        present.note(operation="rotate")
        try:
            check_own_page(request)
        except SegurError as error:
            return refused(error)
        kid = await asyncio.to_thread(self._context.keys.rotate)
        return answered({"kid": kid, "keys": self._context.keys.described()})

    async def _page(
        self,
        request: Request,
        language: str = "",
        *,
        made: dict[str, Any] | None = None,
        error: str = "",
        filled: Form | None = None,
    ) -> Response:
        shown = language if language in TEXTS else language_of(self._context, request)
        base = self._context.addresses.prefix
        return page(
            "clients",
            shown,
            400 if error else 201 if made else 200,
            action=base + _PATH,
            clients=await self._context.records.list_clients(),
            made=made,
            error=error,
            filled=filled or Form([]),
            discovery=f"{self._context.addresses.issuer}/.well-known/wallet-openid-configuration",
            switch="en" if shown == "fr" else "fr",
        )


def _registration(form: Form) -> dict[str, Any]:
    """The fields of the page as a registration; addresses stand one a line."""
    asked: dict[str, Any] = {name: form[name].strip() for name in _TEXTS if form.get(name, "").strip()}
    for name in ("redirect_uris", "post_logout_redirect_uris"):
        asked[name] = form.get(name, "").split()
    asked["tls_client_certificate_bound_access_tokens"] = "bound" in form
    if "ciba" in form:
        asked["backchannel_token_delivery_mode"] = "poll"  # noqa: S105 - the delivery mode of CIBA, not a secret
    if "userinfo_jwt" in form:
        asked["userinfo_signed_response_alg"] = "RS256"
    return asked


_TEXTS = (
    "client_id", "client_secret", "client_name", "policy", "pkce", "tls_client_auth_subject_dn",
    "backchannel_logout_uri", "frontchannel_logout_uri",
)  # fmt: skip


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise errors.BAD_REGISTRATION.error(problem=f"The body is not JSON: {error}") from error


def _wants_json(request: Request) -> bool:
    accepted = request.headers.get("accept", "")
    return _JSON in accepted and "text/html" not in accepted

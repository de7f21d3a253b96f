"""The session iframe: a service's page asks, without any call to PSC, whether the login is still the same one.

OpenID Connect Session Management 1.0, as Keycloak does it: the page posts `<client_id> <session_state>` to the frame,
which answers `unchanged`, `changed` or `error` from the cookie PSC_STATUS. This one page may be framed.
"""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segur.kernel import request as present
from segur.kernel.errors import SegurError
from segur_psc import errors
from segur_psc.context import Context
from segur_psc.domain.addresses import PROTOCOL
from segur_psc.edges import cookies
from segur_psc.edges.answers import refused
from segur_psc.edges.forms import read_query
from segur_psc.edges.pages import NO_STORE, bare, origin_of

_PATH = f"{PROTOCOL}/login-status-iframe.html"


class SessionFrame:
    """The frame, and the question it asks PSC once: may this origin ask for this client?"""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """The page and its `init`, as in Keycloak."""
        return [Route(_PATH, self.frame), Route(f"{_PATH}/init", self.init)]

    async def frame(self, request: Request) -> Response:
        """The page."""
        present.note(operation="session_frame")
        nonce = secrets.token_urlsafe(16)
        init = f"{self._context.addresses.prefix}{_PATH}/init"
        body = bare("session_frame", nonce=nonce, init=init, cookie=cookies.name_of(self._context, cookies.STATUS))
        policy = f"default-src 'none'; script-src 'nonce-{nonce}'; connect-src 'self'; base-uri 'none'"
        headers = {"content-security-policy": policy, "x-content-type-options": "nosniff", **NO_STORE}
        return Response(body, 200, headers, "text/html; charset=utf-8")

    async def init(self, request: Request) -> Response:
        """204 when a page of `origin` belongs to `client_id` (it shares its origin with a redirect URI), else 403."""
        present.note(operation="session_frame")
        try:
            query = read_query(request)
            client = await self._context.records.client(query.get("client_id", ""))
            registered = client.redirect_uris if client is not None else ()
            known = {origin_of(uri) for uri in registered if urlsplit(uri).netloc}
            if query.get("origin", "") not in known:
                raise errors.FOREIGN_ORIGIN.error()
        except SegurError as error:
            return refused(error)
        return Response(status_code=204, headers=NO_STORE)

"""What services call: discovery, keys, token, userinfo, introspection, revocation, CIBA [PSC digest 1.3, 1.7, 1.16]."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from segur.kernel import request as present
from segur.kernel.errors import Kind, SegurError
from segur_psc import errors, faults
from segur_psc.context import Context
from segur_psc.domain.addresses import CIBA_GRANT, PROTOCOL, REALM, discovery
from segur_psc.domain.session import Client
from segur_psc.edges.forms import Form, read_form
from segur_psc.operations.ask_ciba import ask_ciba
from segur_psc.operations.authenticate_client import authenticate_client, claimed_client
from segur_psc.operations.exchange_code import exchange_code
from segur_psc.operations.poll_ciba import poll_ciba
from segur_psc.operations.refresh_session import refresh_session
from segur_psc.operations.revoke_token import revoke_token
from segur_psc.operations.tell_refusal import tell_refusal
from segur_psc.operations.verify_token import introspect, read_userinfo

NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}
_GRANTS: dict[str, Callable[[Context, Client, Form], Awaitable[dict[str, Any]]]] = {
    "authorization_code": exchange_code,
    "refresh_token": refresh_session,
    CIBA_GRANT: poll_ciba,
}
_KNOWN_GRANTS = {
    "password", "client_credentials", "implicit", "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:token-exchange",
}  # fmt: skip


def refused(error: SegurError, headers: dict[str, str] | None = None) -> Response:
    """A refusal as OAuth writes it."""
    body = {"error": error.code, "error_description": error.text}
    return JSONResponse(body, error.kind.value, {**NO_STORE, **(headers or {})})


class BackDoor:
    """The endpoints without a page."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """Under the realm."""
        return [
            Route(f"{REALM}/.well-known/wallet-openid-configuration", self.wallet_document),
            Route(f"{REALM}/.well-known/openid-configuration", self.standard_document),
            Route(f"{PROTOCOL}/certs", self.certs),
            Route(f"{PROTOCOL}/token", self.token, methods=["POST"]),
            Route(f"{PROTOCOL}/userinfo", self.userinfo, methods=["GET", "POST"]),
            Route(f"{PROTOCOL}/token/introspect", self.introspection, methods=["POST"]),
            Route(f"{PROTOCOL}/revoke", self.revocation, methods=["POST"]),
            Route(f"{PROTOCOL}/ext/ciba/auth", self.ciba, methods=["POST"]),
        ]

    async def wallet_document(self, _: Request) -> Response:
        """The discovery document ANS asks clients to use."""
        return self._document(wallet=True)

    async def standard_document(self, _: Request) -> Response:
        """The discovery document at the standard path."""
        return self._document(wallet=False)

    def _document(self, *, wallet: bool) -> Response:
        iss = self._context.settings.psc_response_iss
        return JSONResponse(discovery(self._context.addresses, wallet=wallet, response_iss=iss))

    async def certs(self, _: Request) -> Response:
        """The realm's public keys."""
        return JSONResponse(self._context.keys.public)

    async def token(self, request: Request) -> Response:
        """Tokens for a code, a refresh token or an approved CIBA request."""
        claimed = ""
        try:
            form = await read_form(request)
            authorization = request.headers.get("authorization", "")
            claimed, _ = claimed_client(form, authorization)
            if await self._context.floor.faults.delayed(faults.TOKEN_UNAVAILABLE, actor=claimed):
                raise errors.UNAVAILABLE.error()
            client = await authenticate_client(self._context, form, authorization)
            return JSONResponse(await self._grant(client, form), headers=NO_STORE)
        except SegurError as error:
            await tell_refusal(self._context, error, claimed)
            return refused(error, _challenge(error))

    async def _grant(self, client: Client, form: Form) -> dict[str, Any]:
        name = form.get("grant_type", "")
        present.note(operation=f"token:{name.rpartition(':')[2][:40]}")
        if not name:
            raise errors.MISSING.error(name="grant_type")
        if name in _KNOWN_GRANTS:
            raise errors.GRANT_DISABLED.error(grant=name)
        if name not in _GRANTS:
            raise errors.UNSUPPORTED_GRANT.error()
        return await _GRANTS[name](self._context, client, form)

    async def userinfo(self, request: Request) -> Response:
        """The professional of an access token, in the header or, by POST, in the form."""
        present.note(operation="userinfo")
        try:
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer":
                token = (await read_form(request)).get("access_token", "") if request.method == "POST" else ""
            if await self._context.floor.faults.delayed(faults.USERINFO_UNAVAILABLE):
                raise errors.UNAVAILABLE.error()
            if not token.strip():
                raise errors.NO_TOKEN.error()
            return JSONResponse(await read_userinfo(self._context, token.strip()), headers=NO_STORE)
        except SegurError as error:
            told = f'Bearer realm="esante-wallet", error="{error.code}", error_description="{error.text}"'
            needs = error.kind in (Kind.UNAUTHENTICATED, Kind.FORBIDDEN)
            return refused(error, {"www-authenticate": told} if needs else None)

    async def introspection(self, request: Request) -> Response:
        """Whether a token lives, and whose it is."""
        present.note(operation="introspect")

        async def act(_: Client, form: Form) -> Response:
            if not form.get("token"):
                raise errors.NO_TOKEN.error()
            return JSONResponse(await introspect(self._context, form["token"]), headers=NO_STORE)

        return await self._for_client(request, act)

    async def revocation(self, request: Request) -> Response:
        """Withdraw a token."""
        present.note(operation="revoke")

        async def act(client: Client, form: Form) -> Response:
            if not form.get("token"):
                raise errors.NO_TOKEN.error()
            await revoke_token(self._context, client, form["token"])
            return Response(status_code=200, headers=NO_STORE)

        return await self._for_client(request, act)

    async def ciba(self, request: Request) -> Response:
        """Ask for a login on another device."""
        present.note(operation="ciba")

        async def act(client: Client, form: Form) -> Response:
            return JSONResponse(await ask_ciba(self._context, client, form), headers=NO_STORE)

        return await self._for_client(request, act, tell=True)

    async def _for_client(
        self, request: Request, act: Callable[[Client, Form], Awaitable[Response]], *, tell: bool = False
    ) -> Response:
        claimed = ""
        try:
            form = await read_form(request)
            authorization = request.headers.get("authorization", "")
            claimed, _ = claimed_client(form, authorization)
            return await act(await authenticate_client(self._context, form, authorization), form)
        except SegurError as error:
            if tell:
                await tell_refusal(self._context, error, claimed)
            return refused(error, _challenge(error))


def _challenge(error: SegurError) -> dict[str, str]:
    return {"www-authenticate": 'Basic realm="esante-wallet"'} if error.kind is Kind.UNAUTHENTICATED else {}

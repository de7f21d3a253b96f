"""What services call: discovery, keys, token, userinfo, introspection, revocation, CIBA, registration.

[PSC digest 1.3, 1.7, 1.11, 1.12, 1.14, 1.16]
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segur.kernel import request as present
from segur.kernel.errors import Refusal, SegurError
from segur_psc import errors, faults
from segur_psc.context import Context
from segur_psc.domain import discovery
from segur_psc.domain.addresses import PROTOCOL, REALM, REGISTRATION
from segur_psc.domain.session import Client
from segur_psc.edges.answers import answered, refused, refused_bearer, refused_client, signed
from segur_psc.edges.forms import Form, read_body, read_form
from segur_psc.operations.ask_ciba import ask_ciba
from segur_psc.operations.authenticate_client import authenticate_client, claimed_client
from segur_psc.operations.exchange_code import exchange_code
from segur_psc.operations.poll_ciba import poll_ciba
from segur_psc.operations.push_request import push_request
from segur_psc.operations.refresh_session import refresh_session
from segur_psc.operations.register_client import register_client
from segur_psc.operations.revoke_token import revoke_token
from segur_psc.operations.tell_refusal import tell_refusal
from segur_psc.operations.verify_token import introspect, read_userinfo, userinfo_jwt

Act = Callable[[Client, Form], Awaitable[Response]]
_GRANTS: dict[str, Callable[[Context, Client, Form], Awaitable[dict[str, Any]]]] = {
    "authorization_code": exchange_code,
    "refresh_token": refresh_session,
    discovery.CIBA_GRANT: poll_ciba,
}
_DISABLED_GRANTS: dict[str, Refusal] = {
    "password": errors.NO_PASSWORDS,
    "client_credentials": errors.NO_SERVICE_ACCOUNT,
    "urn:ietf:params:oauth:grant-type:device_code": errors.NO_DEVICES,
}
"""Grants Keycloak has and clients of PSC are not allowed."""


class BackDoor:
    """The endpoints without a page."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """Under the realm."""
        return [
            Route(f"{PROTOCOL}/token/introspect", self.introspection, methods=["POST"]),
            Route(f"{PROTOCOL}/userinfo", self.userinfo, methods=["GET", "POST"]),
            Route(f"{PROTOCOL}/token", self.token, methods=["POST"]),
            Route(f"{PROTOCOL}/certs", self.certs),
            Route(f"{PROTOCOL}/revoke", self.revocation, methods=["POST"]),
            Route(f"{PROTOCOL}/ext/ciba/auth", self.ciba, methods=["POST"]),
            Route(f"{PROTOCOL}/ext/par/request", self.pushed, methods=["POST"]),
            Route(f"{PROTOCOL}/auth/device", self.device, methods=["POST"]),
            Route(f"{REALM}/.well-known/wallet-openid-configuration", self.wallet_document),
            Route(f"{REALM}/.well-known/openid-configuration", self.standard_document),
            Route(REGISTRATION, self.registration, methods=["POST"]),
        ]

    async def wallet_document(self, _: Request) -> Response:
        """The discovery document ANS asks clients to use."""
        return self._document(wallet=True)

    async def standard_document(self, _: Request) -> Response:
        """The discovery document at the standard path."""
        return self._document(wallet=False)

    def _document(self, *, wallet: bool) -> Response:
        present.note(operation="discovery")
        settings = self._context.settings
        told = discovery.document(
            self._context.addresses,
            wallet=wallet,
            response_iss=settings.psc_response_iss,
            national=settings.psc_discovery == "national",
        )
        return answered(told, public=True)

    async def certs(self, _: Request) -> Response:
        """The realm's public keys."""
        present.note(operation="certs")
        told = self._context.keys.public
        if await self._context.breaks(faults.SIGNING_KEY_FIRST):
            told = {"keys": sorted(told["keys"], key=lambda key: key["use"], reverse=True)}
        return answered(told, public=True)

    async def token(self, request: Request) -> Response:
        """Tokens for a code, a refresh token or an approved CIBA request."""

        def check(form: Form) -> None:
            """Keycloak looks at the grant before it looks at the client."""
            name = form.get("grant_type", "")
            present.note(operation=f"token:{name.rpartition(':')[2][:40]}")
            if not name:
                raise errors.NO_GRANT.error()
            if name not in _GRANTS and name not in _DISABLED_GRANTS:
                raise errors.UNSUPPORTED_GRANT.error()

        async def act(client: Client, form: Form) -> Response:
            name = form["grant_type"]
            if name in _DISABLED_GRANTS:
                raise _DISABLED_GRANTS[name].error()
            return answered(await _GRANTS[name](self._context, client, form))

        return await self._for_client(request, act, check, fault=faults.TOKEN_UNAVAILABLE)

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
            told = await read_userinfo(self._context, token.strip())
            return signed(userinfo_jwt(self._context, told)) if told.signed else answered(told.claims)
        except SegurError as error:
            return refused_bearer(error)

    async def introspection(self, request: Request) -> Response:
        """Whether a token lives, and whose it is."""
        present.note(operation="introspect")

        async def act(_: Client, form: Form) -> Response:
            if not form.get("token"):
                raise errors.NO_TOKEN.error()
            return answered(await introspect(self._context, form["token"]))

        return await self._for_client(request, act, fault=faults.INTROSPECTION_UNAVAILABLE)

    async def revocation(self, request: Request) -> Response:
        """Withdraw a token."""
        present.note(operation="revoke")

        async def act(client: Client, form: Form) -> Response:
            if not form.get("token"):
                raise errors.NO_TOKEN.error()
            await revoke_token(self._context, client, form["token"])
            return Response(status_code=200, headers={"cache-control": "no-store"})

        return await self._for_client(request, act)

    async def ciba(self, request: Request) -> Response:
        """Ask for a login on another device."""
        present.note(operation="ciba")

        async def act(client: Client, form: Form) -> Response:
            return answered(await ask_ciba(self._context, client, form))

        return await self._for_client(request, act)

    async def pushed(self, request: Request) -> Response:
        """An authorization request handed in ahead of the browser (RFC 9126)."""
        present.note(operation="par")

        async def act(client: Client, form: Form) -> Response:
            return answered(await push_request(self._context, client, form), 201)

        return await self._for_client(request, act)

    async def device(self, request: Request) -> Response:
        """The device flow, which no client of PSC is allowed."""
        present.note(operation="device")

        async def act(_: Client, __: Form) -> Response:
            raise errors.NO_DEVICE_FLOW.error()

        return await self._for_client(request, act)

    async def registration(self, request: Request) -> Response:
        """Register a client (RFC 7591): a service of one's own, with its redirect URIs, in this sandbox."""
        present.note(operation="register")
        try:
            try:
                asked = orjson.loads(await read_body(request))
            except orjson.JSONDecodeError as error:
                raise errors.BAD_REGISTRATION.error(problem=f"The body is not JSON: {error}") from error
            return answered(await register_client(self._context, asked), 201)
        except SegurError as error:
            return refused(error)

    async def _for_client(
        self, request: Request, act: Act, check: Callable[[Form], None] | None = None, *, fault: str = ""
    ) -> Response:
        """The order all doors for clients share: form, claimed client, fault, proof, act."""
        context, claimed = self._context, ""
        try:
            form = await read_form(request)
            authorization = request.headers.get("authorization", "")
            claimed, secret = claimed_client(form, authorization)
            if fault and await context.floor.faults.delayed(fault, actor=claimed):
                raise errors.UNAVAILABLE.error()
            if check is not None:
                check(form)
            client = await authenticate_client(context, form, authorization)
            if form.duplicated:
                raise errors.DUPLICATED.error()
            form |= {"client_id": client.id, "client_secret": secret}  # whichever way they were told
            return await act(client, form)
        except SegurError as error:
            await tell_refusal(context, error, claimed)
            return refused_client(error)

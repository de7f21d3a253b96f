"""The authorization servers of API providers, one per realm, as the Espace de confiance has them [PSC digest 1.17].

Under `/realms/<realm>`, without the `/auth` of PSC: Keycloaks of another generation, with keys of their own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segur.contracts.psc_edc import ExchangeRefused
from segur.kernel import request as present
from segur.kernel.errors import Kind, SegurError
from segur.kernel.ids import new_id
from segur_psc import errors
from segur_psc.context import TrustSpace
from segur_psc.domain import exchange
from segur_psc.domain.providers import PROVIDERS, Provider
from segur_psc.edges.answers import answered, refused, refused_client
from segur_psc.edges.forms import Form, read_form
from segur_psc.operations.authenticate_client import authenticate_client, claimed_client
from segur_psc.operations.exchange_token import exchange_token
from segur_psc.operations.keep_api_session import introspect_api_token, refresh_api_token, revoke_api_token
from segur_psc.operations.tell_misconfigured import misconfigured

_REALM = "/auth/realms/{realm}"  # `TolerantPaths` has put the /auth before /realms
_PROTOCOL = f"{_REALM}/protocol/openid-connect"

Act = Callable[[Provider, Form, str], Awaitable[Response]]


class EdcDoor:
    """Token, introspection, revocation, keys and metadata of each provider."""

    def __init__(self, space: TrustSpace) -> None:
        self._space = space

    def routes(self) -> list[Route]:
        """To be put after PSC's own: they take every realm."""
        return [
            Route(f"{_PROTOCOL}/token", self.token, methods=["POST"]),
            Route(f"{_PROTOCOL}/token/introspect", self.introspection, methods=["POST"]),
            Route(f"{_PROTOCOL}/revoke", self.revocation, methods=["POST"]),
            Route(f"{_PROTOCOL}/certs", self.certs),
            Route(f"{_REALM}/.well-known/openid-configuration", self.metadata),
            Route(f"{_REALM}/.well-known/oauth-authorization-server", self.metadata),
        ]

    async def token(self, request: Request) -> Response:
        """An API token for a PSC token, or for a refresh token of ours."""

        async def act(provider: Provider, form: Form, authorization: str) -> Response:
            grant = form.get("grant_type", "")
            present.note(operation=f"{provider.realm}:token:{grant.rpartition(':')[2][:40]}")
            if not grant:
                raise errors.NO_GRANT.error()
            if grant == exchange.GRANT:
                return answered(await exchange_token(self._space, provider, form, authorization))
            if grant == "refresh_token":
                return answered(await refresh_api_token(self._space, provider, form, authorization))
            raise errors.UNSUPPORTED_GRANT.error()

        return await self._serve(request, act, told=True)

    async def introspection(self, request: Request) -> Response:
        """Whether an API token lives: for resource servers, any client of the registry, by secret or certificate."""

        async def act(provider: Provider, form: Form, authorization: str) -> Response:
            present.note(operation=f"{provider.realm}:introspect")
            await authenticate_client(self._space.psc, form, authorization)
            if not form.get("token"):
                raise errors.NO_TOKEN.error()
            return answered(await introspect_api_token(self._space, provider, form["token"]))

        return await self._serve(request, act)

    async def revocation(self, request: Request) -> Response:
        """Withdraw an API token."""

        async def act(provider: Provider, form: Form, authorization: str) -> Response:
            present.note(operation=f"{provider.realm}:revoke")
            await revoke_api_token(self._space, provider, form, authorization)
            return Response(status_code=200, headers={"cache-control": "no-store"})

        return await self._serve(request, act)

    async def certs(self, request: Request) -> Response:
        """The public keys of API tokens."""
        try:
            _provider(request)
        except SegurError as error:
            return refused(error)
        return answered(self._space.keys.public, public=True)

    async def metadata(self, request: Request) -> Response:
        """Where what is, and what works (RFC 8414)."""
        try:
            provider = _provider(request)
        except SegurError as error:
            return refused(error)
        issuer = self._space.issuer(provider)
        protocol = f"{issuer}/protocol/openid-connect"
        doors = {
            "token_endpoint": f"{protocol}/token",
            "introspection_endpoint": f"{protocol}/token/introspect",
            "revocation_endpoint": f"{protocol}/revoke",
        }
        told = {
            "issuer": issuer,
            **doors,
            "jwks_uri": f"{protocol}/certs",
            "grant_types_supported": [exchange.GRANT, "refresh_token"],
            "response_types_supported": [],
            "scopes_supported": list(provider.all_scopes),
            "token_endpoint_auth_methods_supported": ["tls_client_auth"],
            "introspection_endpoint_auth_methods_supported": [
                "client_secret_basic",
                "client_secret_post",
                "tls_client_auth",
            ],
            "revocation_endpoint_auth_methods_supported": ["tls_client_auth"],
            "tls_client_certificate_bound_access_tokens": True,
            "mtls_endpoint_aliases": doors,
        }
        return answered(told, public=True)

    async def _serve(self, request: Request, act: Act, *, told: bool = False) -> Response:
        """Realm, form, act; a refusal of the token endpoint is `told` as a fact."""
        claimed, realm = "", ""
        try:
            provider = _provider(request)
            realm = provider.realm
            form = await read_form(request)
            authorization = request.headers.get("authorization", "")
            claimed, _ = claimed_client(form, authorization)
            if form.duplicated:
                raise errors.DUPLICATED.error()
            return await act(provider, form, authorization)
        except SegurError as error:
            if told and realm and error.kind not in (Kind.BUSY, Kind.BROKEN):
                fact = ExchangeRefused(
                    attempt_id=new_id(),
                    realm=realm,
                    client_id=claimed[:100],
                    error=self._code(error),
                    description=error.text[:300],
                )
                mend = await misconfigured(self._space.psc, error, claimed)
                await self._space.psc.floor.store.commit([], [fact, *mend])
            if error.refusal is errors.EDC_SUBJECT_TOKEN:
                return answered({"error": self._code(error), "error_description": error.text}, error.kind.value)
            return refused_client(error)

    def _code(self, error: SegurError) -> str:
        """The error code; PSC digest 4.2 C13 leaves open which one an inactive PSC token gets."""
        if error.refusal is errors.EDC_SUBJECT_TOKEN:
            return self._space.psc.settings.psc_edc_subject_error
        return error.code


def _provider(request: Request) -> Provider:
    """The provider of the path; raise `EDC_NO_REALM`."""
    found = PROVIDERS.get(request.path_params["realm"])
    if found is None:
        raise errors.EDC_NO_REALM.error()
    return found

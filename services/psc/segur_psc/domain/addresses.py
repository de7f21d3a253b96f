"""Where PSC lives, seen from the address the caller used, and the two discovery documents [PSC digest 1.2, 1.3]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

REALM = "/auth/realms/esante-wallet"
PROTOCOL = f"{REALM}/protocol/openid-connect"

_SIGNING = [
    "PS384", "RS384", "EdDSA", "ES384", "HS256", "HS512", "ES256", "RS256", "HS384", "ES512", "PS256", "PS512", "RS512",
]  # fmt: skip
_ASYMMETRIC = [name for name in _SIGNING if not name.startswith("HS")]
_KEY_WRAPPING = ["RSA-OAEP", "RSA-OAEP-256", "RSA1_5"]
_CONTENT = ["A256GCM", "A192GCM", "A128GCM", "A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512"]
_AUTH_METHODS = [
    "private_key_jwt", "client_secret_basic", "client_secret_post", "tls_client_auth", "client_secret_jwt",
]  # fmt: skip
SCOPES = (
    "openid", "microprofile-jwt", "rpps", "referentiel", "web-origins", "basic", "identity", "acr", "offline_access",
    "eidas1", "profile", "roles", "email", "scope_all", "phone", "interop", "scope_1", "address", "scope_2", "eidas2",
)  # fmt: skip
"""Scopes a request may name; only `openid scope_all` has a business meaning [PSC digest 1.4]."""
RESPONSE_TYPES = (
    "code", "none", "id_token", "token", "id_token token", "code id_token", "code token", "code id_token token",
)  # fmt: skip
CIBA_GRANT = "urn:openid:params:grant-type:ciba"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Absolute addresses under `base` (scheme, host, port, sandbox prefix).

    Under the national test names the authorization page lives on the wallet host and all else on the auth host.
    """

    base: str

    @property
    def _auth(self) -> str:
        return self.base.replace("://wallet.", "://auth.", 1)

    @property
    def issuer(self) -> str:
        """`iss` of every token."""
        return self._auth + REALM

    @property
    def wallet(self) -> str:
        """The authorization page of the wallet."""
        return self._auth.replace("://auth.", "://wallet.", 1) + "/auth"

    def protocol(self, path: str) -> str:
        """An endpoint under `protocol/openid-connect/`."""
        return f"{self._auth}{PROTOCOL}/{path}"

    @property
    def path(self) -> str:
        """Path prefix of the base, for cookies: `/` or `/s/<sandbox>`."""
        rest = self.base.split("://", 1)[-1]
        return "/" + rest.partition("/")[2]


def discovery(addresses: Addresses, *, wallet: bool, response_iss: bool) -> dict[str, Any]:
    """The wallet's document, or the standard one, which names the native authorization page [PSC digest 1.3]."""
    back = {
        "token_endpoint": addresses.protocol("token"),
        "revocation_endpoint": addresses.protocol("revoke"),
        "introspection_endpoint": addresses.protocol("token/introspect"),
        "device_authorization_endpoint": addresses.protocol("auth/device"),
        "registration_endpoint": f"{addresses.issuer}/clients-registrations/openid-connect",
        "userinfo_endpoint": addresses.protocol("userinfo"),
        "pushed_authorization_request_endpoint": addresses.protocol("ext/par/request"),
        "backchannel_authentication_endpoint": addresses.protocol("ext/ciba/auth"),
    }
    document: dict[str, Any] = {
        "issuer": addresses.issuer,
        "authorization_endpoint": addresses.wallet if wallet else addresses.protocol("auth"),
        **back,
        "end_session_endpoint": addresses.protocol("logout"),
        "jwks_uri": addresses.protocol("certs"),
        "check_session_iframe": addresses.protocol("login-status-iframe.html"),
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "grant_types_supported": [
            "authorization_code", "implicit", "refresh_token", "password", "client_credentials", CIBA_GRANT,
            "urn:ietf:params:oauth:grant-type:device_code",
        ],
        "acr_values_supported": ["0", "0"],
        "response_types_supported": list(RESPONSE_TYPES),
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": _SIGNING,
        "userinfo_signing_alg_values_supported": [*_SIGNING, "none"],
        "request_object_signing_alg_values_supported": [*_SIGNING, "none"],
        "authorization_signing_alg_values_supported": _SIGNING,
        "response_modes_supported": [
            "query", "fragment", "form_post", "query.jwt", "fragment.jwt", "form_post.jwt", "jwt",
        ],
        "claims_supported": [
            "aud", "sub", "iss", "auth_time", "name", "given_name", "family_name", "preferred_username", "email", "acr",
        ],
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": True,
        "scopes_supported": list(SCOPES),
        "request_parameter_supported": True,
        "request_uri_parameter_supported": True,
        "require_request_uri_registration": True,
        "code_challenge_methods_supported": ["plain", "S256"],
        "tls_client_certificate_bound_access_tokens": True,
        "backchannel_token_delivery_modes_supported": ["poll", "ping"],
        "backchannel_authentication_request_signing_alg_values_supported": _ASYMMETRIC,
        "require_pushed_authorization_requests": False,
        "mtls_endpoint_aliases": back,
    }  # fmt: skip
    for door in ("token", "introspection", "revocation"):
        document[f"{door}_endpoint_auth_methods_supported"] = _AUTH_METHODS
        document[f"{door}_endpoint_auth_signing_alg_values_supported"] = _SIGNING
    for what in ("id_token", "userinfo", "request_object", "authorization"):
        document[f"{what}_encryption_alg_values_supported"] = _KEY_WRAPPING
        document[f"{what}_encryption_enc_values_supported"] = _CONTENT
    if response_iss:
        document["authorization_response_iss_parameter_supported"] = True
    return document

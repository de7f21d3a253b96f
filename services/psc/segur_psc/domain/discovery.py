"""The two discovery documents [PSC digest 1.3].

They say what works here. The real documents also promise what PSC does not offer (signed client assertions, the ping
mode) and what the emulator does not have; `national=True` repeats them to the letter, for those who want to see how
their library takes that.
"""

from __future__ import annotations

from typing import Any

from segur_psc.domain.addresses import Addresses

SCOPES = (
    "openid", "microprofile-jwt", "rpps", "referentiel", "web-origins", "basic", "identity", "acr", "offline_access",
    "eidas1", "profile", "roles", "email", "scope_all", "phone", "interop", "scope_1", "address", "scope_2", "eidas2",
)  # fmt: skip
"""Scopes a request may name; only `openid scope_all` has a business meaning [PSC digest 1.4]."""
RESPONSE_TYPES = (
    "code", "none", "id_token", "token", "id_token token", "code id_token", "code token", "code id_token token",
)  # fmt: skip
"""What Keycloak knows; clients of PSC have `code` only."""
CIBA_GRANT = "urn:openid:params:grant-type:ciba"

_SIGNING = [
    "PS384", "RS384", "EdDSA", "ES384", "HS256", "HS512", "ES256", "RS256", "HS384", "ES512", "PS256", "PS512", "RS512",
]  # fmt: skip
_KEY_WRAPPING = ["RSA-OAEP", "RSA-OAEP-256", "RSA1_5"]
_CONTENT = ["A256GCM", "A192GCM", "A128GCM", "A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512"]
_CLIENT_DOORS = ("token", "introspection", "revocation")


def document(addresses: Addresses, *, wallet: bool, response_iss: bool, national: bool = False) -> dict[str, Any]:
    """The wallet's document, or the standard one, which names the native authorization page.

    `response_iss` tells whether authorization responses carry `iss`; `national` adds the promises of the real document.
    """
    back = {
        "token_endpoint": addresses.protocol("token"),
        "revocation_endpoint": addresses.protocol("revoke"),
        "introspection_endpoint": addresses.protocol("token/introspect"),
        "registration_endpoint": f"{addresses.issuer}/clients-registrations/openid-connect",
        "userinfo_endpoint": addresses.protocol("userinfo"),
        "backchannel_authentication_endpoint": addresses.protocol("ext/ciba/auth"),
    }
    found: dict[str, Any] = {
        "issuer": addresses.issuer,
        "authorization_endpoint": addresses.wallet if wallet else addresses.protocol("auth"),
        **back,
        "end_session_endpoint": addresses.protocol("logout"),
        "jwks_uri": addresses.protocol("certs"),
        "frontchannel_logout_supported": False,
        "frontchannel_logout_session_supported": False,
        "backchannel_logout_supported": False,
        "backchannel_logout_session_supported": False,
        "grant_types_supported": ["authorization_code", "refresh_token", CIBA_GRANT],
        "acr_values_supported": ["0", "0"],  # as in the real document: twice, and not the one value accepted
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "claims_supported": [
            "aud", "sub", "iss", "auth_time", "given_name", "family_name", "preferred_username", "acr",
        ],
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": False,
        "scopes_supported": list(SCOPES),
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "require_request_uri_registration": False,
        "code_challenge_methods_supported": ["plain", "S256"],
        "tls_client_certificate_bound_access_tokens": True,
        "backchannel_token_delivery_modes_supported": ["poll"],
        "require_pushed_authorization_requests": False,
        "mtls_endpoint_aliases": back,
    }  # fmt: skip
    for door in _CLIENT_DOORS:
        found[f"{door}_endpoint_auth_methods_supported"] = [
            "client_secret_basic",
            "client_secret_post",
            "tls_client_auth",
        ]
    if national:
        found |= _promises(addresses, back)
    if response_iss:
        found["authorization_response_iss_parameter_supported"] = True
    return found


def _promises(addresses: Addresses, back: dict[str, str]) -> dict[str, Any]:
    """What the real document says beyond, or instead of, what works here."""
    more = {
        "device_authorization_endpoint": addresses.protocol("auth/device"),
        "pushed_authorization_request_endpoint": addresses.protocol("ext/par/request"),
    }
    found: dict[str, Any] = {
        **more,
        "check_session_iframe": addresses.protocol("login-status-iframe.html"),
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "grant_types_supported": [
            "authorization_code", "implicit", "refresh_token", "password", "client_credentials", CIBA_GRANT,
            "urn:ietf:params:oauth:grant-type:device_code",
        ],
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
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_uri_parameter_supported": True,
        "require_request_uri_registration": True,
        "backchannel_token_delivery_modes_supported": ["poll", "ping"],
        "backchannel_authentication_request_signing_alg_values_supported": [
            name for name in _SIGNING if not name.startswith("HS")
        ],
        "mtls_endpoint_aliases": back | more,
    }  # fmt: skip
    for door in _CLIENT_DOORS:
        found[f"{door}_endpoint_auth_methods_supported"] = [
            "private_key_jwt", "client_secret_basic", "client_secret_post", "tls_client_auth", "client_secret_jwt",
        ]  # fmt: skip
        found[f"{door}_endpoint_auth_signing_alg_values_supported"] = _SIGNING
    for what in ("id_token", "userinfo", "request_object", "authorization"):
        found[f"{what}_encryption_alg_values_supported"] = _KEY_WRAPPING
        found[f"{what}_encryption_enc_values_supported"] = _CONTENT
    return found

"""What a registration says (RFC 7591, OIDC Registration, RFC 8705) and what the client it makes is told.

Beyond the RFCs may be given: `client_id` and `client_secret`, for software whose configuration is fixed; `policy`
(SECRET, MTLS, BOTH), `pkce` (OPTIONAL, REQUIRED, S256) and `cnf_encoding` (hex, rfc8705).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from segur_psc import errors
from segur_psc.domain.session import PKCE_OPTIONAL, PKCE_REQUIRED, PKCE_S256, Client, secret_digest
from segur_psc.domain.tokens import HEX, RFC8705

SECRET, MTLS, BOTH = "SECRET", "MTLS", "BOTH"
_ID = re.compile(r"[A-Za-z0-9._~-]{1,100}")
_POLICIES = {"client_secret_basic": SECRET, "client_secret_post": SECRET, "tls_client_auth": MTLS}
_WEB = frozenset({"http", "https"})
_HOST = re.compile(r"[A-Za-z0-9._:\[\]-]+")
_NEVER = frozenset({"javascript", "data", "vbscript", "file", "blob", "about"})
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "k"})
_ONLY: Mapping[str, tuple[str, ...]] = {
    "subject_type": ("public",),
    "id_token_signed_response_alg": ("RS256",),
    "userinfo_signed_response_alg": ("RS256",),
    "backchannel_token_delivery_mode": ("poll",),
    "policy": (SECRET, MTLS, BOTH),
    "pkce": (PKCE_OPTIONAL, PKCE_REQUIRED, PKCE_S256),
    "cnf_encoding": (HEX, RFC8705),
    "token_endpoint_auth_method": tuple(_POLICIES),
}
"""Values a registration may choose among; the national document advertises more, which PSC does not offer."""
_NOT_OFFERED = (
    "id_token_encrypted_response_alg", "id_token_encrypted_response_enc", "userinfo_encrypted_response_alg",
    "userinfo_encrypted_response_enc", "request_object_encryption_alg", "request_object_encryption_enc",
    "authorization_encrypted_response_alg", "authorization_encrypted_response_enc", "jwks_uri", "request_uris",
    "sector_identifier_uri",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Registration:
    """A client to be kept, and its secret in clear, empty when it has none, told once."""

    client: Client
    secret: str

    def told(self) -> dict[str, Any]:
        """The registration answer, but for its time."""
        found = described(self.client)
        return found | ({"client_secret": self.secret, "client_secret_expires_at": 0} if self.secret else {})


def described(client: Client) -> dict[str, Any]:
    """A client in the words of a registration, without its secret."""
    found: dict[str, Any] = {
        "client_id": client.id,
        "client_name": client.name,
        "redirect_uris": client.redirect_uris,
        "post_logout_redirect_uris": client.logout_uris,
        "token_endpoint_auth_method": "tls_client_auth" if client.policy == MTLS else "client_secret_basic",
        "tls_client_certificate_bound_access_tokens": client.bound,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": "openid scope_all",
        "policy": client.policy,
        "pkce": client.pkce,
    }
    for name in ("backchannel_logout_uri", "frontchannel_logout_uri"):
        if uri := getattr(client, name):
            found |= {name: uri, name.replace("uri", "session_required"): True}
    if client.certificate_subject:
        found["tls_client_auth_subject_dn"] = client.certificate_subject
    if client.ciba:
        found["backchannel_token_delivery_mode"] = "poll"  # noqa: S105 - CIBA's delivery mode, not a secret
    if client.userinfo_jwt:
        found["userinfo_signed_response_alg"] = "RS256"
    if client.cnf_encoding:
        found["cnf_encoding"] = client.cnf_encoding
    if client.request_keys:
        found["jwks"] = {"keys": list(client.request_keys)}
    return found


def read_registration(asked: Any, fresh_id: str, fresh_secret: str) -> Registration:
    """The client asked for; raise `BAD_REGISTRATION` or `BAD_REGISTERED_URI` naming the field.

    `fresh_id` and `fresh_secret` are used where none are given. What is not known here is passed over (RFC 7591 2).
    """
    if not isinstance(asked, dict):
        raise errors.BAD_REGISTRATION.error(problem="The body is not a JSON object")
    client_id = _text(asked, "client_id") or fresh_id
    if not _ID.fullmatch(client_id):
        raise errors.BAD_REGISTRATION.error(problem="client_id: 1 to 100 letters, digits, '.', '_', '~' or '-'")
    chosen = {name: _chosen(asked, name) for name in _ONLY}
    for name in _NOT_OFFERED:
        if asked.get(name):
            raise errors.BAD_REGISTRATION.error(problem=f"{name}: not offered by PSC, leave it out")
    bound = asked.get("tls_client_certificate_bound_access_tokens", False)
    if not isinstance(bound, bool):
        raise errors.BAD_REGISTRATION.error(problem="tls_client_certificate_bound_access_tokens: true or false")
    policy = chosen["policy"] or _POLICIES[chosen["token_endpoint_auth_method"] or "client_secret_basic"]
    secret = "" if policy == MTLS else _text(asked, "client_secret") or fresh_secret
    client = Client(
        id=client_id,
        secret_sha256=secret_digest(secret) if secret else "",
        redirect_uris=_uris(asked, "redirect_uris"),
        logout_uris=_uris(asked, "post_logout_redirect_uris"),
        policy=policy,
        certificate_subject=_text(asked, "tls_client_auth_subject_dn"),
        bound=bound,
        ciba=bool(chosen["backchannel_token_delivery_mode"]),
        name=_text(asked, "client_name")[:100],
        backchannel_logout_uri=_logout_uri(asked, "backchannel_logout_uri"),
        frontchannel_logout_uri=_logout_uri(asked, "frontchannel_logout_uri"),
        pkce=chosen["pkce"] or PKCE_OPTIONAL,
        cnf_encoding=chosen["cnf_encoding"],
        userinfo_jwt=bool(chosen["userinfo_signed_response_alg"]),
        request_keys=_keys(asked),
    )
    if not (client.redirect_uris or client.ciba):
        raise errors.BAD_REGISTERED_URI.error(problem="redirect_uris: at least one, unless the client is for CIBA only")
    return Registration(client, secret)


def _text(asked: dict[str, Any], name: str) -> str:
    value = asked.get(name, "")
    if not isinstance(value, str) or len(value) > 1_000:
        raise errors.BAD_REGISTRATION.error(problem=f"{name}: a text of at most 1000 characters")
    return value


def _chosen(asked: dict[str, Any], name: str) -> str:
    value = _text(asked, name)
    if value and value not in _ONLY[name]:
        raise errors.BAD_REGISTRATION.error(problem=f"{name}: one of {', '.join(_ONLY[name])}")
    return value


def _keys(asked: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """Public keys by value; a private one is refused, for it would lie about in requests and backups."""
    given = asked.get("jwks", {"keys": []})
    keys = given.get("keys") if isinstance(given, dict) else None
    if not isinstance(keys, list) or len(keys) > 10 or not all(isinstance(key, dict) for key in keys):
        raise errors.BAD_REGISTRATION.error(problem="jwks: a JWK set of at most 10 keys")
    for key in keys:
        if key.get("kty") not in ("RSA", "EC") or _PRIVATE & set(key):
            raise errors.BAD_REGISTRATION.error(problem="jwks: public RSA or EC keys only")
        if not all(isinstance(name, str) and isinstance(value, str | list) for name, value in key.items()):
            raise errors.BAD_REGISTRATION.error(problem="jwks: the members of a key are texts")
    return tuple(keys)


def _uris(asked: dict[str, Any], name: str) -> tuple[str, ...]:
    values = asked.get(name, [])
    if not isinstance(values, list) or len(values) > 50 or not all(isinstance(value, str) for value in values):
        raise errors.BAD_REGISTERED_URI.error(problem=f"{name}: a list of at most 50 addresses")
    for value in values:
        parts = _split(value)
        # a scheme of an application's own needs no host; what a browser would run, or show by itself, is none
        if parts is None or not parts.scheme or parts.scheme in _NEVER or (_WEB & {parts.scheme} and not parts.netloc):
            raise errors.BAD_REGISTERED_URI.error(problem=f"{name}: {value[:200]!r} is not an absolute address")
        if "#" in value or "*" in value or any(char <= " " for char in value) or len(value) > 1_000:
            raise errors.BAD_REGISTERED_URI.error(
                problem=f"{name}: {value[:200]!r} holds a fragment, a wildcard or a blank, or is too long"
            )
    return tuple(values)


def _logout_uri(asked: dict[str, Any], name: str) -> str:
    """Where PSC itself calls, or what it frames: a plain web address, whose host goes into a header of the page."""
    value = _text(asked, name)
    parts = _split(value)
    if value and (parts is None or parts.scheme not in _WEB or not _HOST.fullmatch(parts.netloc) or "#" in value):
        raise errors.BAD_REGISTRATION.error(problem=f"{name}: an absolute http or https address without fragment")
    return value


def _split(value: str) -> SplitResult | None:
    try:
        return urlsplit(value)
    except ValueError:
        return None

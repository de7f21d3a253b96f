"""What an API provider's tokens say [PSC digest 1.17]; signing them is not done here."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from segur.wire.confirmation import thumbprint

Claims = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ApiSession:
    """What an exchange opened. `certificate` is the hexadecimal SHA-256 its tokens are bound to.

    `refresh_until` is in epoch seconds; `psc_sid` is the PSC session of the token that was exchanged; `software` what
    the actor token said of the LPS.
    """

    sid: str
    realm: str
    client_id: str
    id_nat: str
    psc_sid: str
    scope: str
    certificate: str
    refresh_until: int
    given_name: str = ""
    family_name: str = ""
    software: Mapping[str, str] = field(default_factory=dict)
    revoked: tuple[str, ...] = ()
    active: bool = True


def access_claims(session: ApiSession, issuer: str, encoding: str, *, jti: str, now: int, expires_at: int) -> Claims:
    """The API token, in the order and with the fields of the conformity server's."""
    return {
        "exp": expires_at,
        "iat": now,
        "jti": jti,
        "iss": issuer,
        "aud": ["account", session.client_id],
        "sub": local_subject(session.realm, session.id_nat),
        "typ": "Bearer",
        "azp": session.client_id,
        "session_state": session.sid,
        "acr": "1",
        "scope": session.scope,
        "sid": session.sid,
        "email_verified": False,
        "name": f"{session.given_name} {session.family_name}".strip(),
        "SubjectNameID": session.id_nat,
        "cnf": {"x5t#S256": thumbprint(session.certificate, encoding)},
        "preferred_username": session.id_nat,
        "given_name": session.given_name,
        "family_name": session.family_name,
        **({"act": dict(session.software)} if session.software else {}),
    }


def id_claims(claims: Claims) -> Claims:
    """The id_token beside an API token: for the client alone."""
    kept = {name: value for name, value in claims.items() if name not in ("scope", "cnf", "act")}
    return kept | {"typ": "ID", "aud": claims["azp"], "jti": f"{claims['jti']}-id"}


def refresh_claims(claims: Claims, expires_at: int) -> Claims:
    """The refresh token, for the authorization server itself."""
    kept = ("iat", "iss", "sub", "azp", "session_state", "scope", "sid", "cnf")
    return {name: claims[name] for name in kept} | {
        "exp": expires_at,
        "jti": f"{claims['jti']}-refresh",
        "aud": claims["iss"],
        "typ": "Refresh",
    }


def introspected(claims: Claims) -> Claims:
    """The active answer of the provider's introspection."""
    return claims | {"client_id": claims["azp"], "username": claims["preferred_username"], "active": True}


def local_subject(realm: str, id_nat: str) -> str:
    """`sub`: a UUID of the provider's own, the same for one professional every time."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:segurstack:edc:{realm}:{id_nat}"))

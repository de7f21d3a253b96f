"""What tokens say [PSC digest 1.9]; signing them is not done here."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

from segur_psc.domain.session import CARD, Session

Claims = dict[str, Any]
HEX, RFC8705 = "hex", "rfc8705"
"""The two ways tokens name a certificate [PSC digest 1.17]."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a set of tokens is issued for. `thumbprint` is the hexadecimal SHA-256 of a certificate to bind to."""

    session: Session
    client_id: str
    scope: str
    nonce: str
    issuer: str
    subject: str
    acr_policy: str
    thumbprint: str = ""
    cnf_encoding: str = HEX


def at_hash(token: str) -> str:
    """Left half of the SHA-256 of an access token, base64url (OIDC core 3.1.3.6)."""
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()[:16]).rstrip(b"=").decode()


def certificate_hash(thumbprint: str, encoding: str) -> str:
    """`x5t#S256` of a certificate whose SHA-256 is `thumbprint` (64 lower-case hexadecimal characters).

    As in the real tokens, base64 with padding of the hexadecimal text; or as RFC 8705 has it, base64url of the bytes.
    """
    if encoding == RFC8705:
        return base64.urlsafe_b64encode(bytes.fromhex(thumbprint)).rstrip(b"=").decode()
    return base64.b64encode(thumbprint.encode()).decode()


def names_certificate(claims: Claims, thumbprint: str) -> bool:
    """Whether a token may be used with the certificate (empty: none), in whichever way it is bound, if it is at all."""
    bound = claims.get("cnf", {}).get("x5t#S256")
    return bound is None or (
        bool(thumbprint) and bound in (certificate_hash(thumbprint, HEX), certificate_hash(thumbprint, RFC8705))
    )


def _times(grant: Grant, jti: str, now: int, expires_at: int) -> Claims:
    return {
        "exp": expires_at,
        "iat": now,
        "auth_time": grant.session.auth_time,
        "jti": jti,
        "iss": grant.issuer,
        "sub": grant.subject,
        "azp": grant.client_id,
        "nonce": grant.nonce,  # the empty string when there was none, as in real access tokens
        "session_state": grant.session.sid,
        "sid": grant.session.sid,
    }


def _acr(grant: Grant, *, access: bool) -> Claims:
    if grant.acr_policy == "absent":
        return {}
    if grant.acr_policy == "eidas2_for_card" and grant.session.means == CARD:
        return {"acr": "eidas2", "auth_level": "1"}
    if grant.acr_policy == "eidas3_in_access_token" and access:
        return {"acr": "eidas3"}
    return {"acr": "eidas1"}


def access_claims(grant: Grant, person: Claims, *, jti: str, now: int, expires_at: int) -> Claims:
    """The access token; no `aud`, as in the real ones."""
    bound = certificate_hash(grant.thumbprint, grant.cnf_encoding) if grant.thumbprint else ""
    return {
        **_times(grant, jti, now, expires_at),
        "typ": "Bearer",
        **_acr(grant, access=True),
        "authMode": grant.session.means,
        "scope": grant.scope,
        "email_verified": False,
        "otherIds": person["otherIds"],
        "SubjectNameID": grant.session.id_nat,
        "preferred_username": grant.session.id_nat,
        **({"cnf": {"x5t#S256": bound}} if bound else {}),
    }


def id_claims(grant: Grant, person: Claims, access_token: str, *, jti: str, now: int, expires_at: int) -> Claims:
    """The id_token; `aud` is a string, for one real client reads nothing else."""
    times = _times(grant, jti, now, expires_at)
    if not grant.nonce:
        del times["nonce"]
    return {
        **times,
        "aud": grant.client_id,
        "typ": "ID",
        "at_hash": at_hash(access_token),
        **_acr(grant, access=False),
        "SubjectNameID": grant.session.id_nat,
        "preferred_username": grant.session.id_nat,
        "given_name": person["given_name"],
        "family_name": person["family_name"],
    }


def refresh_claims(grant: Grant, *, jti: str, now: int, expires_at: int) -> Claims:
    """The refresh token, for PSC itself."""
    claims = _times(grant, jti, now, expires_at)
    del claims["auth_time"]
    return claims | {"aud": grant.issuer, "typ": "Refresh", "scope": grant.scope, "cnf_sha256": grant.thumbprint}


def introspected(claims: Claims) -> Claims:
    """The active answer of introspection [PSC digest 1.12]."""
    kept = (
        "exp", "iat", "auth_time", "jti", "iss", "sub", "typ", "azp", "nonce", "session_state", "sid", "authMode",
        "preferred_username", "SubjectNameID", "otherIds", "email_verified", "acr", "auth_level", "scope", "cnf",
    )  # fmt: skip
    answer = {name: claims[name] for name in kept if name in claims}
    return answer | {"client_id": claims["azp"], "username": claims["preferred_username"], "active": True}

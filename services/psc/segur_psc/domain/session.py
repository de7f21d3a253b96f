"""A professional's single sign-on session [PSC digest 1.8], and what a client of PSC is. Times in epoch seconds."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CARD, MOBILE, DELEGATION = "CARD", "MOBILE", "DELEGATION"
ASK, APPROVE, REFUSE = "ask", "approve", "refuse"
PKCE_OPTIONAL, PKCE_REQUIRED, PKCE_S256 = "OPTIONAL", "REQUIRED", "S256"


def secret_digest(secret: str) -> str:
    """How a secret is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Client:
    """A registered service. `policy` says how it proves itself: SECRET, MTLS or BOTH [PSC digest 1.7].

    `certificate_subject` is the RFC 4514 name its certificate must carry; empty takes any organisation certificate of
    the platform's authority. `bound` ties its access tokens to the certificate it showed.
    """

    id: str
    secret_sha256: str
    """Digest of its secret, empty for a client that has none: the secret itself is kept nowhere."""
    redirect_uris: tuple[str, ...] = ()
    logout_uris: tuple[str, ...] = ()
    policy: str = "BOTH"
    certificate_subject: str = ""
    bound: bool = False
    ciba: bool = False
    name: str = ""
    """What the login page calls the service; empty shows its id."""
    backchannel_logout_uri: str = ""
    """Where the service takes logout tokens; empty: nowhere."""
    frontchannel_logout_uri: str = ""
    """What PSC's logout page shows in a frame so that the service forgets its browser; empty: nothing."""
    pkce: str = PKCE_OPTIONAL
    """OPTIONAL, REQUIRED (either method) or S256 (that method only)."""
    cnf_encoding: str = ""
    """How its bound tokens name the certificate: hex, rfc8705, or empty for what the platform is set to."""
    userinfo_jwt: bool = False
    """User-info comes as a signed JWT."""
    request_keys: tuple[dict[str, Any], ...] = ()
    """Public keys (JWK) that may sign its request objects."""

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Client:
        """The client of a record, whose lists are tuples here; fields it does not have take their default."""
        kept = {name: record[name] for name in cls.__slots__ if name in record}
        told: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in kept.items()}
        return cls(**told)

    def knows(self, secret: str) -> bool:
        """Whether this is the client's secret, in a time that does not depend on how wrong it is."""
        return bool(self.secret_sha256) and hmac.compare_digest(secret_digest(secret), self.secret_sha256)

    def may_return_to(self, uri: str) -> bool:
        """Whether a logout may lead to this address."""
        return uri in self.logout_uris or uri in self.redirect_uris


@dataclass(frozen=True, slots=True)
class Session:
    """A login that lasts until it is closed, idle for too long, or at its longest."""

    sid: str
    id_nat: str
    means: str
    flow: str
    auth_time: int
    idle_until: int
    ends_at: int
    clients: tuple[str, ...]
    revoked: tuple[str, ...] = ()
    """`jti` of access tokens withdrawn one by one."""
    active: bool = True
    amr: tuple[str, ...] = ()
    """How a local identity provider said it proved the person (RFC 8176); empty for card and phone."""
    issuer: str = ""
    """The `iss` of its tokens: one platform has several addresses, and a logout token must carry the one known."""

    def alive(self, now: int) -> bool:
        """Whether the session can still be used."""
        return self.active and now < self.idle_until and now < self.ends_at


@dataclass(frozen=True, slots=True)
class Person:
    """A professional as PSC sees one: means of login and the user-info claims."""

    id_nat: str
    name: str
    profession: str
    place: str
    card: bool
    phone: bool
    claims: dict[str, object] = field(default_factory=dict)
    speciality: str = ""
    disabled: bool = False
    answers: str = ASK
    """What their phone or card does with a CIBA request: ask, approve or refuse (tests without a hand to press)."""

    @property
    def initials(self) -> str:
        """Two letters for a badge: `CR` for Dr Claire RAYONNET."""
        return "".join(word[0] for word in self.name.split()[-2:]).upper()

    def means(self, wanted: str = "") -> str:
        """The login means that will be used: `wanted` if the person has it, else one the person has, else empty."""
        owned = [name for name, has in ((CARD, self.card), (MOBILE, self.phone)) if has]
        if wanted:
            return wanted if wanted in owned else ""
        return owned[0] if owned else ""

"""What a session's end says to the services that were in it: logout tokens and front-channel addresses.

[PSC digest 1.13]; OpenID Connect Back-Channel Logout 1.0 (2.4, 2.5) and Front-Channel Logout 1.0 (3).
"""

from __future__ import annotations

from urllib.parse import urlencode

from segur_psc.domain.tokens import Claims

EVENT = "http://schemas.openid.net/event/backchannel-logout"
_LIFETIME_S = 120


def logout_claims(*, issuer: str, client_id: str, subject: str, sid: str, jti: str, now: int) -> Claims:
    """The logout token; it has no nonce, so that it cannot pass for an id_token."""
    return {
        "iat": now,
        "exp": now + _LIFETIME_S,
        "jti": jti,
        "iss": issuer,
        "aud": client_id,
        "sub": subject,
        "typ": "Logout",
        "sid": sid,
        "events": {EVENT: {}},
    }


def next_try_s(attempts: int, first_s: float) -> float:
    """How long to wait after `attempts` failed tries: four times longer each time."""
    return float(first_s * 4 ** (attempts - 1))


def front_channel_address(uri: str, issuer: str, sid: str) -> str:
    """What the logout page frames for a service: its own query is kept, `iss` and `sid` say which session."""
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode({'iss': issuer, 'sid': sid})}"

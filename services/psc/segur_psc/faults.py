"""Where Pro Santé Connect can break on purpose [PSC digest 4.1, 4.2]."""

from __future__ import annotations

from segur.kernel.faults import FaultPoint

AUTHORIZE_UNAVAILABLE = "psc.authorize.unavailable"
LOGIN_REFUSED = "psc.login.refused"
TOKEN_UNAVAILABLE = "psc.token.unavailable"  # noqa: S105 - a fault point's name, not a secret
USERINFO_UNAVAILABLE = "psc.userinfo.unavailable"
INTROSPECTION_UNAVAILABLE = "psc.introspection.unavailable"
CIBA_DEVICE_DOWN = "psc.ciba.device_down"
CIBA_PENDING = "psc.ciba.pending"

_503 = "HTTP 503 temporarily_unavailable"

POINTS = (
    FaultPoint(AUTHORIZE_UNAVAILABLE, "browser", "HTTP 503, an error page", "The login page cannot be shown."),
    FaultPoint(
        LOGIN_REFUSED,
        "browser",
        "error=access_denied on the redirect URI",
        "The card is revoked, or the professional was removed from the RPPS.",
    ),
    FaultPoint(TOKEN_UNAVAILABLE, "token", _503, "PSC gives out no tokens for a while."),
    FaultPoint(USERINFO_UNAVAILABLE, "userinfo", _503, "The user-info service is down."),
    FaultPoint(INTROSPECTION_UNAVAILABLE, "introspection", _503, "No API can learn whether a token lives."),
    FaultPoint(CIBA_DEVICE_DOWN, "ciba", "HTTP 503 server_error", "The phone or the card tool cannot be reached."),
    FaultPoint(
        CIBA_PENDING,
        "token",
        "HTTP 400 authorization_pending",
        "The professional takes their time: the approval is not seen yet, `count` polls long.",
    ),
)

"""Where Pro Santé Connect can break on purpose."""

from __future__ import annotations

from segur.kernel.faults import FaultPoint

TOKEN_UNAVAILABLE = "psc.token.unavailable"  # noqa: S105 - a fault point's name, not a secret
USERINFO_UNAVAILABLE = "psc.userinfo.unavailable"
CIBA_DEVICE_DOWN = "psc.ciba.device_down"

POINTS = (
    FaultPoint(TOKEN_UNAVAILABLE, "token", "HTTP 503 temporarily_unavailable", "PSC gives out no tokens for a while."),
    FaultPoint(USERINFO_UNAVAILABLE, "userinfo", "HTTP 503 temporarily_unavailable", "The user-info service is down."),
    FaultPoint(CIBA_DEVICE_DOWN, "ciba", "HTTP 503 server_error", "The phone or the card tool cannot be reached."),
)

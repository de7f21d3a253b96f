"""Outages of the whole, as the content network before Pro Santé Connect shows them: HTML, whatever was asked for.

[PSC digest 1.1, 4.1 P29]. A rule may name a client (`actor`, from the query or the Basic header) or an endpoint
(`operation`, the last word of its path); its `delay_ms` makes the answer slow.
"""

from __future__ import annotations

import base64
import binascii
from urllib.parse import parse_qs, unquote_plus

from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from segur.kernel.faults import FaultBoard
from segur_psc import faults

_STATUSES = {
    faults.BAD_GATEWAY: (502, "Bad Gateway"),
    faults.OUTAGE: (503, "Service Unavailable"),
    faults.GATEWAY_TIMEOUT: (504, "Gateway Timeout"),
}
_RETRY_AFTER_S = 30


class Outage:
    """Wraps an application; lets everything through while no rule is in force."""

    def __init__(self, board: FaultBoard, app: ASGIApp) -> None:
        self._board, self._app = board, app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http" and self._board.rules and scope["path"].startswith("/auth"):
            operation, client = scope["path"].rstrip("/").rpartition("/")[2], _client_of(scope)
            for point, (status, reason) in _STATUSES.items():
                if await self._board.delayed(point, actor=client, operation=operation):
                    page = f"<html><head><title>{reason}</title></head><body><h1>{status} {reason}</h1></body></html>"
                    retry = {"retry-after": str(_RETRY_AFTER_S)} if status == 503 else None
                    await HTMLResponse(page, status, retry)(scope, receive, send)
                    return
        await self._app(scope, receive, send)


def _client_of(scope: Scope) -> str:
    told = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
    scheme, _, encoded = told.partition(" ")
    if scheme.lower() == "basic":
        try:
            return unquote_plus(base64.b64decode(encoded, validate=True).decode().partition(":")[0])
        except (binascii.Error, UnicodeDecodeError):
            return ""
    query: str = scope["query_string"].decode("latin-1")
    return parse_qs(query).get("client_id", [""])[0]

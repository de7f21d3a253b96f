"""Tolerance for the addresses real clients build [PSC digest 1.2]: double slashes, and no `/auth` before `/realms`."""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Receive, Scope, Send

_SLASHES = re.compile(r"/{2,}")


class TolerantPaths:
    """Wraps an application and tidies the path it sees."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http":
            path = _SLASHES.sub("/", scope["path"])
            if path.startswith("/realms/"):
                path = "/auth" + path
            scope = {**scope, "path": path, "raw_path": path.encode()}
        await self._app(scope, receive, send)

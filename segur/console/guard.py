"""The control plane obeys this machine only.

It listens on loopback and asks for no password. A web page open in the user's browser could still send it requests, or
have a name of its own resolve to 127.0.0.1; both are told by `Host` and `Origin`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from segur.console import errors

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """Lets a request pass whose host is an address, a local or single-label name (compose), or in `hosts`."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app, self._hosts = app, frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http" and (reason := self._reason(scope)):
            refusal = errors.FOREIGN_PAGE.error(reason=reason)
            await errors.problem(Request(scope), refusal)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _reason(self, scope: Scope) -> str:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get(b"host", "")
        if not self._is_ours(urlsplit(f"//{host}").hostname or ""):
            return f"l'en-tête Host nomme « {host} »"
        origin = headers.get(b"origin", "")
        if origin and scope["method"] not in _READING and urlsplit(origin).netloc != host:
            return f"la page « {origin} » n'est pas la sienne"
        return ""

    def _is_ours(self, name: str) -> bool:
        if name in self._hosts or "." not in name.rstrip("."):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name.endswith(".localhost")
        return True

"""Where PSC lives, seen from the address the caller used [PSC digest 1.2]."""

from __future__ import annotations

import re
from dataclasses import dataclass

REALM = "/auth/realms/esante-wallet"
PROTOCOL = f"{REALM}/protocol/openid-connect"
LOGIN_PATH = f"{REALM}/login-actions/authenticate"
REGISTRATION = f"{REALM}/clients-registrations/openid-connect"

_NATIONAL = re.compile(
    r"(?P<scheme>https?://)(auth|wallet)\.(?P<domain>bas\.psc\.esante\.gouv\.fr)(?P<rest>(:\d+)?(/.*)?)"
)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Absolute addresses under `base` (scheme, host, port, sandbox prefix).

    Under the national test names the authorization page lives on the wallet host and all else on the auth host.
    """

    base: str

    def _on(self, host: str) -> str:
        match = _NATIONAL.fullmatch(self.base)
        return self.base if match is None else f"{match['scheme']}{host}.{match['domain']}{match['rest']}"

    @property
    def issuer(self) -> str:
        """`iss` of every token."""
        return self._on("auth") + REALM

    @property
    def wallet(self) -> str:
        """The authorization page of the wallet."""
        return self._on("wallet") + "/auth"

    def protocol(self, path: str) -> str:
        """An endpoint under `protocol/openid-connect/`."""
        return f"{self._on('auth')}{PROTOCOL}/{path}"

    @property
    def secure(self) -> bool:
        """Whether the caller came over TLS."""
        return self.base.startswith("https://")

    @property
    def prefix(self) -> str:
        """Path prefix of the base: empty or `/s/<sandbox>`."""
        _, slash, rest = self.base.partition("://")[2].partition("/")
        return slash + rest

    @property
    def cookie_domain(self) -> str | None:
        """Under the national names both hosts share the session; elsewhere a cookie stays with its host."""
        match = _NATIONAL.fullmatch(self.base)
        return None if match is None else match["domain"]

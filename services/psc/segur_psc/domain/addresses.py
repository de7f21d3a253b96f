"""Where PSC lives, seen from the address the caller used [PSC digest 1.2]."""

from __future__ import annotations

import re
from dataclasses import dataclass

REALM = "/auth/realms/esante-wallet"
PROTOCOL = f"{REALM}/protocol/openid-connect"
LOGIN_PATH = f"{REALM}/login-actions/authenticate"
REGISTRATION = f"{REALM}/clients-registrations/openid-connect"
DEFAULT_SANDBOX = "default"

_NATIONAL = re.compile(
    r"(?P<scheme>https?://)(auth|wallet)\.(?P<domain>bas\.psc\.esante\.gouv\.fr)(?P<rest>(:\d+)?(/.*)?)"
)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Absolute addresses under `base` (scheme, host, port, sandbox prefix), the address the caller used.

    `public` (the same, without prefix), where it is set, is what documents and tokens say instead, whatever door the
    caller came by: a back end that reaches the platform by an inner name sees the issuer its browsers see. Cookies and
    forms stay with `base`. Under the national test names the authorization page lives on the wallet host and all else
    on the auth host.
    """

    base: str
    public: str = ""
    sandbox: str = DEFAULT_SANDBOX

    def _on(self, host: str) -> str:
        told = self.base
        if self.public:
            told = self.public if self.sandbox == DEFAULT_SANDBOX else f"{self.public}/s/{self.sandbox}"
        match = _NATIONAL.fullmatch(told)
        return told if match is None else f"{match['scheme']}{host}.{match['domain']}{match['rest']}"

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

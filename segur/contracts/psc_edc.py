"""Facts of the Espace de confiance: tokens exchanged for an API's, and sessions of the reference Proxy e-Santé."""

from __future__ import annotations

from segur.contracts.fact import Fact, fact


@fact("psc.token.exchanged", subject="api_session_id")
class TokenExchanged(Fact):
    """An API provider gave a client a token of its own for a token of Pro Santé Connect.

    `realm` names the provider; `session_id` is the PSC session; `scope` what the token may do; `certificate` the
    fingerprint (SHA-256, hexadecimal) it is bound to; `software` what the client says of the LPS behind it; `flow`
    how the professional had logged in at PSC (code or ciba): the conformity check of ANS takes ciba only.
    """

    api_session_id: str
    realm: str
    client_id: str
    id_nat: str
    session_id: str
    scope: str
    certificate: str
    software: str = ""
    flow: str = ""


@fact("psc.exchange.refused", subject="attempt_id")
class ExchangeRefused(Fact):
    """An API provider's authorization server said no; `error` is the OAuth error code."""

    attempt_id: str
    realm: str
    client_id: str
    error: str
    description: str = ""


@fact("psc.proxy.connected", subject="proxy_session_id")
class ProxyConnected(Fact):
    """A professional's software opened a session at the proxy; `session_id` is the PSC session."""

    proxy_session_id: str
    client_id: str
    id_nat: str
    session_id: str


@fact("psc.proxy.refused", subject="attempt_id")
class ProxyRefused(Fact):
    """The proxy opened no session: `status` and `reason` are what the software was told."""

    attempt_id: str
    client_id: str
    status: int
    reason: str


@fact("psc.proxy.disconnected", subject="proxy_session_id")
class ProxyDisconnected(Fact):
    """A session at the proxy ended by the software's wish."""

    proxy_session_id: str
    client_id: str
    id_nat: str

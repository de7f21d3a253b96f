"""Facts of Pro Santé Connect."""

from __future__ import annotations

from segur.contracts.fact import Fact, fact


@fact("psc.session.opened", subject="session_id")
class SessionOpened(Fact):
    """A professional authenticated: `means` is CARD, MOBILE or DELEGATION (a local FI), `flow` is code or ciba."""

    session_id: str
    id_nat: str
    client_id: str
    means: str
    flow: str


@fact("psc.session.refreshed", subject="session_id")
class SessionRefreshed(Fact):
    """A client exchanged a refresh token for new tokens."""

    session_id: str
    client_id: str


@fact("psc.session.closed", subject="session_id")
class SessionClosed(Fact):
    """The session ended: `reason` is logout, expired, code_reused or revoked."""

    session_id: str
    id_nat: str
    reason: str


@fact("psc.logout.delivered", subject="delivery_id")
class LogoutDelivered(Fact):
    """A service took the logout token of a session that ended, at the `attempts`-th try."""

    delivery_id: str
    session_id: str
    client_id: str
    attempts: int


@fact("psc.logout.failed", subject="delivery_id")
class LogoutFailed(Fact):
    """A logout token was not taken: `problem` says why; `given_up` that PSC will not try again."""

    delivery_id: str
    session_id: str
    client_id: str
    attempts: int
    problem: str
    given_up: bool = False


@fact("psc.authentication.refused", subject="attempt_id")
class AuthenticationRefused(Fact):
    """A login or token request was refused; `error` is the OAuth error code."""

    attempt_id: str
    client_id: str
    error: str
    description: str = ""


@fact("psc.client.misconfigured", subject="client_id")
class ClientMisconfigured(Fact):
    """A client's software made an integration error: `rule` names it (`wrong_secret`), `fix` the way out, in French.

    `client_id` is what the request claimed, `-` when it claimed nothing; `error` the OAuth code that was answered.
    Told once per client and rule in a short time: `count` requests are told of by this fact, so that the sum over all
    is how many there were. No secret, token or address of the request is in it.
    """

    client_id: str
    rule: str
    error: str
    fix: str
    count: int = 1

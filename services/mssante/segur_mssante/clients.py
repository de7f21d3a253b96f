"""Pro Santé Connect as the operator calls it: token introspection (RFC 7662), through the gateway."""

from __future__ import annotations

from segur.kernel.introspection import TokenCheck
from segur_mssante import errors
from segur_mssante.settings import Settings

_LOGIN_PATIENCE_S = 10.0


def token_check(settings: Settings) -> TokenCheck:
    """Who asks about the token of a login, in the sandbox of the mailbox: one of another country is not known there.

    Raises the refusal `INTROSPECTION_AWAY` when nobody answers.
    """
    login = (settings.introspection_client, settings.introspection_secret)
    return TokenCheck(settings.gateway_url, login, errors.INTROSPECTION_AWAY, timeout_s=_LOGIN_PATIENCE_S)

"""The client (or the professional) ends the session [PSC digest 1.13]."""

from __future__ import annotations

from collections.abc import Mapping

from segur_psc import errors
from segur_psc.context import Context
from segur_psc.domain.session import Client
from segur_psc.operations.close_session import close_session


async def log_out_by_hint(context: Context, params: Mapping[str, str]) -> str:
    """End the session of an `id_token_hint`, of any age; give the address to lead the browser to, or empty.

    Raise `BAD_HINT`, `BAD_LOGOUT_URI` (nothing is closed then) or `LOGOUT_TWICE`.
    """
    claims = context.keys.read(params.get("id_token_hint", ""))
    if claims is None or claims.get("typ") != "ID":
        raise errors.BAD_HINT.error()
    client = await context.records.client(str(claims["aud"]))
    uri = params.get("post_logout_redirect_uri", "")
    if uri and (client is None or not client.may_return_to(uri)):
        raise errors.BAD_LOGOUT_URI.error()
    session = await context.records.session(str(claims["sid"]))
    if session is None or not await close_session(context, session, "logout"):
        raise errors.LOGOUT_TWICE.error()
    return uri


async def log_out_by_refresh_token(context: Context, client: Client, token: str) -> None:
    """End the session of a refresh token of this client; raise `NOT_A_REFRESH_TOKEN` or `SESSION_NOT_ACTIVE`."""
    claims = context.keys.unseal(token, "Refresh")
    if claims is None or claims["azp"] != client.id:
        raise errors.NOT_A_REFRESH_TOKEN.error()
    session = await context.records.session(str(claims["sid"]))
    if session is None or not await close_session(context, session, "logout"):
        raise errors.SESSION_NOT_ACTIVE.error()

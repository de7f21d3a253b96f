"""The client (or the professional) ends the session [PSC digest 1.13]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from segur_psc import errors
from segur_psc.context import Context
from segur_psc.domain.logout import front_channel_address
from segur_psc.domain.session import Client, Session
from segur_psc.operations.close_session import close_session


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """Where to lead the browser (empty: nowhere), what to frame on the way, and whether there was a session to end."""

    uri: str = ""
    frames: tuple[str, ...] = ()
    ended: bool = True


async def return_address(context: Context, params: Mapping[str, str], client_id: str) -> str:
    """The `post_logout_redirect_uri`, empty when there is none; raise `BAD_LOGOUT_URI` unless the client has it."""
    uri = params.get("post_logout_redirect_uri", "") or params.get("redirect_uri", "")
    client = await context.records.client(client_id) if uri and client_id else None
    if uri and (client is None or not client.may_return_to(uri)):
        raise errors.BAD_LOGOUT_URI.error()
    return uri


async def log_out_by_hint(context: Context, params: Mapping[str, str]) -> LoggedOut:
    """End the session of an `id_token_hint`, of any age.

    Raise `BAD_HINT` (not ours, or of another `client_id`), `BAD_LOGOUT_URI` (nothing is closed then) or, unless the
    settings have the newer way, `LOGOUT_TWICE`.
    """
    claims = context.keys.read(params.get("id_token_hint", ""))
    if claims is None or claims.get("typ") != "ID":
        raise errors.BAD_HINT.error()
    audience = claims["aud"]
    client_id = str(audience[0] if isinstance(audience, list) else audience)
    if params.get("client_id", client_id) != client_id:
        raise errors.BAD_HINT.error()
    uri = await return_address(context, params, client_id)
    session = await context.records.session(str(claims["session_state"]))
    if session is None or not await close_session(context, session, "logout"):
        if context.settings.psc_logout_expired_hint == "error":
            raise errors.LOGOUT_TWICE.error()
        return LoggedOut(uri, ended=False)
    return LoggedOut(uri, await front_channel(context, session))


async def log_out_here(context: Context, session: Session, uri: str) -> LoggedOut:
    """End the session of this browser, whose professional has just said so."""
    await close_session(context, session, "logout")
    return LoggedOut(uri, await front_channel(context, session))


async def log_out_by_refresh_token(context: Context, client: Client, token: str) -> None:
    """End the session of a refresh token of this client; raise `NOT_A_REFRESH_TOKEN` or `SESSION_NOT_ACTIVE`."""
    claims = context.keys.unseal(token, "Refresh")
    if claims is None or claims["azp"] != client.id:
        raise errors.NOT_A_REFRESH_TOKEN.error()
    session = await context.records.session(str(claims["session_state"]))
    if session is None or not await close_session(context, session, "logout"):
        raise errors.SESSION_NOT_ACTIVE.error()


async def front_channel(context: Context, session: Session) -> tuple[str, ...]:
    """The addresses the logout page frames, one for each service of the session that has one."""
    found = [await context.records.client(client_id) for client_id in session.clients]
    issuer = session.issuer or context.addresses.issuer
    return tuple(
        front_channel_address(client.frontchannel_logout_uri, issuer, session.sid)
        for client in found
        if client is not None and client.frontchannel_logout_uri
    )

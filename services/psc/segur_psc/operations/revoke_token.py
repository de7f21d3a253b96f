"""Withdraw a token (RFC 7009) [PSC digest 1.13]."""

from __future__ import annotations

from segur_psc import errors
from segur_psc.context import Context
from segur_psc.domain.session import Client
from segur_psc.operations.close_session import close_session


async def revoke_token(context: Context, client: Client, token: str) -> None:
    """Make a token void; an unknown one is as good as void. Raise `FOREIGN_TOKEN` for another client's.

    A refresh token takes its client out of the session with all its tokens; the last client out ends the session.
    """
    claims = context.keys.unseal(token, "Refresh") or context.keys.read(token)
    if claims is None:
        return
    session = await context.records.session(str(claims["session_state"]))
    if session is None:
        return
    if claims["azp"] != client.id:
        raise errors.FOREIGN_TOKEN.error()
    if claims["typ"] == "Bearer":
        await context.records.withdraw(session.sid, str(claims["jti"]))
    elif claims["typ"] == "Refresh":
        await context.records.leave(session.sid, client.id)
        if set(session.clients) <= {client.id}:
            await close_session(context, session, "revoked")

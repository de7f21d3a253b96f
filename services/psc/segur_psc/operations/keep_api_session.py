"""What happens to an API session after the exchange: refreshed, asked about, withdrawn, used [PSC digest 1.17]."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segur.kernel import request
from segur.kernel.errors import SegurError
from segur.wire.confirmation import bound_to, confirms
from segur_psc import errors, faults
from segur_psc.context import TrustSpace
from segur_psc.domain.api_tokens import ApiSession, Claims, introspected
from segur_psc.domain.providers import Provider
from segur_psc.operations.exchange_token import issue_api_tokens
from segur_psc.operations.know_api_client import know_api_client


async def refresh_api_token(
    space: TrustSpace, provider: Provider, form: Mapping[str, str], authorization: str
) -> dict[str, Any]:
    """New tokens for a refresh token of the provider, to the same client with the same certificate."""
    context = space.psc
    client, certificate = await know_api_client(context, form, authorization)
    token = form.get("refresh_token", "")
    if not token:
        raise errors.NO_REFRESH_TOKEN.error()
    claims = space.keys.unseal(token, "Refresh")
    session = await _session(space, provider, claims)
    if claims is None or session is None or session.client_id != client.id:
        raise errors.NOT_A_REFRESH_TOKEN.error()
    if context.now >= int(claims["exp"]):
        raise errors.REFRESH_EXPIRED.error()
    if not await _alive(space, session):
        raise errors.SESSION_NOT_ACTIVE.error()
    if session.certificate != certificate.sha256:
        raise errors.OTHER_CERTIFICATE.error()
    lifetime = max(provider.access_s, provider.refresh_s)
    if not await space.sessions.prolong(session, context.now + provider.refresh_s, lifetime):
        raise errors.SESSION_NOT_ACTIVE.error()
    request.note(actor=session.id_nat)
    return await issue_api_tokens(space, provider, session)


async def verify_api_token(space: TrustSpace, provider: Provider, token: str) -> Claims:
    """The claims of a living API token of this provider; raise `EDC_API_TOKEN`."""
    claims = space.keys.read(token)
    session = await _session(space, provider, claims)
    if claims is None or session is None or claims.get("typ") != "Bearer" or space.psc.now >= int(claims["exp"]):
        raise errors.EDC_API_TOKEN.error()
    struck = await space.psc.breaks(faults.API_TOKEN_REVOKED, session.client_id, session.id_nat)
    if struck or claims["jti"] in session.revoked or not await _alive(space, session):
        raise errors.EDC_API_TOKEN.error()
    return claims


async def introspect_api_token(space: TrustSpace, provider: Provider, token: str) -> Claims:
    """The answer to a resource server."""
    try:
        return introspected(await verify_api_token(space, provider, token))
    except SegurError:
        return {"active": False}


async def use_api_token(space: TrustSpace, provider: Provider, authorization: str) -> Claims:
    """What a resource server checks: bearer, introspection, certificate; raise `EDC_NO_API_TOKEN`, `EDC_API_…`."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise errors.EDC_NO_API_TOKEN.error()
    claims = await verify_api_token(space, provider, token.strip())
    certificate = request.current().certificate
    if certificate is None or not confirms(bound_to(claims), certificate.sha256):
        raise errors.EDC_API_CERTIFICATE.error()
    request.note(actor=str(claims["SubjectNameID"]))
    return claims


async def revoke_api_token(space: TrustSpace, provider: Provider, form: Mapping[str, str], authorization: str) -> None:
    """Withdraw a token of the caller (RFC 7009): a refresh token ends its whole session; an unknown one is void."""
    client, _ = await know_api_client(space.psc, form, authorization)
    token = form.get("token", "")
    if not token:
        raise errors.NO_TOKEN.error()
    claims = space.keys.unseal(token, "Refresh") or space.keys.read(token)
    session = await _session(space, provider, claims)
    if claims is None or session is None:
        return
    if session.client_id != client.id:
        raise errors.FOREIGN_TOKEN.error()
    if claims["typ"] == "Refresh":
        await space.sessions.end(session.sid)
    else:
        await space.sessions.withdraw(session.sid, str(claims["jti"]))


async def _session(space: TrustSpace, provider: Provider, claims: Claims | None) -> ApiSession | None:
    """The session of a token, if it is one of this provider's."""
    if claims is None or "sid" not in claims:
        return None
    session = await space.sessions.session(str(claims["sid"]))
    return session if session is not None and session.realm == provider.realm else None


async def _alive(space: TrustSpace, session: ApiSession) -> bool:
    """Whether the session can be used: a PSC session that somebody ended takes the API's with it.

    One that only ran out of time does not: the API's own lifetime rules (1 to 4 h), PSC's idle time is 30 min.
    """
    return session.active and not await space.psc.records.is_ended(session.psc_sid)

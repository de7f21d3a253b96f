"""Make the answer of the token endpoint, the same for each grant [PSC digest 1.7, 1.9]."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from segur.kernel import request
from segur.kernel.store import Insert
from segur_psc import errors
from segur_psc.context import Context
from segur_psc.domain import tokens
from segur_psc.domain.session import Client, Person, Session


@dataclass(frozen=True, slots=True)
class Issued:
    """The answer, and the write that makes its refresh token valid."""

    answer: dict[str, Any]
    write: Insert


async def enabled_person(context: Context, id_nat: str) -> Person:
    """The professional; raise `USER_DISABLED` for one who is gone or barred."""
    person = await context.records.person(id_nat)
    if person is None or person.disabled:
        raise errors.USER_DISABLED.error()
    return person


def issue_tokens(
    context: Context, session: Session, client: Client, person: Person, *, scope: str, nonce: str, thumbprint: str = ""
) -> Issued:
    """Access, id and refresh token of a session for a client; none outlives the session.

    Without `openid` in the scope there is no id_token. `thumbprint` is that of a certificate earlier tokens were bound
    to; a client with `bound` binds to the one it shows, and raises `NO_CERTIFICATE` when it shows none.
    """
    now, settings = context.now, context.settings
    certificate = request.current().certificate
    if client.bound:
        if certificate is None:
            raise errors.NO_CERTIFICATE.error()
        thumbprint = certificate.sha256
    grant = tokens.Grant(
        session=session,
        client_id=client.id,
        scope=scope,
        nonce=nonce,
        issuer=context.addresses.issuer,
        subject=f"f:{settings.psc_federation}:{session.id_nat}",
        acr_policy=settings.psc_acr_policy,
        thumbprint=thumbprint,
    )
    access_end = min(now + settings.psc_access_s, session.ends_at)
    refresh_end = min(now + settings.psc_idle_s, session.ends_at)
    refresh_jti = str(uuid.uuid4())
    access = context.keys.sign(
        tokens.access_claims(grant, person.claims, jti=str(uuid.uuid4()), now=now, expires_at=access_end)
    )
    identity: dict[str, Any] = {}
    if "openid" in scope.split():
        claims = tokens.id_claims(grant, person.claims, access, jti=str(uuid.uuid4()), now=now, expires_at=access_end)
        identity["id_token"] = context.keys.sign(claims)
    request.note(actor=session.id_nat)
    return Issued(
        {
            "access_token": access,
            "expires_in": access_end - now,
            "refresh_expires_in": refresh_end - now,
            "refresh_token": context.keys.seal(
                tokens.refresh_claims(grant, jti=refresh_jti, now=now, expires_at=refresh_end)
            ),
            "token_type": "Bearer",
            **identity,
            "not-before-policy": 0,
            "session_state": session.sid,
            "scope": scope,
        },
        context.records.new_refresh(refresh_jti, session.sid, client.id, now, refresh_end - now),
    )

"""Make the answer of the token endpoint, the same for each grant [PSC digest 1.7, 1.9]."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from segur.kernel import request
from segur.kernel.store import Insert
from segur_psc import errors, faults
from segur_psc.context import Context
from segur_psc.domain import tokens, twists
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


async def issue_tokens(
    context: Context,
    session: Session,
    client: Client,
    person: Person,
    *,
    scope: str,
    nonce: str,
    thumbprint: str = "",
    secret: str = "",
) -> Issued:
    """Access, id and refresh token of a session for a client; none outlives the session.

    Without `openid` in the scope there is no id_token. `thumbprint` is that of a certificate earlier tokens were bound
    to; a client with `bound` binds to the one it shows, and raises `NO_CERTIFICATE` when it shows none. `secret` is the
    one the client has just shown, for the fault that signs with it.
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
        subject=context.subject(session.id_nat),
        acr_policy=settings.psc_acr_policy,
        thumbprint=thumbprint,
        cnf_encoding=client.cnf_encoding or settings.psc_cnf_encoding,
    )
    about = client.id, session.id_nat
    struck = [
        twist
        for name, twist in twists.TOKENS.items()
        if twists.applies(twist, session.means) and await context.breaks(name, *about)
    ]
    shown = now  # what PSC's clock says in the tokens; what it accepts goes by the real one
    if await context.breaks(faults.CLOCK_AHEAD, *about):
        shown += settings.psc_clock_skew_s
    if await context.breaks(faults.CLOCK_BEHIND, *about):
        shown -= settings.psc_clock_skew_s
    access_s = min(settings.psc_access_s, session.ends_at - now)
    refresh_end = min(now + settings.psc_idle_s, session.ends_at)
    refresh_jti = str(uuid.uuid4())
    claims = tokens.access_claims(grant, person.claims, jti=str(uuid.uuid4()), now=shown, expires_at=shown + access_s)
    for twist in struck:
        claims = twist.access(claims)
    access = context.keys.sign(claims)
    identity: dict[str, Any] = {}
    if "openid" in scope.split():
        claims = tokens.id_claims(
            grant, person.claims, access, jti=str(uuid.uuid4()), now=shown, expires_at=shown + access_s
        )
        for twist in struck:
            claims = twist.identity(claims)
        if await context.breaks(faults.ALG_HS256, *about):
            identity["id_token"] = context.keys.sign_confused(claims, secret)
        elif await context.breaks(faults.UNKNOWN_KID, *about):
            identity["id_token"] = context.keys.sign_unpublished(claims)
        else:
            identity["id_token"] = context.keys.sign(claims)
    answer: dict[str, Any] = {
        "access_token": access,
        "expires_in": access_s,
        "refresh_expires_in": refresh_end - now,
        "refresh_token": context.keys.seal(
            tokens.refresh_claims(grant, jti=refresh_jti, now=now, expires_at=refresh_end)
        ),
        "token_type": "Bearer",
        **identity,
        "not-before-policy": 0,
        "session_state": session.sid,
        "scope": scope,
    }
    for twist in struck:
        answer = twist.answer(answer)
    request.note(actor=session.id_nat)
    return Issued(answer, context.records.new_refresh(refresh_jti, session.sid, client.id, now, refresh_end - now))

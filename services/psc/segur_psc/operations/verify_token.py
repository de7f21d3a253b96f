"""Read an access token: our signature, in time, of a session that is alive in this sandbox."""

from __future__ import annotations

import base64

from segur.kernel import request
from segur.kernel.errors import SegurError
from segur_psc import errors
from segur_psc.context import Context
from segur_psc.domain.session import Person
from segur_psc.domain.tokens import Claims, introspected
from segur_psc.domain.userinfo import released
from segur_psc.operations.issue_tokens import enabled_person


async def verify_token(context: Context, token: str) -> Claims:
    """The claims; raise `BAD_TOKEN` or `NO_SESSION`. The issuer's address may be another door of the same platform."""
    claims = context.keys.read(token)
    if claims is None or claims.get("typ") != "Bearer" or context.now >= claims["exp"]:
        raise errors.BAD_TOKEN.error()
    session = await context.records.session(str(claims["sid"]))
    if session is None or not session.alive(context.now) or claims["azp"] not in session.clients:
        raise errors.NO_SESSION.error()
    if claims["jti"] in session.revoked:
        raise errors.BAD_TOKEN.error()
    return claims


async def introspect(context: Context, token: str) -> Claims:
    """The answer of introspection, to any client, whoever the token was made for [PSC digest 1.12]."""
    try:
        claims = await verify_token(context, token)
        await enabled_person(context, str(claims["SubjectNameID"]))
    except SegurError:
        return {"active": False}
    return introspected(claims)


async def read_userinfo(context: Context, token: str) -> Claims:
    """The claims of the token's professional [PSC digest 1.11]; raise the rows of that section."""
    claims = await verify_token(context, token)
    bound = claims.get("cnf", {}).get("x5t#S256")
    if bound is not None:
        certificate = request.current().certificate
        shown = bytes.fromhex(certificate.sha256) if certificate is not None else b""
        if base64.urlsafe_b64encode(shown).rstrip(b"=").decode() != bound:
            raise errors.OTHER_CERTIFICATE.error()
    if "openid" not in str(claims["scope"]).split():
        raise errors.NO_OPENID.error()
    person: Person | None = await context.records.person(str(claims["SubjectNameID"]))
    if person is None or person.disabled:
        raise errors.BAD_TOKEN.error()
    request.note(actor=person.id_nat)
    return {"sub": claims["sub"], **released(person.claims, str(claims["scope"]))}

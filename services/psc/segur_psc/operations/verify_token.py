"""Read an access token: our signature, in time, of a session that is alive in this sandbox."""

from __future__ import annotations

from dataclasses import dataclass

from segur.kernel import request
from segur.kernel.errors import SegurError
from segur_psc import errors, faults
from segur_psc.context import Context
from segur_psc.domain import twists
from segur_psc.domain.tokens import Claims, introspected, names_certificate
from segur_psc.domain.userinfo import released
from segur_psc.operations.issue_tokens import enabled_person


async def verify_token(context: Context, token: str) -> Claims:
    """The claims; raise `BAD_TOKEN` or `NO_SESSION`. The issuer's address may be another door of the same platform."""
    claims = context.keys.read(token)
    if claims is None or claims.get("typ") != "Bearer" or context.now >= claims["exp"]:
        raise errors.BAD_TOKEN.error()
    session = await context.records.session(str(claims["session_state"]))
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
    if await context.breaks(faults.INTROSPECTION_INACTIVE, str(claims["azp"]), str(claims["SubjectNameID"])):
        return {"active": False}
    return introspected(claims)


@dataclass(frozen=True, slots=True)
class UserInfo:
    """The claims of a professional, and the client they are told to; `signed` when they go as a JWT."""

    claims: Claims
    client_id: str
    signed: bool


async def read_userinfo(context: Context, token: str) -> UserInfo:
    """The claims of the token's professional [PSC digest 1.11]; raise the rows of that section."""
    claims = await verify_token(context, token)
    certificate = request.current().certificate
    if not names_certificate(claims, certificate.sha256 if certificate is not None else ""):
        raise errors.OTHER_CERTIFICATE.error()
    if "openid" not in str(claims["scope"]).split():
        raise errors.NO_OPENID.error()
    client_id, id_nat = str(claims["azp"]), str(claims["SubjectNameID"])
    person = await context.records.person(id_nat)
    if person is None or person.disabled:
        raise errors.BAD_TOKEN.error()
    request.note(actor=person.id_nat)
    found = released(person.claims, str(claims["scope"]))
    for name, change in twists.USERINFO.items():
        if await context.breaks(name, client_id, id_nat):
            found = change(found)
    client = await context.records.client(client_id)
    signed = (client is not None and client.userinfo_jwt) or await context.breaks(
        faults.USERINFO_JWT, client_id, id_nat
    )
    return UserInfo({"sub": claims["sub"], **found}, client_id, signed)


def userinfo_jwt(context: Context, told: UserInfo) -> str:
    """The signed form: the claims with `iss` and `aud` (OIDC core 5.3.2)."""
    return context.keys.sign(told.claims | {"iss": context.addresses.issuer, "aud": told.client_id})

"""A token of Pro Santé Connect for one of an API provider (RFC 8693) [PSC digest 1.17].

The order is that of the CI-SIS profile: who calls (`know_api_client`), the subject token at PSC, the scopes.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from segur.contracts.psc_edc import TokenExchanged
from segur.kernel import request
from segur.wire.confirmation import HEX, RFC8705
from segur_psc import errors, faults
from segur_psc.context import TrustSpace
from segur_psc.domain import api_tokens, exchange
from segur_psc.domain.api_tokens import ApiSession
from segur_psc.domain.providers import Provider
from segur_psc.operations.know_api_client import know_api_client
from segur_psc.operations.verify_token import introspect

_NOBODYS = "0" * 64
"""Fingerprint of no certificate."""


async def exchange_token(
    space: TrustSpace, provider: Provider, form: Mapping[str, str], authorization: str
) -> dict[str, Any]:
    """Check, open an API session, answer with its tokens; raise the `EDC_…` rows in the order above."""
    context = space.psc
    client, certificate = await know_api_client(context, form, authorization)
    asked = exchange.read_request(form)
    if await context.breaks(faults.EXCHANGE_UNAVAILABLE, client.id):
        raise errors.EDC_UNAVAILABLE.error()
    if await context.breaks(faults.INTROSPECTION_UNAVAILABLE, client.id):
        raise errors.EDC_UNAVAILABLE.error()
    told = await introspect(context, asked.subject_token)
    id_nat = str(told.get("SubjectNameID", ""))
    if not told["active"] or await context.breaks(faults.EXCHANGE_SUBJECT_EXPIRED, client.id, id_nat):
        raise errors.EDC_SUBJECT_TOKEN.error()
    request.note(actor=id_nat)
    asked.check_audience(provider, client.id)
    required = provider.scope_required
    if context.settings.psc_edc_scope != "by_provider":
        required = context.settings.psc_edc_scope == "always" and bool(provider.scopes)
    missing = await context.breaks(faults.EXCHANGE_SCOPE_MISSING, client.id, id_nat)
    scope = asked.granted(provider, required=required, missing=missing)
    person = await context.records.person(id_nat)
    login = await context.records.session(str(told["sid"]))
    claims = person.claims if person is not None else {}
    mismatch = await context.breaks(faults.EXCHANGE_CNF_MISMATCH, client.id, id_nat)
    session = ApiSession(
        sid=str(uuid.uuid4()),
        realm=provider.realm,
        client_id=client.id,
        id_nat=id_nat,
        psc_sid=str(told["sid"]),
        scope=scope,
        certificate=_NOBODYS if mismatch else certificate.sha256,
        refresh_until=context.now + provider.refresh_s,
        given_name=str(claims.get("given_name", "")),
        family_name=str(claims.get("family_name", "")),
        software=asked.actor,
    )
    kept = space.sessions.opening(session, max(provider.access_s, provider.refresh_s))
    fact = TokenExchanged(
        api_session_id=session.sid,
        realm=session.realm,
        client_id=session.client_id,
        id_nat=session.id_nat,
        session_id=session.psc_sid,
        scope=session.scope,
        certificate=session.certificate,
        software=session.software.get("lps_nom", ""),
        flow=login.flow if login is not None else "",
    )
    await context.floor.store.commit([kept], [fact])
    answer = await issue_api_tokens(space, provider, session)
    if await context.breaks(faults.EXCHANGE_NO_REFRESH, client.id, id_nat):
        del answer["refresh_token"], answer["refresh_expires_in"]
    return answer


async def issue_api_tokens(space: TrustSpace, provider: Provider, session: ApiSession) -> dict[str, Any]:
    """The answer of the token endpoint, with what the conformity server adds to RFC 8693."""
    context = space.psc
    now, encoding = context.now, str(context.settings.psc_edc_cnf)
    if await context.breaks(faults.EXCHANGE_CNF_ENCODING, session.client_id, session.id_nat):
        encoding = HEX if encoding == RFC8705 else RFC8705
    claims = api_tokens.access_claims(
        session, space.issuer(provider), encoding, jti=str(uuid.uuid4()), now=now, expires_at=now + provider.access_s
    )
    return {
        "access_token": space.keys.sign(claims),
        "expires_in": provider.access_s,
        "refresh_expires_in": provider.refresh_s,
        "refresh_token": space.keys.seal(api_tokens.refresh_claims(claims, now + provider.refresh_s)),
        "token_type": "Bearer",
        "id_token": space.keys.sign(api_tokens.id_claims(claims)),
        "not-before-policy": 0,
        "session_state": session.sid,
        "scope": session.scope,
        "issued_token_type": exchange.ACCESS_TOKEN,
    }

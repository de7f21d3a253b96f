"""A professional signs in on the login page, or is signed in, and the client gets a code [PSC digest 1.4, 1.5]."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from segur.contracts.psc import SessionOpened
from segur.kernel import request
from segur.kernel.store import Conflict, Insert, Write
from segur_psc import errors, faults
from segur_psc.context import Context
from segur_psc.domain.authorization import AuthorizationRequest
from segur_psc.domain.session import DELEGATION, Person, Session


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The code's answer for the client, and the secret the browser will hold (empty: it keeps the one it has)."""

    answer: dict[str, str]
    sid: str
    cookie: str = ""


async def log_in(
    context: Context,
    asked: AuthorizationRequest,
    id_nat: str,
    means: str,
    held_cookie: str = "",
    *,
    amr: tuple[str, ...] = (),
    also: Sequence[Write] = (),
) -> LoggedIn:
    """Open a session by `means` (CARD, MOBILE, DELEGATION with its `amr`, or empty for what the person has).

    Someone who signs in again in a browser whose session is theirs goes on with that session, as in Keycloak: a later
    logout must end what was issued before. Raise `UNKNOWN_PROFESSIONAL` for someone without that means,
    `LOGIN_REFUSED` for someone barred, `STALE_LOGIN` when a write of `also` (an approval used up) does not hold.
    """
    person = await context.records.person(id_nat)
    used = means if means == DELEGATION else person.means(means) if person is not None else ""
    if person is None or not used:
        raise errors.UNKNOWN_PROFESSIONAL.error(field="id_nat")
    if await context.breaks(faults.LOGIN_REFUSED, asked.to.client_id, person.id_nat) or person.disabled:
        raise errors.LOGIN_REFUSED.error()
    cookie = secrets.token_urlsafe(32)
    session = replace(new_session(context, person, used, "code", asked.to.client_id), amr=amr)
    opened: Write = context.records.opening(session, context.settings.psc_session_s, cookie)
    held = await context.records.session_of_cookie(held_cookie)
    if held is not None and held.alive(context.now) and held.id_nat == person.id_nat:
        idle_until = min(session.idle_until, held.ends_at)
        session = replace(session, sid=held.sid, ends_at=held.ends_at, idle_until=idle_until)
        opened = context.records.renewing(session, cookie)
    code, write = _code(context, asked, session)
    try:
        await context.floor.store.commit([opened, write, *also], [opened_fact(session, asked.to.client_id)])
    except Conflict as error:
        if not held_cookie:
            raise errors.STALE_LOGIN.error() from error
        # the session that was held may just have been closed: this login opens its own
        return await log_in(context, asked, id_nat, means, amr=amr, also=also)
    request.note(actor=person.id_nat, operation="login")
    return LoggedIn(await _answer(context, asked, session, code), session.sid, cookie)


async def find_login(context: Context, asked: AuthorizationRequest, cookie: str) -> LoggedIn | None:
    """A code from the session the browser is in, None when the professional must (or wants to) see a page.

    Raise `LOGIN_REQUIRED` when the client asked for no page and one would be needed.
    """
    session = await held_session(context, asked, cookie)
    if session is not None and "consent" not in asked.prompts:
        found = await continue_session(context, asked, session)
        if found is not None:
            return found
    if "none" in asked.prompts:
        raise errors.LOGIN_REQUIRED.error()
    return None


async def held_session(context: Context, asked: AuthorizationRequest, cookie: str) -> Session | None:
    """The browser's session, if it will do for this request: alive, young enough, of the person the client means."""
    session = await context.records.session_of_cookie(cookie)
    now = context.now
    if session is None or not session.alive(now) or asked.wants_page:
        return None
    if asked.max_age is not None and now - session.auth_time > asked.max_age:
        return None
    if asked.subject and asked.subject != session.id_nat:
        return None
    person = await context.records.person(session.id_nat)
    return session if person is not None and not person.disabled else None


async def continue_session(context: Context, asked: AuthorizationRequest, session: Session) -> LoggedIn | None:
    """A code without a new login; None when the session is closed by now."""
    code, write = _code(context, asked, session)
    if not await context.records.join(session.sid, asked.to.client_id):
        return None
    await context.floor.store.commit([write])
    return LoggedIn(await _answer(context, asked, session, code), session.sid)


def new_session(context: Context, person: Person, means: str, flow: str, client_id: str) -> Session:
    """A session that starts now, not yet kept; `flow` is code or ciba."""
    now, settings = context.now, context.settings
    return Session(
        sid=str(uuid.uuid4()),
        id_nat=person.id_nat,
        means=means,
        flow=flow,
        auth_time=now,
        idle_until=now + min(settings.psc_idle_s, settings.psc_session_s),
        ends_at=now + settings.psc_session_s,
        clients=(client_id,),
        issuer=context.addresses.issuer,
    )


def opened_fact(session: Session, client_id: str) -> SessionOpened:
    """What others hear of a new session."""
    return SessionOpened(
        session_id=session.sid,
        id_nat=session.id_nat,
        client_id=client_id,
        means=session.means,
        flow=session.flow,
    )


def _code(context: Context, asked: AuthorizationRequest, session: Session) -> tuple[str, Insert]:
    code = f"{uuid.uuid4()}.{session.sid}.{uuid.uuid4()}"
    lifetime = context.settings.psc_code_s
    return code, context.records.new_code(
        code,
        lifetime,
        sid=session.sid,
        client_id=asked.to.client_id,
        redirect_uri=asked.to.redirect_uri,
        scope=asked.scope,
        nonce=asked.nonce,
        challenge=asked.challenge,
        challenge_method=asked.challenge_method,
        expires_at=context.now + lifetime,
    )


async def _answer(context: Context, asked: AuthorizationRequest, session: Session, code: str) -> dict[str, str]:
    about = asked.to.client_id, session.id_nat
    answer = {"state": asked.to.state} if asked.to.state else {}
    if not await context.breaks(faults.NO_SESSION_STATE, *about):
        answer["session_state"] = session.sid
    if context.settings.psc_response_iss and not await context.breaks(faults.NO_ISS, *about):
        answer["iss"] = context.addresses.issuer
    return answer | {"code": code}

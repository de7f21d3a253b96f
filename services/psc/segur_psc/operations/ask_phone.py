"""The e-CPS on the login page: a request to the phone, and what the phone says [PSC digest 1.5].

It lies where CIBA requests lie, so that one phone page shows both; no token endpoint knows it.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import asdict

from segur.kernel.store import Document
from segur_psc import errors, faults
from segur_psc.context import Context
from segur_psc.domain.authorization import AuthorizationRequest, Destination
from segur_psc.domain.session import MOBILE
from segur_psc.operations.ask_ciba import APPROVED, DENIED, PENDING, SILENT, STATUS
from segur_psc.operations.log_in import LoggedIn, log_in


async def ask_phone(context: Context, asked: AuthorizationRequest, id_nat: str, browser: str) -> str:
    """Send a number to somebody's phone; give the request's id, of use only to the browser of that digest.

    Raise `UNKNOWN_PROFESSIONAL` for somebody without e-CPS, `CIBA_DEVICE_DOWN` when the phone cannot be reached.
    """
    person = await context.records.person(id_nat)
    if person is None or not person.means(MOBILE):
        raise errors.UNKNOWN_PROFESSIONAL.error(field="id_nat")
    about = asked.to.client_id, person.id_nat
    if await context.breaks(faults.CIBA_DEVICE_DOWN, *about):
        raise errors.CIBA_DEVICE_DOWN.error()
    status = SILENT if await context.breaks(faults.CIBA_SILENT, *about) else STATUS[person.answers]
    now, lifetime = context.now, context.settings.psc_ciba_s
    number = str(uuid.uuid4())
    kept = context.records.ciba.new(
        number,
        lifetime,
        status=status,
        client_id=asked.to.client_id,
        id_nat=person.id_nat,
        scope=asked.scope,
        binding_message=f"{secrets.randbelow(100):02d}",
        channel=MOBILE,
        created_at=now,
        expires_at=now + lifetime,
        browser=browser,
        asked=asdict(asked),
    )
    await context.floor.store.commit([kept])
    return number


async def asked_of_phone(context: Context, number: str, browser: str) -> tuple[Document, AuthorizationRequest]:
    """The request of that id; raise `STALE_LOGIN` unless this browser made it and it is not used yet."""
    known = await context.records.ciba.find(number) if number else None
    if known is None or known.get("browser") != browser or known["status"] == "used":
        raise errors.STALE_LOGIN.error()
    told = known["asked"]
    asked = AuthorizationRequest(**{**told, "to": Destination(**told["to"]), "prompts": tuple(told["prompts"])})
    return known, asked


async def hear_phone(
    context: Context, known: Document, asked: AuthorizationRequest, held_cookie: str
) -> LoggedIn | None:
    """The login once the phone has approved, None while it waits; raise `PHONE_REFUSED` or `PHONE_SILENT`."""
    if known["status"] == APPROVED:
        also = [context.records.ciba.using(known["jti"])]
        return await log_in(context, asked, known["id_nat"], MOBILE, held_cookie, also=also)
    if known["status"] == DENIED:
        raise errors.PHONE_REFUSED.error()
    assert known["status"] in (PENDING, SILENT), known["status"]
    if context.now >= known["expires_at"]:
        raise errors.PHONE_SILENT.error()
    return None


def choices(known: Document) -> list[str]:
    """The three numbers a phone offers for a request of the login page, one of them right; empty for CIBA."""
    right = str(known["binding_message"])
    if "browser" not in known:
        return []
    step = 1 + int(known["jti"][:4], 16) % 49
    return sorted({right, *(f"{(int(right) + times * step) % 100:02d}" for times in (1, 2))})

"""Open a mailbox: people with a Pro Santé Connect token, applications with a certificate [MSSanté digest 2.4]."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass

from segur.contracts.mssante import MailAuthenticationRefused
from segur.kernel import request
from segur.kernel.certificates import ClientCertificate
from segur.kernel.errors import Refusal, SegurError
from segur.kernel.ids import new_id
from segur.kernel.store import Document
from segur.personas.mailboxes import split_sandbox
from segur_mssante import errors, faults
from segur_mssante.context import Context
from segur_mssante.domain.attachments import without_ins
from segur_mssante.domain.mailbox_kinds import PERSONAL
from segur_mssante.domain.xoauth2 import Credentials, MalformedLogin, read_credentials, read_plain


@dataclass(frozen=True, slots=True)
class Opened:
    """An open mailbox: `address` as the country writes it, `login` as the client does, `shown` as facts do."""

    sandbox: str
    address: str
    login: str
    shown: str
    kind: str
    psc_session: str = ""
    """The Pro Santé Connect session whose token opened it; empty for an application, which has a certificate."""


async def login_with_token(context: Context, message: bytes) -> Opened:
    """Check an XOAUTH2 message and enter the sandbox its mailbox names.

    Raise `LOGIN_MALFORMED`, `TOKEN_REFUSED`, `NOT_HOLDER` or `INTROSPECTION_AWAY`; refusals are told.
    """
    credentials = await _read(context, message, read_credentials, "XOAUTH2")
    box = await _enter(context, credentials)
    if context.floor.faults.strikes(faults.AUTH_TOKEN, operation="login", actor=credentials.mailbox):
        raise await _refused(context, errors.TOKEN_REFUSED, credentials, box, "XOAUTH2")
    if box is None and not await context.store.has_sandbox(request.current_sandbox()):
        raise await _refused(context, errors.NOT_HOLDER, credentials, box, "XOAUTH2")
    holder = await context.tokens.holder(credentials.token)
    if holder is None or await context.psc_sessions.is_closed(holder.session):
        raise await _refused(context, errors.TOKEN_REFUSED, credentials, box, "XOAUTH2")
    if box is None or holder.id_nat not in box["holders"] or not box["open"]:
        raise await _refused(context, errors.NOT_HOLDER, credentials, box, "XOAUTH2")
    if _just_declared(context, box, credentials):
        raise await _refused(context, errors.NOT_HOLDER, credentials, box, "XOAUTH2")
    return _opened(box, credentials, holder.session)


async def login_with_certificate(
    context: Context, message: bytes, certificate: ClientCertificate | None, *, reads_only: bool = False
) -> Opened:
    """Check a PLAIN message against the certificate of the connection; enter the sandbox its mailbox names.

    The certificate must be an ORG AUTH_CLI of the structure that holds the application mailbox. For `reads_only`
    (IMAP), a person's own mailbox opens with the demo code as its password. Raise `LOGIN_MALFORMED` or
    `CERTIFICATE_REFUSED`; refusals are told.
    """
    credentials = await _read(context, message, read_plain, "PLAIN")
    box = await _enter(context, credentials)
    if reads_only and box is not None and box["kind"] == PERSONAL:
        if hmac.compare_digest(credentials.password.encode(), context.settings.mes_code.encode()):
            return _opened(box, credentials)
        raise await _refused(context, errors.CERTIFICATE_REFUSED, credentials, box, "PLAIN")
    linked = (
        certificate is not None
        and certificate.kind == "org-auth"
        and box is not None
        and box["kind"] == "APP"
        and box["open"]
        and certificate.structure == box["structure"]
    )
    if not linked or box is None:
        raise await _refused(context, errors.CERTIFICATE_REFUSED, credentials, box, "PLAIN")
    return _opened(box, credentials)


def authority_of(der: bytes | None) -> ClientCertificate | None:
    """The certificate shown by a connection, None without one; TLS has already checked who issued it."""
    try:
        return ClientCertificate.from_der(der) if der else None
    except ValueError:
        return None


async def _read(
    context: Context, message: bytes, reader: Callable[[bytes], Credentials], mechanism: str
) -> Credentials:
    try:
        return reader(message)
    except MalformedLogin as error:
        await context.store.tell(
            MailAuthenticationRefused(
                attempt_id=new_id(), mailbox="", mechanism=mechanism, reason=errors.LOGIN_MALFORMED.name
            )
        )
        raise errors.LOGIN_MALFORMED.error(field=mechanism, rule=str(error)) from error


async def _enter(context: Context, credentials: Credentials) -> Document | None:
    sandbox, address = split_sandbox(credentials.mailbox)
    request.enter(request.Request(sandbox=sandbox or request.DEFAULT_SANDBOX, notes={}))
    return await context.store.mailbox(address)


def _just_declared(context: Context, box: Document, credentials: Credentials) -> bool:
    """Whether the operator does not know yet what the directory declared: some wait a day [wave 2 digest 3.2, MSS-01].

    Mailboxes the country began with were declared long ago.
    """
    age = context.floor.clock.timestamp() - box.get("declared_at", 0)
    if age >= context.settings.holder_delay_s:
        return False
    struck = context.floor.faults.strikes(faults.HOLDER_DELAY, operation="login", actor=credentials.mailbox)
    return struck is not None


def _opened(box: Document, credentials: Credentials, psc_session: str = "") -> Opened:
    names = (str(box["address"]), credentials.mailbox, str(box["shown"]), str(box["kind"]))
    return Opened(request.current_sandbox(), *names, psc_session)


async def _refused(
    context: Context, refusal: Refusal, credentials: Credentials, box: Document | None, mechanism: str
) -> SegurError:
    shown = str(box["shown"]) if box is not None else without_ins(credentials.mailbox)[:100]
    if not await context.store.has_sandbox(request.current_sandbox()):
        request.enter(request.Request(notes={}))  # a fact belongs to a country that exists
    await context.store.tell(
        MailAuthenticationRefused(attempt_id=new_id(), mailbox=shown, mechanism=mechanism, reason=refusal.name)
    )
    return refusal.error()

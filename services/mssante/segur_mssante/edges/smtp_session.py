"""What a submission session decides: who is logged in, to whom, and what becomes of the message."""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import ssl
import time
from typing import Any, cast

from aiosmtpd.smtp import MISSING, SMTP, AuthResult, Envelope, Session
from opentelemetry.context import Context as Trace
from opentelemetry.trace import SpanKind

from segur.contracts.mssante import MessageRefused
from segur.kernel import request, tracing
from segur.kernel.errors import Kind, SegurError, StoreAway
from segur.kernel.ids import new_id
from segur.personas.mailboxes import split_sandbox
from segur_mssante import errors, faults
from segur_mssante.context import Context
from segur_mssante.domain.attachments import read_envelope
from segur_mssante.domain.conformity import plain
from segur_mssante.domain.xoauth2 import refusal_json
from segur_mssante.operations.check_recipient import Recipient, check_recipient
from segur_mssante.operations.login import Opened, authority_of, login_with_certificate, login_with_token
from segur_mssante.operations.submit import Submission, submit
from segur_mssante.store import MailSession

log = logging.getLogger("segur.mssante.smtp")
_INVALID = "535 5.7.8 Authentication credentials invalid"
_TRACE = "traceparent="


class SubmissionSession:
    """The hooks aiosmtpd calls, for one connection."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._opened: Opened | None = None
        self._parent: Trace | None = None
        self._ending: MailSession | None = None
        self.recipients: list[Recipient] = []
        self.notify: frozenset[str] = frozenset()
        self.busy = False
        """True from the end of a message to its answer: the connection must not go in between."""

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Offer PLAIN only to who has shown a certificate; before TLS nothing but STARTTLS [digest 2.7]."""
        session.host_name = hostname
        self.recipients.clear()
        kept = [line for line in responses if "HELP" not in line and " AUTH" not in line and "-AUTH" not in line]
        if session.ssl is not None:
            plain = " PLAIN" if _certificate(session) else ""
            kept += ["250-PIPELINING", "250-ENHANCEDSTATUSCODES", "250-DSN", f"250-AUTH XOAUTH2{plain}"]
        return [*(f"250-{line[4:]}" for line in kept[:-1]), f"250 {kept[-1][4:]}"]

    async def handle_NOOP(self, server: SMTP, session: Session, envelope: Envelope, arg: str | None) -> str:
        """NOOP takes any words (RFC 5321, 4.1.1.9): `traceparent=…` puts the session into the caller's trace."""
        if arg and arg.startswith(_TRACE):
            self._parent = tracing.context_of(arg.removeprefix(_TRACE))
        return "250 2.0.0 OK"

    async def handle_RSET(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Forget the recipients."""
        self.recipients.clear()
        return "250 2.0.0 OK"

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        """People: one step with the token on the command line, or two."""
        return await self._auth(server, args, "XOAUTH2")

    async def auth_PLAIN(self, server: SMTP, args: list[str]) -> AuthResult:
        """Applications: the certificate of the connection decides."""
        return await self._auth(server, args, "PLAIN")

    async def _auth(self, server: SMTP, args: list[str], mechanism: str) -> AuthResult:
        begun = time.perf_counter()
        if len(args) == 1:
            message = await server.challenge_auth("")
            if message is MISSING:
                return AuthResult(success=False, handled=True)
        else:
            try:
                # "=" is an empty initial response (RFC 4954, section 4)
                message = b"" if args[1] == "=" else base64.b64decode(args[1], validate=True)
            except (binascii.Error, ValueError):
                return AuthResult(success=False, handled=False, message="501 5.5.2 Can't decode base64")
        answer: AuthResult
        with tracing.span(f"SMTP AUTH {mechanism}", kind=SpanKind.SERVER, parent=self._parent):
            try:
                if mechanism == "PLAIN":
                    assert server.session is not None
                    self._opened = await login_with_certificate(self._context, message, _certificate(server.session))
                else:
                    self._opened = await login_with_token(self._context, message)
                    self._hang_on(server)
                answer = AuthResult(success=True, auth_data=self._opened.login)
            except SegurError as error:
                answer = await self._refused(server, error, mechanism)
            shown = self._opened.shown if self._opened else ""
            status = "235" if answer.success else (answer.message or "535")
            self._context.journal("smtp", f"AUTH {mechanism}", shown, status, begun, actor=shown)
        return answer

    def _hang_on(self, server: SMTP) -> None:
        """The session ends with the Pro Santé Connect session whose token opened it."""
        assert self._opened is not None
        self._ending = cast(MailSession, server)
        self._context.psc_sessions.enter(self._opened.sandbox, self._opened.psc_session, self._ending)

    def left(self) -> None:
        """The connection is gone."""
        if self._opened is not None and self._ending is not None:
            self._context.psc_sessions.leave(self._opened.sandbox, self._opened.psc_session, self._ending)
            self._ending = None

    def over(self) -> bytes:
        """The reply that ends the session with its Pro Santé Connect session [ECO.1.2.6]."""
        opened = self._opened
        if opened is not None:
            words = "ECO.1.2.6: la session etait encore ouverte apres la deconnexion de Pro Sante Connect"
            shown = {"actor": opened.shown, "sandbox": opened.sandbox}
            self._context.journal("smtp", "421", opened.shown, f"421 {words}", time.perf_counter(), **shown)
        return reply(errors.SESSION_OVER.error()).encode() + b"\r\n"

    async def _refused(self, server: SMTP, error: SegurError, mechanism: str) -> AuthResult:
        tracing.fail(error.refusal.name)
        if error.kind is Kind.BUSY:
            return AuthResult(success=False, handled=False, message=reply(error))
        if mechanism == "PLAIN":
            message = "501 5.5.2 PLAIN malformed" if error.refusal is errors.LOGIN_MALFORMED else reply(error)
            return AuthResult(success=False, handled=False, message=message)
        if self._context.floor.faults.strikes(faults.AUTH_CUT, operation="login"):
            await server.push(b"334 " + base64.b64encode(refusal_json(error.code)))
            _cut(server, gently=True)
            return AuthResult(success=False, handled=True)
        # the client answers the JSON with an empty line before it gets its 535
        if await server.challenge_auth(refusal_json(error.code)) is MISSING:
            return AuthResult(success=False, handled=True)
        return AuthResult(success=False, handled=False, message=_INVALID)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Only the authenticated mailbox may send, under the name it logged in with or its plain one."""
        opened = self._opened
        assert opened is not None
        self.recipients.clear()
        if await self._context.floor.faults.delayed(faults.SMTP_MAINTENANCE, actor=opened.address):
            await server.push(reply(errors.MAINTENANCE.error()))
            _cut(server, gently=True)
            return ""
        sandbox, plain = split_sandbox(address)
        if plain != opened.address or sandbox not in ("", opened.sandbox):
            error = errors.FOREIGN_SENDER.error()
            await self._context.store.tell(
                MessageRefused(message_id=new_id(), sender=opened.shown, code=error.code, reason=error.text)
            )
            return reply(error)
        envelope.mail_from = opened.address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Only those who may receive."""
        opened = self._opened
        assert opened is not None
        if len(self.recipients) >= self._context.settings.max_recipients:
            return reply(errors.TOO_MANY_RECIPIENTS.error())
        try:
            recipient = await check_recipient(self._context, opened.shown, address, self.notify)
        except SegurError as error:
            return reply(error)
        if all(known.address != recipient.address for known in self.recipients):
            self.recipients.append(recipient)
        envelope.rcpt_tos.append(recipient.address)
        return "250 2.1.5 OK"

    async def take(self, server: SMTP, content: bytes) -> str:
        """The message is here: 250 only once it is kept."""
        opened = self._opened
        assert opened is not None
        board, begun = self._context.floor.faults, time.perf_counter()
        request.enter(request.Request(sandbox=opened.sandbox, notes={}))
        if board.strikes(faults.SMTP_CUT, actor=opened.address):
            _cut(server)
            return ""
        told = read_envelope(content).traceparent
        parent = tracing.context_of(told) if told else self._parent
        about: dict[str, str | int] = {"segur.sandbox": opened.sandbox, "mail.size": len(content)}
        with tracing.span("SMTP submit", kind=SpanKind.SERVER, parent=parent, attributes=about):
            try:
                number = await submit(self._context, self._submission(opened, content))
                answer = f"250 2.0.0 Ok: queued as {number}"
            except SegurError as error:
                answer = reply(error)
            shown = f"{opened.shown} > {', '.join(recipient.shown for recipient in self.recipients)}"[:500]
            self._context.journal("smtp", "DATA", shown, answer, begun, actor=opened.shown)
        if answer.startswith("250"):
            await board.delayed(faults.SMTP_SLOW, actor=opened.address)
            if board.strikes(faults.SMTP_CUT_AFTER, actor=opened.address):
                _cut(server)
                return ""
        return answer

    def _submission(self, opened: Opened, content: bytes) -> Submission:
        return Submission(opened.address, opened.shown, opened.kind, tuple(self.recipients), content, "ESMTPSA")

    async def too_large(self) -> str:
        """The message passed the limit: nothing of it is kept, the refusal is told."""
        opened = self._opened
        assert opened is not None
        error = errors.TOO_LARGE.error()
        await self._context.store.tell(
            MessageRefused(message_id=new_id(), sender=opened.shown, code=error.code, reason=error.text)
        )
        return reply(error)

    async def unforeseen(self, error: Exception) -> str:
        """What is not foreseen: the client keeps its message and tries again; the text stays in the log."""
        log.error("submission failed", exc_info=error)
        return reply(errors.UNAVAILABLE.error())


def reply(error: SegurError) -> str:
    """A refusal on one ASCII line; a store that is away is the operator's own trouble."""
    if isinstance(error, StoreAway):
        error = errors.UNAVAILABLE.error()
    line = " ".join(f"{error.code} {error.detail}".split())
    return plain(line).encode("ascii", "replace").decode()[:500]


def _certificate(session: Session) -> Any:
    tls = (session.ssl or {}).get("ssl_object")
    return authority_of(tls.getpeercert(binary_form=True)) if isinstance(tls, ssl.SSLObject) else None


def _cut(server: SMTP, *, gently: bool = False) -> None:
    """Close the connection after what was written, or as a broken network would."""
    if server.transport is None:
        return
    if gently:
        server.transport.close()
    else:
        # the socket itself: TLS would say goodbye
        cast(asyncio.Transport, server._original_transport or server.transport).abort()

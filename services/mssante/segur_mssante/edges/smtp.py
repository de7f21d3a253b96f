"""SMTP submission: STARTTLS, then AUTH XOAUTH2, then mail [MSSanté digest 2.2, 2.4, 5.4]; aiosmtpd's protocol."""

from __future__ import annotations

import base64
import binascii
import logging
import ssl
from collections import defaultdict
from typing import Any

from aiosmtpd.smtp import MISSING, SMTP, AuthResult, Envelope, Session

from segur.kernel.errors import Kind, SegurError
from segur_mssante import errors
from segur_mssante.context import Context
from segur_mssante.domain.xoauth2 import refusal_json
from segur_mssante.operations.login import login
from segur_mssante.operations.submit import check_recipient, submit

log = logging.getLogger("segur.mssante.smtp")
_AUTH_LINE = 12_288
"""Longest AUTH line: a JWT does not fit into 512 octets (RFC 4954, section 4)."""


class SubmissionServer(SMTP):
    """One connection."""

    line_length_limit = 65_536

    def __init__(self, context: Context, tls: ssl.SSLContext) -> None:
        super().__init__(
            SubmissionHandler(context),
            data_size_limit=context.settings.max_message_bytes,
            hostname=context.settings.mail_host,
            ident="SegurStack MSSante",
            tls_context=tls,
            require_starttls=True,
            auth_required=True,
            auth_require_tls=True,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],
        )
        self.command_size_limits = defaultdict(lambda: 512, AUTH=_AUTH_LINE)

    async def push(self, status: Any) -> None:
        """Write a reply; aiosmtpd's own refusals of size get their enhanced status code."""
        if isinstance(status, str) and status.startswith("552 Error"):
            status = reply(errors.TOO_LARGE.error())
        await super().push(status)


class SubmissionHandler:
    """The hooks aiosmtpd calls."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        """One step with the token on the command line, or two."""
        if len(args) == 1:
            message = await server.challenge_auth("")
            if message is MISSING:
                return AuthResult(success=False, handled=True)
        else:
            try:
                message = base64.b64decode(args[1], validate=True)
            except binascii.Error:
                return AuthResult(success=False, handled=False, message="501 5.5.2 Can't decode base64")
        try:
            mailbox = await login(self._context, message)
        except SegurError as error:
            if error.kind is Kind.BUSY:
                return AuthResult(success=False, handled=False, message=reply(error))
            # the client answers the JSON with an empty line before it gets its 535
            if await server.challenge_auth(refusal_json(error.code)) is MISSING:
                return AuthResult(success=False, handled=True)
            return AuthResult(success=False, handled=False, message="535 5.7.8 Authentication credentials invalid")
        return AuthResult(success=True, auth_data=mailbox)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Only the authenticated mailbox may send."""
        if address.lower() != session.auth_data:
            return reply(errors.FOREIGN_SENDER.error(field="MAIL FROM"))
        envelope.mail_from = address.lower()
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Only open mailboxes receive."""
        try:
            envelope.rcpt_tos.append(await check_recipient(self._context, address))
        except SegurError as error:
            return reply(error)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """250 only once the message is kept."""
        try:
            number = await submit(
                self._context, str(session.auth_data), envelope.rcpt_tos, envelope.original_content or b""
            )
        except SegurError as error:
            return reply(error)
        return f"250 2.0.0 Ok: queued as {number}"

    async def handle_exception(self, error: Exception) -> str:
        """What is not foreseen: the client keeps its message and tries again; the text stays in the log."""
        log.error("submission failed", exc_info=error)
        return reply(errors.UNAVAILABLE.error())


def reply(error: SegurError) -> str:
    """A refusal on one ASCII line."""
    line = " ".join(f"{error.code} {error.detail}".split())
    return line.encode("ascii", "replace").decode()[:500]

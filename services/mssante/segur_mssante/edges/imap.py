"""An IMAP4rev1 server behind TLS, with XOAUTH2 and PLAIN [MSSanté digest 2.2, 2.4, 2.7]; RFC 3501.

Own server: pymap refuses the initial response of SASL, which clients send, and twisted's brings its own reactor. Other
extensions: LITERAL+ (7888), IDLE (2177), UIDPLUS (4315), MOVE (6851), UNSELECT (3691), SPECIAL-USE (6154), NAMESPACE
(2342), ID (2971), QUOTA (2087), ENABLE (5161), CHILDREN (3348), APPENDLIMIT (7889).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import ssl
import time

from opentelemetry.context import Context as Trace
from opentelemetry.trace import SpanKind

from segur.kernel import request, tracing
from segur.kernel.errors import Kind, SegurError
from segur.kernel.store import Conflict
from segur_mssante import errors, faults
from segur_mssante.context import Context
from segur_mssante.domain.conformity import plain
from segur_mssante.domain.imap_syntax import BadCommand, text
from segur_mssante.domain.xoauth2 import refusal_json
from segur_mssante.edges.imap_folders import FolderCommands
from segur_mssante.edges.imap_messages import MessageCommands
from segur_mssante.edges.imap_wire import Command, Gone, Wire
from segur_mssante.operations.login import Opened, authority_of, login_with_certificate, login_with_token

log = logging.getLogger("segur.mssante.imap")
_EXTENSIONS = "ID IDLE LITERAL+ NAMESPACE UIDPLUS MOVE UNSELECT SPECIAL-USE QUOTA ENABLE CHILDREN"
_MISTAKES = 30
"""After so many commands that could not be read, the client is no mail client."""
_TRACED = frozenset({"SELECT", "EXAMINE", "FETCH", "SEARCH", "STORE", "COPY", "MOVE", "EXPUNGE", "APPEND"})
_IDENTITY = '* ID ("name" "SegurStack MSSante" "vendor" "SegurStack")'


class ImapSession:
    """One connection."""

    def __init__(
        self,
        context: Context,
        tls: ssl.SSLContext,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        secured: bool,
    ) -> None:
        self._context, self._tls, self._encrypted = context, tls, secured
        self._wire = Wire(reader, writer, context.settings.mail_login_s)
        self._opened: Opened | None = None
        self._folders: FolderCommands | None = None
        self._messages: MessageCommands | None = None
        self._parent: Trace | None = None
        self._mistakes = 0
        self._farewell = "service en maintenance"
        self._busy = False
        self._running: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Serve until the client leaves."""
        self._running = asyncio.current_task()
        try:
            await self._wire.send(f"* OK [CAPABILITY {self._capabilities}] SegurStack MSSante")
            while await self._next():
                pass
        except Gone as gone:
            if str(gone):
                self._wire.goodbye(str(gone))
        except asyncio.CancelledError:
            self._wire.goodbye(self._farewell)
            raise
        finally:
            if self._opened is not None:
                self._context.psc_sessions.leave(self._opened.sandbox, self._opened.psc_session, self)

    def end(self) -> None:
        """The Pro Santé Connect session is over: say so once the command under way is answered [ECO.1.2.6]."""
        self._farewell = plain(errors.SESSION_OVER.text)
        opened = self._opened
        if opened is not None:
            self._context.psc_sessions.leave(opened.sandbox, opened.psc_session, self)
            words = "ECO.1.2.6: la session etait encore ouverte apres la deconnexion de Pro Sante Connect"
            shown = {"actor": opened.shown, "sandbox": opened.sandbox}
            self._context.journal("imap", "BYE", opened.shown, f"BYE {words}", time.perf_counter(), **shown)
        if not self._busy and self._running is not None:
            self._running.cancel()

    @property
    def _capabilities(self) -> str:
        told = self._context.settings
        limit = f"APPENDLIMIT={told.max_message_bytes}"
        if self._opened is not None:
            return f"IMAP4rev1 {_EXTENSIONS} {limit}"
        if not self._encrypted:
            return "IMAP4rev1 STARTTLS LOGINDISABLED"
        initial = " SASL-IR" if told.imap_sasl_ir else ""
        plain = " AUTH=PLAIN" if self._wire.certificate else ""
        return f"IMAP4rev1{initial} AUTH=XOAUTH2{plain} LOGINDISABLED {_EXTENSIONS} {limit}"

    async def _next(self) -> bool:
        """One command; False when it was the last."""
        told = self._context.settings
        try:
            if self._opened is None:
                command = await self._wire.command(told.mail_login_s)
            else:
                command = await self._wire.command(told.mail_idle_s, told.max_message_bytes)
        except BadCommand as error:
            answer = str(error)
            await self._mistaken(answer if " NO [" in answer or " BAD " in answer else f"* BAD {answer.lstrip('* ')}")
            return True
        request_of = self._opened.sandbox if self._opened else request.DEFAULT_SANDBOX
        request.enter(request.Request(sandbox=request_of, notes={}))
        if command.name in _TRACED and self._opened is not None:
            with tracing.span(f"IMAP {command.name}", kind=SpanKind.SERVER, parent=self._parent):
                return await self._answered(command)
        return await self._answered(command)

    async def _answered(self, command: Command) -> bool:
        tag, name = command.tag, command.name
        self._busy = name != "IDLE"  # to wait for mail is not to be at work
        try:
            if self._opened is not None and name != "LOGOUT" and await self._broken(command):
                return True
            return await self._serve(command)
        except BadCommand as error:
            await self._mistaken(f"{tag} BAD {error}")
        except SegurError as error:
            await self._wire.send(f"{tag} NO {_words(error)}")
        except Conflict:
            await self._wire.send(f"{tag} NO [EXPUNGEISSUED] a message is gone, or somebody was faster")
        except Gone:
            raise
        except Exception:  # the client gets no trace, the log does
            log.exception("IMAP %s", name[:20])
            tracing.fail("unhandled")
            await self._wire.send(f"{tag} NO [SERVERBUG] Internal error")
        finally:
            self._busy = False
        if self._farewell == plain(errors.SESSION_OVER.text):
            raise Gone(self._farewell)
        return True

    async def _mistaken(self, answer: str) -> None:
        self._mistakes += 1
        await self._wire.send(answer)
        if self._mistakes >= _MISTAKES:
            raise Gone("too many mistakes")

    async def _broken(self, command: Command) -> bool:
        """Whether a fault answered instead."""
        board, name = self._context.floor.faults, command.name
        actor = self._opened.address if self._opened else ""
        await board.delayed(faults.IMAP_SLOW, operation=name, actor=actor)
        if board.strikes(faults.IMAP_BYE, operation=name, actor=actor):
            raise Gone("session fermee par l'operateur")
        if await board.delayed(faults.IMAP_UNAVAILABLE, operation=name, actor=actor):
            await self._wire.send(f"{command.tag} NO [UNAVAILABLE] Temporarily unavailable")
            return True
        if name in ("MOVE", "APPEND") and await board.delayed(faults.IMAP_MOVE, operation=name, actor=actor):
            await self._wire.send(f"{command.tag} NO [SERVERBUG] Internal error")
            return True
        return False

    async def _serve(self, command: Command) -> bool:
        tag, name = command.tag, command.name
        if name == "CAPABILITY":
            await self._wire.send(f"* CAPABILITY {self._capabilities}", f"{tag} OK CAPABILITY completed")
        elif name == "LOGOUT":
            await self._wire.send("* BYE Au revoir", f"{tag} OK LOGOUT completed")
            return False
        elif name == "NOOP":
            answers = await self._messages.refresh() if self._messages else []
            await self._wire.send(*answers, f"{tag} OK NOOP completed")
        elif name == "ID":
            self._identify(command)
            await self._wire.send(_IDENTITY, f"{tag} OK ID completed")
        elif name == "STARTTLS":
            await self._start_tls(tag)
        elif name == "LOGIN":
            code = "CANNOT" if self._encrypted else "PRIVACYREQUIRED"
            await self._wire.send(f"{tag} NO [{code}] LOGIN is disabled: STARTTLS, then AUTHENTICATE XOAUTH2")
        elif name == "AUTHENTICATE":
            await self._authenticate(command)
        elif self._folders is None or self._messages is None:
            raise BadCommand(f"{name[:20]}: authenticate first")
        elif not await self._messages.serve(command) and not await self._folders.serve(command):
            raise BadCommand(f"{name[:20]}: not known, or not in this state")
        return True

    def _identify(self, command: Command) -> None:
        """ID may carry any field (RFC 2971): `traceparent` puts the session into the caller's trace."""
        told = command.words()
        fields = told[0] if told and isinstance(told[0], list) else []
        pairs = dict(zip((text(f).lower() for f in fields[::2]), fields[1::2], strict=False))
        if "traceparent" in pairs:
            self._parent = tracing.context_of(text(pairs["traceparent"]))

    async def _start_tls(self, tag: str) -> None:
        if self._encrypted or self._opened is not None:
            raise BadCommand("STARTTLS: already under TLS")
        await self._wire.send(f"{tag} OK Begin TLS now")
        await self._wire.start_tls(self._tls)
        self._encrypted = True

    async def _authenticate(self, command: Command) -> None:
        tag, begun = command.tag, time.perf_counter()
        mechanism, _, initial = command.rest.strip().partition(" ")
        mechanism = mechanism.upper()
        if not self._encrypted:
            await self._wire.send(f"{tag} NO [PRIVACYREQUIRED] STARTTLS first")
            return
        if self._opened is not None:
            raise BadCommand("AUTHENTICATE: already done")
        if mechanism not in ("XOAUTH2", "PLAIN"):
            await self._wire.send(f"{tag} NO [CANNOT] XOAUTH2, or PLAIN with a client certificate")
            return
        if initial and not self._context.settings.imap_sasl_ir:
            raise BadCommand("AUTHENTICATE: no initial response, wait for the continuation")
        if not initial:
            await self._wire.send("+ ")
            initial = (await self._wire.line()).decode("ascii", "replace")
        if initial.strip() == "*":
            raise BadCommand("AUTHENTICATE: cancelled")
        try:
            message = b"" if initial.strip() == "=" else base64.b64decode(initial.strip(), validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadCommand("AUTHENTICATE: base64 expected") from error
        with tracing.span(f"IMAP AUTHENTICATE {mechanism}", kind=SpanKind.SERVER, parent=self._parent):
            try:
                if mechanism == "PLAIN":
                    shown = authority_of(self._wire.certificate)
                    opened = await login_with_certificate(self._context, message, shown, reads_only=True)
                else:
                    opened = await login_with_token(self._context, message)
            except SegurError as error:
                tracing.fail(error.refusal.name)
                self._context.journal("imap", f"AUTHENTICATE {mechanism}", "", f"NO {error.code}", begun)
                await self._refused(tag, mechanism, error)
                return
            self._context.journal("imap", f"AUTHENTICATE {mechanism}", opened.shown, "OK", begun, actor=opened.shown)
        self._opened = opened
        self._context.psc_sessions.enter(opened.sandbox, opened.psc_session, self)
        self._messages = MessageCommands(self._context, self._wire, opened)
        self._folders = FolderCommands(self._context, self._wire, opened, self._messages.refresh)
        await self._wire.send(f"{tag} OK [CAPABILITY {self._capabilities}] Logged in")

    async def _refused(self, tag: str, mechanism: str, error: SegurError) -> None:
        if error.kind is Kind.BUSY:
            await self._wire.send(f"{tag} NO {_words(error)}")
            return
        if mechanism == "XOAUTH2":
            await self._wire.send(f"+ {base64.b64encode(refusal_json(error.code)).decode()}")
            await self._wire.line()
        await self._wire.send(f"{tag} NO [AUTHENTICATIONFAILED] Authentication failed")
        self._mistakes += 5
        if self._mistakes >= _MISTAKES:
            raise Gone("too many failed logins")


def _words(error: SegurError) -> str:
    """A refusal in ASCII, marked as passing when it is."""
    code = "[UNAVAILABLE] " if error.kind is Kind.BUSY else ""
    return code + plain(error.text).encode("ascii", "replace").decode()

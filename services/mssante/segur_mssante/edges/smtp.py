"""SMTP submission: STARTTLS, then AUTH, then mail [MSSanté digest 2.2, 2.4, 5.4]; aiosmtpd's protocol, our replies.

aiosmtpd does the dialogue. Ours are: enhanced status codes on every reply (RFC 2034), the DSN parameters it refuses
(RFC 3461), and the DATA phase, which it reads line by line (20 MB/s at best on 100 kB mails).
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from collections import defaultdict
from typing import Any, cast

from aiosmtpd.smtp import SMTP, TLSSetupException

from segur_mssante import errors
from segur_mssante.context import Context
from segur_mssante.edges.connections import Gate
from segur_mssante.edges.smtp_session import SubmissionSession, reply

# aiosmtpd logs every address at INFO, and a citizen's address is an INS
logging.getLogger("mail.log").setLevel(logging.CRITICAL)

_AUTH_LINE = 12_288
"""Longest AUTH line: a JWT does not fit into 512 octets (RFC 4954, section 4)."""
_COMMAND_LINE = 2_048
_STREAM = 65_536
_END = b"\r\n.\r\n"
_BARE = re.compile(r"([245]\d\d) (?!\d\.\d)")
_ENHANCED = {
    "221": "2.0.0",
    "250": "2.0.0",
    "252": "2.0.0",
    "454": "4.7.0",
    "500": "5.5.2",
    "501": "5.5.4",
    "502": "5.5.1",
    "503": "5.5.1",
    "504": "5.5.4",
    "530": "5.7.0",
    "553": "5.1.3",
    "555": "5.5.4",
}
_OWN_WORDS = {"500 Error: command": "5.5.1"}
_DSN_OF_MAIL = re.compile(r"\s(?:RET=(?:FULL|HDRS)|ENVID=[!-~]{1,100}|AUTH=\S{1,500})(?=\s|\Z)", re.I)
_DSN_OF_RCPT = re.compile(r"\s(?:NOTIFY=(?P<notify>[A-Z,]{1,40})|ORCPT=[!-~]{1,500})(?=\s|\Z)", re.I)
_NOTIFY = frozenset({"NEVER", "SUCCESS", "FAILURE", "DELAY"})


class SubmissionServer(SMTP):
    """One connection."""

    line_length_limit = _STREAM

    def __init__(self, context: Context, tls: ssl.SSLContext, gate: Gate) -> None:
        self.hooks = SubmissionSession(context)
        self._gate, self._counted, self._greeting = gate, False, False
        super().__init__(
            self.hooks,
            data_size_limit=context.settings.max_message_bytes,
            enable_SMTPUTF8=True,
            hostname=context.settings.mail_host,
            ident="SegurStack MSSante",
            tls_context=tls,
            require_starttls=True,
            auth_required=True,
            auth_require_tls=True,
            auth_exclude_mechanism=["LOGIN"],
        )
        self.command_size_limits = defaultdict(lambda: _COMMAND_LINE, AUTH=_AUTH_LINE)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, unless its address holds too many already."""
        if self._original_transport is None:
            self._counted = self._gate.enter(self, transport)
            if not self._counted:
                cast(asyncio.Transport, transport).write(b"421 4.7.0 trop de connexions\r\n")
                transport.close()
                return
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Count it out."""
        if self._counted:
            self._counted = False  # after a failed handshake aiosmtpd says so twice
            self._gate.leave(self)
            self.hooks.left()
            super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        """Nothing is read from a connection that was turned away."""
        if self._counted:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        """The client said all it has to say."""
        return super().eof_received() if self._counted else None

    async def farewell(self, last: bytes = b"") -> None:
        """Say that the service goes, unless a message is being kept right now: its 250 must still leave."""
        while self.hooks.busy:
            await asyncio.sleep(0.02)
        if self.transport is not None:
            self._writer.write(last or reply(errors.MAINTENANCE.error()).encode() + b"\r\n")
            self.transport.close()

    def end(self) -> None:
        """The Pro Santé Connect session is over: 421, after the message that is being kept."""
        self.hooks.left()
        self._goodbye = asyncio.create_task(self.farewell(self.hooks.over()))

    async def push(self, status: Any) -> None:
        """Write a reply; aiosmtpd's own get their enhanced status code, in ASCII. An empty one says nothing."""
        if not status:
            return
        if isinstance(status, bytes):
            status = status.decode("ascii", "replace")
        if status.startswith("552 Error"):
            status = await self.hooks.too_large()
        elif (match := _BARE.match(status)) and not self._greeting:
            own = next((code for words, code in _OWN_WORDS.items() if status.startswith(words)), None)
            if code := _ENHANCED.get(match[1], "") if own is None else own:
                status = f"{match[1]} {code} {status[4:]}"
        await super().push(status.encode("ascii", "replace"))

    async def handle_exception(self, error: Exception) -> str:
        """A handshake that fails is the client's affair; anything else is ours, and the client keeps its message."""
        if isinstance(error, TLSSetupException):
            return "454 4.7.0 TLS"
        return await self.hooks.unforeseen(error)

    async def smtp_EHLO(self, hostname: str) -> None:
        """The answer lists words, which carry no status."""
        self._greeting = True
        await super().smtp_EHLO(hostname)
        self._greeting = False

    async def smtp_HELO(self, hostname: str) -> None:
        """The same."""
        self._greeting = True
        await super().smtp_HELO(hostname)
        self._greeting = False

    async def smtp_AUTH(self, arg: str) -> None:
        """Names of mechanisms are compared without case (RFC 4422)."""
        mechanism, space, rest = (arg or "").partition(" ")
        await super().smtp_AUTH(f"{mechanism.upper()}{space}{rest}")

    async def smtp_MAIL(self, arg: str | None) -> None:
        """Take RET, ENVID and AUTH, which aiosmtpd does not know."""
        await super().smtp_MAIL(_DSN_OF_MAIL.sub("", arg) if arg else arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        """Take NOTIFY and ORCPT."""
        wanted = [match["notify"].upper() for match in _DSN_OF_RCPT.finditer(arg or "") if match["notify"]]
        self.hooks.notify = frozenset(wanted[0].split(",")) if wanted else frozenset()
        if not self.hooks.notify <= _NOTIFY:
            await self.push("501 5.5.4 NOTIFY: NEVER, or SUCCESS, FAILURE, DELAY")
            return
        await super().smtp_RCPT(_DSN_OF_RCPT.sub("", arg) if arg else arg)

    async def smtp_DATA(self, arg: str) -> None:
        """Read to the final dot in large pieces, then act."""
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        assert self.envelope is not None
        if not self.envelope.rcpt_tos:
            await self.push("503 Error: need RCPT command")
            return
        if arg:
            await self.push("501 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        content = await self._read_data()
        self.hooks.busy = True
        try:
            await self.push(await (self.hooks.too_large() if content is None else self.hooks.take(self, content)))
        finally:
            self.hooks.busy = False
            self.hooks.recipients.clear()
            self.envelope = self._create_envelope()

    async def _read_data(self) -> bytes | None:
        """The message, dots removed; None when it was too large (it is read to its end all the same)."""
        reader = self._reader
        # a line break before the first line makes every end look the same, also that of an empty message
        reader._buffer[:0] = b"\r\n"  # type: ignore[attr-defined]
        pieces: list[bytes] = []
        size, limit = 0, self.data_size_limit or 0
        while True:
            try:
                piece, more = await reader.readuntil(_END), False
            except asyncio.LimitOverrunError as error:
                piece, more = await reader.readexactly(error.consumed), True
            self._reset_timeout()
            size += len(piece)
            if size > limit + len(_END) + 2:
                pieces.clear()
            else:
                pieces.append(piece)
            if not more:
                break
        if size > limit + len(_END) + 2:
            return None
        return b"".join(pieces)[: -len(_END) + 2].replace(b"\r\n.", b"\r\n")[2:]

"""The sockets of the mail doors, as listeners of the runner."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import Any

from segur.kernel.pki import Authority
from segur.kernel.tls import MSSANTE_SUITES, server_context
from segur_mssante.context import Context
from segur_mssante.edges.connections import Gate
from segur_mssante.edges.imap import ImapSession
from segur_mssante.edges.smtp import SubmissionServer
from segur_mssante.settings import Settings

_LINE = 65_536
_HANDSHAKE_S = 20.0
_GOODBYE_S = 8.0
_CLOSE_S = 2.0


def mail_tls(settings: Settings) -> ssl.SSLContext:
    """TLS 1.2 or later with the suites of MSSanté; a client certificate is asked for [MSSanté digest 2.3, 2.4]."""
    authority = Authority.of_home(settings.home)
    names = tuple(dict.fromkeys((settings.host, settings.mail_host)))
    identity = authority.issue("mssante", "server", common_name="mssante", dns=names)
    return server_context(identity, authority.bundle, ciphers=MSSANTE_SUITES)


class SmtpListener:
    """SMTP submission, STARTTLS."""

    def __init__(self, context: Context, tls: ssl.SSLContext) -> None:
        self._context, self._tls = context, tls
        self._gate = Gate(context.settings.mail_connections)
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        told = self._context.settings
        self._server = await asyncio.get_running_loop().create_server(
            lambda: SubmissionServer(self._context, self._tls, self._gate), told.door_host, told.smtp_port
        )

    async def stop(self) -> None:
        """Take no further connections; answer the messages under way, then say goodbye."""
        if self._server is not None:
            self._server.close()
        sessions: list[SubmissionServer] = self._gate.inside
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*(session.farewell() for session in sessions)), _GOODBYE_S)


class ImapListener:
    """IMAP: STARTTLS, or with `secured` TLS from the first byte."""

    def __init__(self, context: Context, tls: ssl.SSLContext, *, secured: bool = False) -> None:
        self._context, self._tls, self._secured = context, tls, secured
        self._gate = Gate(context.settings.mail_connections)
        self._server: asyncio.Server | None = None
        self._sessions: set[asyncio.Task[None]] = set()
        self._serving: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        """Listen."""
        told = self._context.settings
        port = told.imaps_port if self._secured else told.imap_port
        self._server = await asyncio.start_server(
            self._serve,
            told.door_host,
            port,
            limit=_LINE,
            ssl=self._tls if self._secured else None,
            ssl_handshake_timeout=_HANDSHAKE_S if self._secured else None,
        )

    async def stop(self) -> None:
        """Take no further connections and end those there are with a BYE."""
        if self._server is not None:
            self._server.close()
        for session in self._sessions:
            session.cancel()
        if self._serving:
            await asyncio.wait(self._serving, timeout=_GOODBYE_S)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._gate.enter(writer, writer.transport):
            writer.write(b"* BYE [UNAVAILABLE] trop de connexions\r\n")
            writer.close()
            return
        serving = asyncio.current_task()
        assert serving is not None
        self._serving.add(serving)
        session = ImapSession(self._context, self._tls, reader, writer, secured=self._secured)
        task = asyncio.create_task(session.run())
        self._sessions.add(task)
        try:
            await asyncio.wait([task])
            if not task.cancelled() and (error := task.exception()) and not isinstance(error, OSError | EOFError):
                raise error
        finally:
            self._sessions.discard(task)
            self._gate.leave(writer)
            writer.close()
            try:
                await asyncio.wait_for(writer.wait_closed(), _CLOSE_S)
            except (OSError, TimeoutError):  # the peer does not answer TLS's goodbye
                writer.transport.abort()
            self._serving.discard(serving)

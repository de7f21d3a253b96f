"""The two mail doors as listeners of the runner."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

from segur.kernel.pki import Authority
from segur.kernel.settings import KernelSettings
from segur.kernel.tls import MSSANTE_SUITES, server_context
from segur_mssante.context import Context
from segur_mssante.edges.imap import ImapSession
from segur_mssante.edges.smtp import SubmissionServer

_LINE = 65_536


def mail_tls(settings: KernelSettings) -> ssl.SSLContext:
    """TLS 1.2 or later with the suites of MSSanté [MSSanté digest 2.3]."""
    authority = Authority.of_home(settings.home)
    identity = authority.issue("mssante", "server", common_name="mssante", dns=(settings.host,))
    return server_context(identity, authority.bundle, ciphers=MSSANTE_SUITES)


class SmtpListener:
    """SMTP submission."""

    def __init__(self, context: Context, tls: ssl.SSLContext) -> None:
        self._context, self._tls = context, tls
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        told = self._context.settings
        self._server = await asyncio.get_running_loop().create_server(
            lambda: SubmissionServer(self._context, self._tls), told.host, told.smtp_port
        )

    async def stop(self) -> None:
        """Take no further connections."""
        if self._server is not None:
            self._server.close()


class ImapListener:
    """IMAP."""

    def __init__(self, context: Context, tls: ssl.SSLContext) -> None:
        self._context, self._tls = context, tls
        self._server: asyncio.Server | None = None
        self._sessions: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen."""
        told = self._context.settings
        self._server = await asyncio.start_server(self._serve, told.host, told.imap_port, limit=_LINE)

    async def stop(self) -> None:
        """Take no further connections and end those there are."""
        if self._server is not None:
            self._server.close()
        for session in self._sessions:
            session.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(ImapSession(self._context, self._tls, reader, writer).run())
        self._sessions.add(task)
        try:
            await asyncio.wait([task])
            if not task.cancelled() and (error := task.exception()) and not isinstance(error, OSError | EOFError):
                raise error
        finally:
            self._sessions.discard(task)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

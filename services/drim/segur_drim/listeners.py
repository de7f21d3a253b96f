"""What moves the box besides requests: the MLLP door of the RIS, the end of Pro Santé Connect sessions, and the DMP.

A real box hears nothing from the DMP: what is heard here is kept for the resynchronisation (SO.28), which has nothing
else to see a report's visibility by, as a structure may not read metadata.
"""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime

from segur.contracts import Envelope
from segur.contracts.dmp import DocumentDeleted
from segur.contracts.psc import SessionClosed
from segur.kernel.delivery import Handler
from segur_drim.context import Context
from segur_drim.edges.mllp import MllpSession
from segur_drim.operations.heed_dmp import VISIBILITY, note_deletion, note_visibility

_BUFFER = 256 * 1024


def handlers(context: Context) -> dict[str, Handler]:
    """Fact type to what it does here."""

    async def logged_out(envelope: Envelope) -> None:
        await context.archive.commit([context.archive.closing_session(envelope.subject, datetime.now(UTC))])

    async def seen(envelope: Envelope) -> None:
        if isinstance(envelope.fact, VISIBILITY):
            await note_visibility(context, envelope.fact, envelope.time)

    async def deleted(envelope: Envelope) -> None:
        await note_deletion(context, envelope.subject, envelope.time)

    return {
        SessionClosed.type: logged_out,
        **{fact.type: seen for fact in VISIBILITY},
        DocumentDeleted.type: deleted,
    }


class MllpListener:
    """Listens for the RIS."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._server: asyncio.Server | None = None
        self._sessions: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen; raise `OSError` naming the port when it is taken."""
        told = self._context.settings
        self._server = await asyncio.start_server(self._serve, told.door_host, told.mllp_port, limit=_BUFFER)

    async def stop(self) -> None:
        """Take no further connections and end those there are: what was not acknowledged will come again."""
        if self._server is not None:
            self._server.close()
        for session in self._sessions:
            session.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._sessions) >= self._context.settings.mllp_connections:
            writer.close()
            return
        task = asyncio.create_task(MllpSession(self._context, reader, writer).run())
        self._sessions.add(task)
        try:
            await asyncio.wait([task])
            if not task.cancelled() and (error := task.exception()) and not isinstance(error, OSError):
                raise error
        finally:
            self._sessions.discard(task)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

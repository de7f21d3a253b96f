"""A Pro Santé Connect session is over: its mail sessions end, and its tokens open none any more [MSSanté digest 2.4].

ECO.1.2.6 asks the software to leave by itself; it has a few seconds to do so. Then the operator says goodbye and the
journal says that the software did not.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from segur_mssante.context import Context


async def note_closed(context: Context, session: str) -> None:
    """Remember that the session is closed."""
    await context.floor.store.commit([context.psc_sessions.closing(session, datetime.now(UTC))])


async def end_mail_sessions(context: Context) -> int:
    """End the mail sessions whose time to leave is over; give how many there were."""
    before = datetime.now(UTC) - timedelta(seconds=context.settings.psc_logout_grace_s)
    ended = await context.psc_sessions.ended(before)
    for session in ended:
        session.end()
    return len(ended)

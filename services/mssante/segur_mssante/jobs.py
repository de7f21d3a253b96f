"""What the operator does by itself."""

from __future__ import annotations

from datetime import timedelta

from segur.kernel.service import Job
from segur_mssante.context import Context
from segur_mssante.operations.end_psc_session import end_mail_sessions


def jobs(context: Context) -> tuple[Job, ...]:
    """The jobs of the service."""

    async def end() -> None:
        await end_mail_sessions(context)

    return (Job("end mail sessions of closed logins", timedelta(seconds=1), end),)

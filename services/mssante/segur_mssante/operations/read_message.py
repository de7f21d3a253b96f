"""A mailbox's holder reads a message: told once, in the trace of its submission [MSSanté digest 4.4]."""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry.trace import SpanKind

from segur.contracts.mssante import MessageRead
from segur.kernel import tracing
from segur.kernel.store import Document
from segur_mssante.context import Context

SEEN = "\\Seen"


_ONE_BY_ONE = 20


async def set_flags(
    context: Context, mailbox: str, shown: str, rows: Sequence[Document], flags: Sequence[list[str]]
) -> None:
    """Give each row its new flags; the first `\\Seen` of a received message is a reading, and told.

    The reading goes on in the trace that brought the message: IMAP carries no trace, the message joins them. Many
    readings at once ("mark all as read") are one commit, in the trace of the first.
    """
    readings: list[Document] = []
    others: list[Document] = []
    for row, wanted in zip(rows, flags, strict=True):
        row["flags"] = wanted
        if SEEN in wanted and not row["read"]:
            row["read"] = True
            readings.append(row)
        else:
            others.append(row)
    if others:
        await context.store.set_flags(mailbox, others, ())
    groups = [[row] for row in readings] if len(readings) <= _ONE_BY_ONE else [readings]
    for group in groups:
        facts = [MessageRead(message_id=row["message_id"], mailbox=shown) for row in group]
        parent = tracing.context_of(group[0]["trace"]) if group[0]["trace"] else None
        with tracing.span("IMAP read", kind=SpanKind.SERVER, parent=parent):
            await context.store.set_flags(mailbox, group, facts)

"""What the DMP says of documents the box has to do with: a report is seen by others now, a report or a KOS is deleted.

It is kept, for the resynchronisation to compare; with `SEGUR_DRIM_FOLLOW_DMP` the KOS follows at once.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from segur.contracts.dmp import DocumentHidden, DocumentMasked, DocumentShown, DocumentUnmasked
from segur.kernel import tracing
from segur.kernel.store import Document, Insert, Write
from segur_drim.context import Context
from segur_drim.domain.report import HIDDEN_FROM_PATIENT, HIDDEN_FROM_REPRESENTATIVES, MASKED
from segur_drim.store import FOLLOW

VISIBILITY: Final = (DocumentMasked, DocumentUnmasked, DocumentShown, DocumentHidden)


async def note_visibility(
    context: Context, fact: DocumentMasked | DocumentUnmasked | DocumentShown | DocumentHidden, at: datetime
) -> None:
    """Who sees a report is another question now; what the RIS has said since `at` holds against it."""
    seen = {
        HIDDEN_FROM_PATIENT: fact.hidden_from_patient,
        HIDDEN_FROM_REPRESENTATIVES: fact.hidden_from_representatives,
    }
    if isinstance(fact, DocumentMasked | DocumentUnmasked):
        seen[MASKED] = isinstance(fact, DocumentMasked)
    rows = await _standing(context, fact.document_id, at)
    await _commit(context, rows, [context.reports.noting(row, seen) for row in rows])


async def note_deletion(context: Context, document_id: str, at: datetime) -> None:
    """A report was deleted, or a KOS of ours by somebody else: then the next one replaces nothing."""
    rows = await _standing(context, document_id, at)
    ended: list[Write] = [context.reports.ending_if_it_stands(row, "deleted") for row in rows]
    await _commit(context, rows, [*ended, context.publications.ending(document_id, "deleted")])


async def _standing(context: Context, document_id: str, at: datetime) -> list[Document]:
    rows = await context.reports.of_document(document_id)
    return [row for row in rows if not row.get("ended") and row["received"] <= at]


async def _commit(context: Context, rows: list[Document], writes: list[Write]) -> None:
    asked: list[Insert] = []
    if context.settings.drim_follow_dmp and rows:
        now, trace = datetime.now(UTC), tracing.current_traceparent()
        studies = dict.fromkeys(str(uid) for row in rows for uid in row["studies"])
        asked = [context.publications.asking(uid, str(rows[-1]["blob"]), trace, now, act=FOLLOW) for uid in studies]
    await context.archive.commit([*writes, *asked])
    context.due.ring(one.document for one in asked)

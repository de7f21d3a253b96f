"""The report is withdrawn (ORC-1 `CA`, MDM^T04): it stands no longer, and its KOS leaves the DMP [DB/SO.97, DB/RIS.10].

An exam that another report names keeps its KOS, made for that one from then on.
"""

from __future__ import annotations

from datetime import UTC, datetime

from segur.contracts.drim import KosRefused
from segur.kernel import request, tracing
from segur.kernel.errors import PRODUCTION_IDENTITY
from segur.kernel.store import Duplicate, Insert, Write
from segur.wire.hl7v2 import Hl7Refused
from segur_drim import errors
from segur_drim.context import Context
from segur_drim.domain.report import Removal
from segur_drim.store import FOLLOW


async def withdraw_report(context: Context, data: bytes, removal: Removal) -> None:
    """Note that a report is withdrawn and ask for its KOS to follow; once more changes nothing.

    Raise `SegurError` (production identity, report never received) or `Hl7Refused` (a report of another patient).
    """
    patient = context.floor.pseudonyms.of(removal.ins)
    request.note(patient=patient, operation="drim.withdraw")
    if removal.ins.is_production and not context.settings.allow_production_identities:
        raise PRODUCTION_IDENTITY.error(oid=removal.ins.oid, field="PID-3")
    rows = await context.reports.of_document(removal.document_id)
    if not rows:
        raise errors.REPORT_UNKNOWN.error(field="TXA-12", rule=f"{removal.document_id[:80]!r} n'a pas été reçu.")
    if any(row["patient"] != patient for row in rows):
        raise Hl7Refused("PID-3", "the report to remove is another patient's", code="207")
    now, trace = datetime.now(UTC), tracing.current_traceparent()
    # the RIS deletes it in the DMP too: whichever is heard first, the KOS follows what the RIS says here
    standing = [row for row in rows if row.get("ended") in (None, "", "deleted")]
    studies = dict.fromkeys(str(uid) for row in standing for uid in row["studies"])
    if not removal.message.patient.is_qualified:
        row = errors.INS_NOT_QUALIFIED
        facts = [KosRefused(study_uid=uid, code=row.code, reason=row.text) for uid in studies]
        await context.archive.commit([], *facts)
        return
    digest = await context.floor.blobs.put(data)
    asked: list[Insert] = []
    if standing:
        message = str(standing[-1]["blob"])
        asked = [context.publications.asking(uid, message, trace, now, act=FOLLOW) for uid in studies]
    reception = context.reports.reception(
        digest,
        now,
        document_id=removal.document_id,
        control_id=removal.message.control_id,
        studies=[],
        patient=patient,
        ended="removed",
    )
    writes: list[Write] = [reception, *(context.reports.ending(row, "removed") for row in standing), *asked]
    try:
        await context.archive.commit(writes)
    except Duplicate:
        return
    context.due.ring(one.document for one in asked)

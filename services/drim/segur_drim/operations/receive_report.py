"""The validated report arrives: kept, with one publication for each exam it names, acknowledged [DB/SO.11-13]."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from segur.contracts.drim import KosRefused
from segur.contracts.fact import Fact
from segur.kernel import request, tracing
from segur.kernel.errors import PRODUCTION_IDENTITY, SegurError
from segur.kernel.store import Document, Duplicate, Insert, Write
from segur.wire import hl7v2
from segur.wire.hl7v2 import Hl7Refused
from segur_drim import errors
from segur_drim.context import Context
from segur_drim.domain.report import Removal, Report
from segur_drim.store import FOLLOW

NO_STUDY = "unknown"
"""Subject of the refusal of a report that names no exam."""
_LIKE_INS = re.compile(r"[0-9][0-9AB]{12,}")


async def sandbox_of(context: Context, data: bytes) -> str:
    """The sandbox a message is for: its receiving facility (MSH-6) or application (MSH-5) when one is named so."""
    try:
        header = hl7v2.parse(data.split(b"\r", 1)[0]).header
    except Hl7Refused:
        return request.DEFAULT_SANDBOX
    for name in (header.get(6), header.get(5)):
        if found := await context.archive.sandbox_named(name):
            return found
    return request.DEFAULT_SANDBOX


async def trace_of(context: Context, told: Report | Removal) -> str:
    """The trace in which the images of a report arrived: MLLP brings none of its own, the study UID joins them."""
    known = [] if told.studies else await context.reports.of_document(told.document_id)
    for uid in told.studies or [str(uid) for row in known for uid in row["studies"]]:
        row = await context.archive.study(uid)
        if row is not None and row.get("traceparent"):
            return str(row["traceparent"])
    return ""


async def receive_report(context: Context, data: bytes, report: Report) -> None:
    """Keep a report and ask for its KOS. The same message again asks only for what was refused meanwhile.

    A report that replaces another takes its place: an exam that it does not name any more is asked to follow.
    Raise `SegurError`: production identity, no exam named (ERR05).
    """
    patient = context.floor.pseudonyms.of(report.ins)
    request.note(patient=patient, operation="drim.report")
    if report.ins.is_production and not context.settings.allow_production_identities:
        raise PRODUCTION_IDENTITY.error(oid=report.ins.oid, field="PID-3")
    if not report.studies:
        raise errors.KOS_IMPOSSIBLE.error(
            field="OBX-5", rule="documentationOf/serviceEvent/id@root : le StudyInstanceUID de l'examen est exigé."
        )
    digest = await context.floor.blobs.put(data)
    now = datetime.now(UTC)
    reports, publications, trace = context.reports, context.publications, tracing.current_traceparent()
    writes: list[Write] = [
        reports.reception(
            digest,
            now,
            document_id=report.document_id,
            control_id=report.message.control_id,
            studies=list(report.studies),
            patient=patient,
            confidentiality=list(report.confidentiality),
        )
    ]
    facts: list[Fact] = []
    asked: list[Insert] = []
    if report.message.patient.is_qualified:
        former = await _former(context, report, patient)
        writes += [reports.ending(row, "replaced") for row in former if row["document_id"] != report.document_id]
        dropped = {str(uid) for row in former for uid in row["studies"]} - set(report.studies)
        asked = [publications.asking(uid, digest, trace, now) for uid in report.studies]
        asked += [publications.asking(uid, digest, trace, now, act=FOLLOW) for uid in sorted(dropped)]
    else:
        row = errors.INS_NOT_QUALIFIED
        facts += [KosRefused(study_uid=uid, code=row.code, reason=row.text) for uid in report.studies]
    try:
        await context.archive.commit([*writes, *asked], *facts)
    except Duplicate:
        again = await publications.refused_of(digest) & set(report.studies)
        asked = [publications.asking(uid, digest, trace, now) for uid in sorted(again)]
        if asked:
            await context.archive.commit(asked)
    context.due.ring(one.document for one in asked)


async def _former(context: Context, report: Report, patient: str) -> list[Document]:
    """The messages of the reports this one takes the place of, its own earlier ones among them."""
    named = [await context.reports.of_document(one) for one in (report.document_id, *report.replaces)]
    return [row for rows in named for row in rows if row["patient"] == patient and not row.get("ended")]


async def tell_refusal(context: Context, refusal: Hl7Refused | SegurError, studies: tuple[str, ...]) -> None:
    """A report that is not taken is a fact too."""
    if isinstance(refusal, SegurError):
        code, reason = refusal.code, refusal.detail
    else:
        code, reason = errors.REPORT_REFUSED.code, str(refusal)
    clean = _LIKE_INS.sub("(...)", reason)
    facts = [KosRefused(study_uid=uid, code=code, reason=clean) for uid in studies or (NO_STUDY,)]
    await context.archive.commit([], *facts)

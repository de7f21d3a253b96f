"""The KOS of an exam follows its report: replaced when that is seen by others now, removed when it stands no longer.

A structure's certificate may not change the visibility of a document (TD3.3a, b are a person's), but replace it and
delete it: another visibility is a new KOS in the place of the old one (RPLC), as for any other change of the report;
depublication is TD3.3c [DB/SO.13, DB/SO.97, DMP digest 6.1].
"""

from __future__ import annotations

from datetime import UTC, datetime

from segur.contracts.drim import KosRemoved
from segur.kernel import request, tracing
from segur.kernel.ids import new_oid
from segur.kernel.store import Document
from segur.wire.xds_uuids import APPROVED, ARCHIVED
from segur_drim import errors, faults
from segur_drim.clients import DmpAway, DmpRefused
from segur_drim.context import Context
from segur_drim.domain.kos_entry import removal_of
from segur_drim.domain.report import Report, read_report
from segur_drim.operations.publish_kos import bring, settle_refused
from segur_drim.store import REMOVED, UNCHANGED, confidentiality_of

IMAGES_GONE = "images_gone"
_SEARCHES = 5
"""How often a KOS to remove is sought before it is given up; one to replace is sought for ever [D09]."""
_NOT_SO = "XDSMetadataUpdateError"
_CAUSES = {"removed": "report_removed", "replaced": "report_removed", "deleted": "report_deleted"}


async def follow_report(context: Context, publication: Document) -> None:
    """Bring the KOS in line with what stands; raise `DmpAway` when it is to be tried again."""
    study, built = str(publication["study_uid"]), publication.get("built") or {}
    current = await context.publications.in_force(study)
    standing, cause = await _standing(context, study)
    # what an attempt whose answer was lost decided holds, and what the walk saw
    cause = str(built.get("cause") or publication.get("cause") or cause)
    if not cause and await context.archive.study(study) is None:
        cause = IMAGES_GONE
    if standing is not None and not cause:
        report = read_report(await context.floor.blobs.get(standing["blob"]))
        await bring(context, publication, report.with_confidentiality(confidentiality_of(standing)), standing["blob"])
    elif current is None:
        await context.archive.commit([context.publications.settling(publication, UNCHANGED)])
    else:
        await _remove(context, publication, current, cause)


async def why_behind(context: Context, current: Document) -> tuple[bool, str]:
    """Whether the KOS in force is not what it should be, and the cause when that is the images."""
    study = str(current["study_uid"])
    is_absent = context.floor.faults.strikes(faults.STUDY_ABSENT, operation="resync")
    if is_absent or await context.archive.study(study) is None:
        return True, IMAGES_GONE
    standing, _ = await _standing(context, study)
    if standing is None or current["report"] != standing["document_id"]:
        return True, ""
    return set(current.get("confidentiality", ())) != confidentiality_of(standing), ""


async def _standing(context: Context, study: str) -> tuple[Document | None, str]:
    """The last report that names the exam and stands; else why there is none."""
    digests = await context.publications.reports_of(study)
    rows = await context.reports.of_messages(digests)
    known = [rows[digest] for digest in digests if digest in rows]
    standing = next((row for row in known if not row.get("ended") and study in row["studies"]), None)
    if standing is not None:
        return standing, ""
    why = next((str(row["ended"]) for row in known if row.get("ended")), "")
    return None, _CAUSES.get(why, "report_removed")


async def _remove(context: Context, publication: Document, current: Document, cause: str) -> None:
    """TD3.3c, in the name of the structure whose report the KOS was made for."""
    study, kos = str(publication["study_uid"]), str(current["kos_uid"])
    report = read_report(await context.floor.blobs.get(str(current.get("message") or publication["report"])))
    request.note(patient=context.floor.pseudonyms.of(report.ins), operation="drim.remove")
    tracing.annotate(segur__study=study, segur__kos=kos, segur__attempt=publication["attempts"] + 1)
    was_sent = bool(publication.get("built"))
    try:
        hidden = context.floor.faults.strikes(faults.ENTRY_UNKNOWN, operation="remove")
        found = "" if hidden else await context.dmp.entry_uuid(report, kos)
        if found:
            if not was_sent:
                await context.publications.prepare(publication, removes=kos, cause=cause)
            await _delete(context, report, found)
        elif not was_sent:
            if publication["attempts"] + 1 < _SEARCHES:
                raise DmpAway("the KOS to remove is not found")
            row = errors.KOS_NOT_FOUND
            await settle_refused(context, publication, row.code, row.text)
            return
    except DmpRefused as refusal:
        row = errors.DMP_REFUSED
        await settle_refused(context, publication, refusal.code, f"{row.code} {row.text} {refusal.reason}")
        return
    await context.archive.commit(
        [context.publications.settling(publication, REMOVED), context.publications.ending(kos, cause)],
        KosRemoved(study_uid=study, document_id=kos, patient=context.floor.pseudonyms.of(report.ins), cause=cause),
    )


async def _delete(context: Context, report: Report, entry_uuid: str) -> None:
    """Delete it, be it archived: a search of references does not tell the status. Raise `DmpAway`, `DmpRefused`."""
    for status in (APPROVED, ARCHIVED):
        removal = removal_of(report, entry_uuid, status, new_oid(12), datetime.now(UTC))
        try:
            await context.dmp.update(report, removal)
        except DmpRefused as refusal:
            if refusal.code != _NOT_SO or status == ARCHIVED:
                raise
        else:
            return

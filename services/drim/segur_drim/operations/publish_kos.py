"""One KOS for one exam, from the report that asked for it to the DMP [DRIM digest 1.3 steps 5 to 10].

What is sent is chosen and kept before the first attempt: a DMP that already has this uniqueId took it from us and lost
its answer, so there is exactly one document whatever happens on the way. A KOS in force is replaced (RPLC) when the
exam, the requests or the visibility changed, and left alone otherwise [DB/SO.13].
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import msgspec

from segur.contracts.drim import KosPublished, KosRefused
from segur.kernel import request, tracing
from segur.kernel.errors import SegurError, StoreAway
from segur.kernel.ids import new_oid
from segur.kernel.store import Document
from segur.wire.xds import DocumentEntry
from segur_drim import errors, faults
from segur_drim.clients import DmpAway, DmpRefused
from segur_drim.context import Context
from segur_drim.domain.kos import build_kos
from segur_drim.domain.kos_entry import Identifiers, kos_entry, submission_of, with_content
from segur_drim.domain.manifest import Manifest, is_ordered, is_same_person
from segur_drim.domain.report import Report, read_report
from segur_drim.store import PUBLISHED, REFUSED, UNCHANGED

log = logging.getLogger("segur.drim.publisher")

_ALREADY_THERE = "XDSDuplicateUniqueIdInRegistry"
_NO_DMP = "XDSUnknownPatientId"
BASE = "/drimbox/rs"
"""Where WADO-RS is served; what RetrieveURL names [DRIM digest 3.1]."""


async def publish_kos(context: Context, publication: Document) -> None:
    """Publish for the report that asked, or settle why not; raise `DmpAway` when it is to be tried again."""
    report = read_report(await context.floor.blobs.get(publication["report"]))
    await bring(context, publication, report)


async def bring(context: Context, publication: Document, report: Report, message: str = "") -> None:
    """Bring the KOS a report stands for to the DMP; `message` is the blob of its message, if not the publication's.

    Raise `DmpAway`.
    """
    request.note(patient=context.floor.pseudonyms.of(report.ins), operation="drim.publish")
    study = str(publication["study_uid"])
    try:
        built = publication.get("built") or await _build(context, publication, report, study)
        if built is None:
            await context.archive.commit([context.publications.settling(publication, UNCHANGED)])
            return
        await _submit(context, publication, report, built, message or str(publication["report"]))
    except StoreAway:
        raise  # says nothing about the KOS: it is tried again
    except SegurError as refusal:
        await settle_refused(context, publication, refusal.code, refusal.detail)
    except DmpRefused as refusal:
        row = errors.DMP_ABSENT if refusal.code == _NO_DMP else errors.DMP_REFUSED
        await settle_refused(context, publication, refusal.code, f"{row.code} {row.text} {refusal.reason}")


async def _build(context: Context, publication: Document, report: Report, study: str) -> dict[str, Any] | None:
    """Check, build and keep the KOS; None when the one in force says the same."""
    manifest = await context.archive.manifest(study)
    if manifest is None or context.floor.faults.strikes(faults.STUDY_ABSENT, operation="publish"):
        raise errors.STUDY_ABSENT.error(field="StudyInstanceUID", fix="Envoyez les images (STOW-RS) avant le CR.")
    _check(manifest, report)
    current = await context.publications.in_force(study)
    now = context.floor.clock.now()
    identifiers = Identifiers(
        kos_uid=new_oid(9),
        submission_uid=new_oid(10),
        replaces=str(current["kos_uid"]) if current else "",
    )
    entry = kos_entry(manifest, report, identifiers, now)
    fingerprint = manifest.fingerprint(entry)
    if current is not None and current["fingerprint"] == fingerprint:
        return None
    try:
        content = await asyncio.to_thread(
            build_kos,
            manifest,
            report,
            kos_uid=identifiers.kos_uid,
            series_uid=new_oid(11),
            at=now.astimezone(),
            base=_public_base(context),
        )
    except Exception as error:  # the values are the images': whatever pydicom says of them, trying again will not help
        place = traceback.extract_tb(error.__traceback__)[-1]  # its text may quote a patient
        log.warning("a KOS cannot be built: %s at %s:%s", type(error).__name__, place.filename, place.lineno)
        raise errors.KOS_IMPOSSIBLE.error(rule=f"{type(error).__name__} : attribut d'image inutilisable.") from error
    built = {
        "identifiers": asdict(identifiers),
        "fingerprint": fingerprint,
        "blob": await context.floor.blobs.put(content),
        "entry": msgspec.to_builtins(with_content(entry, content)),
        "instances": [reference.uid for one in manifest.listed for reference in one.references],
    }
    await context.publications.prepare(publication, **built)
    return built


def _check(manifest: Manifest, report: Report) -> None:
    study = manifest.study
    if not is_same_person(study, report):
        raise errors.IPP_MISMATCH.error(field="PID-3", rule="PatientID et INS des images doivent être ceux du message.")
    if not is_ordered(study, report):
        raise errors.ACCESSION_MISMATCH.error(
            field="ps3-20:accessionNumber", rule=f"Les images portent {study.accession or 'un numéro vide'}."
        )
    if not all(order.id.extension for order in report.orders_of(study)):
        raise errors.KOS_IMPOSSIBLE.error(
            field="inFulfillmentOf/order/id",
            rule="Le numéro de la demande (Order Placer Number) est exigé, avec l'OID de qui l'a donné.",
            fix="Une demande arrivée sans numéro en reçoit un du RIS (DB/RIS.03) : renvoyez le compte rendu avec lui.",
        )


async def _submit(context: Context, publication: Document, report: Report, built: dict[str, Any], message: str) -> None:
    study, identifiers = str(publication["study_uid"]), Identifiers(**built["identifiers"])
    content = await context.floor.blobs.get(built["blob"])
    entry = msgspec.convert(built["entry"], DocumentEntry)
    replaced = await _replaced(context, report, study, identifiers)
    submission = submission_of(entry, identifiers.submission_uid, replaced, datetime.now(UTC))
    tracing.annotate(segur__study=study, segur__kos=identifiers.kos_uid, segur__attempt=publication["attempts"] + 1)
    try:
        await context.dmp.submit(report, submission, content)
    except DmpRefused as refusal:
        if refusal.code != _ALREADY_THERE:
            raise
        tracing.annotate(segur__lost_answer=True)
    codes = tuple(code.code for code in entry.confidentiality)
    await context.archive.commit(
        [
            context.publications.settling(publication, PUBLISHED, kos_uid=identifiers.kos_uid),
            context.publications.enforcing(
                study,
                kos_uid=identifiers.kos_uid,
                fingerprint=built["fingerprint"],
                instances=built["instances"],
                blob=built["blob"],
                ins=report.ins.cx,
                report=report.document_id,
                message=message,
                confidentiality=list(codes),
            ),
        ],
        KosPublished(
            study_uid=study,
            document_id=identifiers.kos_uid,
            kos_uid=identifiers.kos_uid,
            patient=context.floor.pseudonyms.of(report.ins),
            replaces=identifiers.replaces if replaced else "",
            confidentiality=codes,
        ),
    )


async def _replaced(context: Context, report: Report, study: str, identifiers: Identifiers) -> str:
    """The entryUUID of the KOS in force; empty when there is none, or somebody deleted it in the DMP since.

    Raise `DmpAway` while the DMP does not show it: replacing nothing would leave two documents [DRIM digest 7 D09].
    """
    current = await context.publications.in_force(study) if identifiers.replaces else None
    if current is None or current["kos_uid"] != identifiers.replaces:
        return ""
    hidden = context.floor.faults.strikes(faults.ENTRY_UNKNOWN, operation="publish")
    found = "" if hidden else await context.dmp.entry_uuid(report, identifiers.replaces)
    if not found:
        raise DmpAway("the KOS to replace is not found")
    return found


async def settle_refused(context: Context, publication: Document, code: str, reason: str) -> None:
    """The fact tells the administrator [DB/SO.21]; the publication is over until the RIS sends the report again."""
    tracing.fail(code)
    await context.archive.commit(
        [context.publications.settling(publication, REFUSED, code=code, reason=reason)],
        KosRefused(study_uid=str(publication["study_uid"]), code=code, reason=reason),
    )


def _public_base(context: Context) -> str:
    told = context.settings
    if told.drim_public_url:
        return told.drim_public_url.rstrip("/")
    sandbox = request.current_sandbox()
    prefix = "" if sandbox == request.DEFAULT_SANDBOX else f"/s/{sandbox}"
    return f"{(told.edge_tls_url or told.gateway_tls_url).rstrip('/')}{prefix}{BASE}"

"""TD2.1: documents enter a DMP [DMP digest 1.6]."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from segur.contracts.dmp import DocumentSubmitted, PatientNotified
from segur.contracts.fact import Fact
from segur.kernel.ids import new_id, new_urn_uuid
from segur.kernel.request import current_sandbox
from segur.kernel.store import Conflict, Duplicate, Insert, Update
from segur.wire import xds_uuids
from segur.wire.xds import DocumentEntry, MetadataRefused, Submission, missing_entry_attributes
from segur_dmp import errors, faults
from segur_dmp.context import Context
from segur_dmp.domain.rights import Act
from segur_dmp.domain.visibility import seen_by_patient
from segur_dmp.pipeline import Caller, authorize, check_patient, open_account

SIGNATURE_TYPE = "E1762"


async def submit_document(
    context: Context, caller: Caller, submission: Submission, contents: Mapping[str, bytes], door: str
) -> None:
    """Store every document of the submission, all or none; `contents` holds the bytes by `entry_uuid`.

    Raise `SegurError` (rights, busy) or `MetadataRefused` (XDS errors).
    """
    authorize(caller, Act.FEED)
    if context.floor.faults.strikes(faults.SUBMIT_BUSY, patient=caller.patient, actor=caller.id_nat):
        raise errors.BUSY.error()
    if not submission.entries:
        raise MetadataRefused("ExtrinsicObject", "a submission holds at least one document")
    for cx in (submission.submission_set.patient_id, *(entry.patient_id for entry in submission.entries)):
        check_patient(context, caller, cx)
    await open_account(context, caller)
    for entry in submission.entries:
        # NOTE: the signature entry has no clinical metadata of its own [DMP digest 1.6.1].
        if entry.type_code.code != SIGNATURE_TYPE:
            for refusal in missing_entry_attributes(entry):
                raise refusal
    writes: list[Insert | Update] = []
    facts: list[Fact] = []
    replaced = await _replaced(context, caller, submission)
    writes += [
        context.records.change(replace(old, status=xds_uuids.DEPRECATED), xds_uuids.APPROVED)
        for old in replaced.values()
    ]
    for entry in submission.entries:
        data = contents[entry.entry_uuid]
        digest = await context.floor.blobs.put(data)
        stored = _registered(context, entry, data)
        old = replaced.get(entry.entry_uuid)
        writes.append(context.records.insertion(caller.patient, stored, digest))
        facts.append(_submitted(caller, stored, digest, len(data), door, old))
        if entry.type_code.code != SIGNATURE_TYPE and seen_by_patient(stored):
            write, fact = _notification(context, caller, stored)
            writes.append(write)
            facts.append(fact)
    try:
        await context.floor.store.commit(writes, facts)
    except Duplicate as error:
        raise MetadataRefused(
            "uniqueId", "already registered, give each document a new one", code="XDSDuplicateUniqueIdInRegistry"
        ) from error
    except Conflict as error:
        raise MetadataRefused("RPLC", "the replaced document is no longer Approved") from error


async def _replaced(context: Context, caller: Caller, submission: Submission) -> dict[str, DocumentEntry]:
    """The stored entry each submitted entry (by `entry_uuid`) replaces."""
    links = submission.of_type(xds_uuids.REPLACES)
    if not links:
        return {}
    known = {entry.entry_uuid: entry for entry in await context.records.entries_of(caller.patient)}
    found: dict[str, DocumentEntry] = {}
    for link in links:
        old = known.get(link.target)
        if old is None or old.status != xds_uuids.APPROVED:
            raise MetadataRefused("RPLC", f"{link.target!r} is not an Approved document of this patient")
        found[link.source] = old
    return found


def _registered(context: Context, entry: DocumentEntry, data: bytes) -> DocumentEntry:
    uuid = entry.entry_uuid if entry.entry_uuid.startswith("urn:uuid:") else new_urn_uuid()
    return replace(
        entry,
        entry_uuid=uuid,
        logical_id=uuid,
        version=1,
        status=xds_uuids.APPROVED,
        hash=hashlib.sha1(data, usedforsecurity=False).hexdigest(),
        size=len(data),
        repository_unique_id=context.settings.dmp_repository_id,
    )


def _submitted(
    caller: Caller, entry: DocumentEntry, digest: str, size: int, door: str, old: DocumentEntry | None
) -> DocumentSubmitted:
    return DocumentSubmitted(
        document_id=entry.unique_id,
        patient=caller.patient,
        type_code=entry.type_code.code,
        entry_uuid=entry.entry_uuid,
        author=caller.id_nat,
        structure=caller.vihf.structure,
        digest=digest,
        size=size,
        door=door,
        hidden_from_patient=not seen_by_patient(entry),
        replaces=old.unique_id if old else None,
    )


def _notification(context: Context, caller: Caller, entry: DocumentEntry) -> tuple[Insert, PatientNotified]:
    key = new_id()
    document = {
        "_id": f"{current_sandbox()}:{key}",
        "sandbox": current_sandbox(),
        "patient": caller.patient,
        "document_id": entry.unique_id,
        "title": entry.title,
        "at": context.floor.clock.now(),
    }
    fact = PatientNotified(
        notification_id=key, patient=caller.patient, document_id=entry.unique_id, reason="document_submitted"
    )
    return Insert(context.records.notifications, document), fact

"""TD2.1: documents enter a DMP [DMP digest 1.6].

The bytes are on disk before the entries are committed: what is acknowledged can be read, and what was interrupted
leaves at most a blob that no entry names. A submission sent again after its answer was lost meets
XDSDuplicateUniqueIdInRegistry, which tells the client that the first one holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from segur.contracts.dmp import DocumentSubmitted, PatientNotified
from segur.contracts.fact import Fact
from segur.kernel.ids import new_id, new_urn_uuid
from segur.kernel.store import Conflict, Duplicate, Insert, Update
from segur.wire import xds_uuids
from segur.wire.xds import DocumentEntry, MetadataRefused, Submission, SubmissionSet
from segur_dmp import errors, faults
from segur_dmp.context import Context
from segur_dmp.domain.rights import Act
from segur_dmp.domain.submission import Policy, check, is_signature, sha1
from segur_dmp.domain.visibility import seen_by_patient
from segur_dmp.pipeline import Caller, authorize, check_patient, open_account

ADDED = "AJOUT_DOCUMENT"
"""Mon espace santé's notification code [DMP digest 6.5]."""
_DUPLICATE = "XDSDuplicateUniqueIdInRegistry"


@dataclass(frozen=True, slots=True)
class Registered:
    """What was stored: the set and the entries in the order of the request, with their entryUUIDs."""

    submission_set: SubmissionSet
    entries: tuple[DocumentEntry, ...]


async def submit_document(
    context: Context, caller: Caller, submission: Submission, contents: Mapping[str, bytes]
) -> Registered:
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
    check(submission, contents, _policy(context, caller))
    await _check_new(context, caller, submission, contents)
    replaced = await _replaced(context, caller, submission)
    registered = _registered(context, submission, contents)
    writes: list[Insert | Update] = [
        context.records.documents.change(old, replace(old, status=xds_uuids.DEPRECATED)) for old in replaced.values()
    ]
    facts: list[Fact] = []
    for asked, entry in zip(submission.entries, registered.entries, strict=True):
        digest = await context.floor.blobs.put(contents[asked.entry_uuid])
        writes.append(context.records.documents.insertion(caller.patient, entry, digest))
        facts.append(_submitted(caller, entry, digest, replaced.get(asked.entry_uuid)))
        if not is_signature(entry) and seen_by_patient(entry):
            key = new_id()
            writes.append(
                context.records.notifications.insertion(caller.patient, key, ADDED, entry, context.floor.clock.now())
            )
            facts.append(
                PatientNotified(
                    notification_id=key,
                    patient=caller.patient,
                    document_id=entry.unique_id,
                    reason="document_submitted",
                )
            )
    members = [entry.entry_uuid for entry in registered.entries]
    writes.append(context.records.sets.insertion(caller.patient, registered.submission_set, members))
    try:
        await context.floor.store.commit(writes, facts)
    except Duplicate as error:
        field = "XDSSubmissionSet.uniqueId" if error.collection == context.records.sets.table.name else "uniqueId"
        raise MetadataRefused(field, "already registered", code=_DUPLICATE) from error
    except Conflict as error:
        raise MetadataRefused("RPLC", "the replaced document is no longer Approved") from error
    return registered


def _policy(context: Context, caller: Caller) -> Policy:
    settings = context.settings
    return Policy(
        same_entity=lambda structure: bool(structure) and context.directory.same_entity(structure, caller.structure),
        value_sets=settings.dmp_check_value_sets,
        documents=settings.dmp_check_documents,
        author_institution=settings.dmp_check_author_institution,
        hidden_and_masked=settings.dmp_allow_hidden_and_masked,
        max_bytes=settings.dmp_max_document_bytes,
    )


async def _check_new(context: Context, caller: Caller, submission: Submission, contents: Mapping[str, bytes]) -> None:
    """Refuse identifiers that are taken, saying whether the content is the same; the commit checks once more."""
    for entry in submission.entries:
        stored = await context.records.documents.of_unique_id(entry.unique_id)
        if stored is None:
            continue
        if stored.patient == caller.patient and stored.entry.hash != sha1(contents[entry.entry_uuid]):
            context_text = f"{entry.unique_id} is registered with another content, give the new version its own id"
            raise MetadataRefused("uniqueId", context_text, code="XDSNonIdenticalHash")
        context_text = f"{entry.unique_id} is already registered: the document is there, do not send it again"
        raise MetadataRefused("uniqueId", context_text, code=_DUPLICATE)
    if await context.records.sets.one(unique_id=submission.submission_set.unique_id) is not None:
        raise MetadataRefused(
            "XDSSubmissionSet.uniqueId", "already registered, give each set a new one", code=_DUPLICATE
        )


async def _replaced(context: Context, caller: Caller, submission: Submission) -> dict[str, DocumentEntry]:
    """The stored entry each submitted entry (by `entry_uuid`) replaces."""
    found: dict[str, DocumentEntry] = {}
    for link in submission.of_type(xds_uuids.REPLACES):
        if submission.entry(link.source) is None:
            raise MetadataRefused("RPLC", f"sourceObject {link.source!r} is not a document of the submission")
        old = await context.records.documents.of_entry(link.target)
        if old is None or old.patient != caller.patient or old.entry.status != xds_uuids.APPROVED:
            raise MetadataRefused("RPLC", f"{link.target!r} is not an Approved document of this patient")
        found[link.source] = old.entry
    return found


def _registered(context: Context, submission: Submission, contents: Mapping[str, bytes]) -> Registered:
    """The submission as the registry holds it: the DMP gives entryUUIDs and computes hash and size."""
    entries = []
    for entry in submission.entries:
        uuid, data = new_urn_uuid(), contents[entry.entry_uuid]
        entries.append(
            replace(
                entry,
                entry_uuid=uuid,
                logical_id=uuid,
                version=1,
                status=xds_uuids.APPROVED,
                hash=sha1(data),
                size=len(data),
                repository_unique_id=context.settings.dmp_repository_id,
            )
        )
    lot = replace(submission.submission_set, entry_uuid=new_urn_uuid(), status=xds_uuids.APPROVED)
    return Registered(lot, tuple(entries))


def _submitted(caller: Caller, entry: DocumentEntry, digest: str, old: DocumentEntry | None) -> DocumentSubmitted:
    return DocumentSubmitted(
        document_id=entry.unique_id,
        patient=caller.patient,
        type_code=entry.type_code.code,
        entry_uuid=entry.entry_uuid,
        author=caller.id_nat,
        structure=caller.structure,
        digest=digest,
        size=entry.size or 0,
        door=caller.door,
        hidden_from_patient=not seen_by_patient(entry),
        replaces=old.unique_id if old else None,
    )

"""TD2.1: documents enter a DMP [DMP digest 1.6].

The bytes are on disk before the entries are committed: what is acknowledged can be read, and what was interrupted
leaves at most a blob that no entry names. A submission sent again after its answer was lost meets
XDSDuplicateUniqueIdInRegistry, which tells the client that the first one holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from segur.contracts.dmp import DocumentSubmitted
from segur.contracts.fact import Fact
from segur.kernel.ids import new_urn_uuid
from segur.kernel.store import Conflict, Duplicate, Write
from segur.wire import xds_uuids
from segur.wire.multipart import Buffer
from segur.wire.xds import DocumentEntry, MetadataRefused, Submission, SubmissionSet
from segur.wire.xds_uuids import HAS_MEMBER
from segur_dmp import errors, faults
from segur_dmp.context import Context
from segur_dmp.domain.lifecycle import Source
from segur_dmp.domain.parameters import Control, Parameters, SignaturePolicy
from segur_dmp.domain.rights import Act, Kind
from segur_dmp.domain.submission import REFERRING, Policy, check, is_signature, sha1
from segur_dmp.domain.submission.signature import signature_finding
from segur_dmp.domain.visibility import (
    HIDDEN_FROM_PATIENT,
    HIDDEN_FROM_REPRESENTATIVES,
    has,
    seen_by_patient,
    with_masking,
)
from segur_dmp.operations.judge_documents import judge_documents
from segur_dmp.operations.judge_signer import why_not_signer
from segur_dmp.operations.mes.measure import copies_of_measures
from segur_dmp.operations.record_changes import DUPLICATE
from segur_dmp.operations.striking import strike
from segur_dmp.pipeline import Access, Caller, check_patient, enter
from segur_dmp.store import StoredDocument, StoredSet

_REPLACING = (xds_uuids.REPLACES, xds_uuids.TRANSFORMS_AND_REPLACES)
_NAMES = {uuid: name for name, uuid in xds_uuids.ASSOCIATION_NAMES.items()}


@dataclass(frozen=True, slots=True)
class Registered:
    """What was stored: the set and the entries in the order of the request, with their entryUUIDs."""

    submission_set: SubmissionSet
    entries: tuple[DocumentEntry, ...]


async def submit_document(
    context: Context, caller: Caller, submission: Submission, contents: Mapping[str, Buffer]
) -> Registered:
    """Store every document of the submission, all or none; `contents` holds the bytes by `entry_uuid`.

    Raise `SegurError` (rights, busy) or `MetadataRefused` (XDS errors).
    """
    access = await enter(context, caller, _act(caller))
    if context.floor.faults.strikes(faults.SUBMIT_BUSY, patient=caller.patient, actor=caller.id_nat):
        raise errors.BUSY.error()
    strike(context, caller, "submit")
    if not submission.entries:
        raise MetadataRefused("ExtrinsicObject", "a submission holds at least one document")
    for cx in (submission.submission_set.patient_id, *(entry.patient_id for entry in submission.entries)):
        check_patient(context, caller, cx)
    policy = await _policy(context, caller)
    check(submission, contents, policy)
    official_rules = (await context.records.parameters.now()).official_rules
    findings = (
        *policy.told,
        *await _findings(context, caller, submission, contents),
        *await judge_documents(context, submission, contents, official_rules),
    )
    submission = _as_the_patient_wants(access, submission, await context.records.parameters.now())
    if any(link.type in REFERRING for link in submission.associations):
        await _check_new(context, caller, submission, contents)  # sent again, it would meet what it replaced itself
    targets = await _targets(context, caller, submission, contents)
    registered = _registered(context, submission, contents)
    lot = _lot(caller, submission, registered, targets)
    uuid = lot.submission_set.entry_uuid
    writes: list[Write] = []
    for old in targets.values():
        if any(link.target == old.entry.entry_uuid and link.type in _REPLACING for link in submission.associations):
            deprecated = replace(old.entry, status=xds_uuids.DEPRECATED)
            writes.append(context.records.documents.change(old.entry, deprecated, lot=uuid))
        else:
            writes.append(context.records.documents.link(old.entry, lot=uuid))
    facts: list[Fact] = []
    fed_by = Source(caller.id_nat, caller.structure)
    for asked, entry in zip(submission.entries, registered.entries, strict=True):
        digest = await context.floor.blobs.put(contents[asked.entry_uuid])
        writes.append(context.records.documents.insertion(caller.patient, entry, digest, lot=uuid, fed_by=fed_by))
        facts.append(_submitted(caller, entry, digest, _replaced_by(submission, asked, targets), findings))
    writes.append(context.records.sets.insertion(lot))
    held = [
        (new, contents[asked.entry_uuid]) for asked, new in zip(submission.entries, registered.entries, strict=True)
    ]
    copies, told = await copies_of_measures(context, caller.patient, caller.id_nat, held)
    writes += copies
    facts += told
    try:
        await context.floor.store.commit(writes, facts)
    except Duplicate as error:
        await _check_new(context, caller, submission, contents)
        field = "XDSSubmissionSet.uniqueId" if error.collection == context.records.sets.table.name else "uniqueId"
        raise MetadataRefused(field, "already registered", code=DUPLICATE) from error
    except Conflict as error:
        raise MetadataRefused("RPLC", "a document this one refers to has changed meanwhile") from error
    return registered


def _act(caller: Caller) -> Act:
    return Act.FEED_BY_CPE if caller.standing.kind() is Kind.SECRETARY else Act.FEED


def _as_the_patient_wants(access: Access, submission: Submission, parameters: Parameters) -> Submission:
    """The submission with what the patient decided applied: documents masked as they come [6.5].

    In the secret connection of a minor every document must be hidden from the legal representatives [6.3, EX_2.1-1050].
    """
    entries = submission.entries
    if access.caller.secret and parameters.checks(Control.SECRECY):
        for entry in entries:
            if not is_signature(entry) and not has(entry, HIDDEN_FROM_REPRESENTATIVES):
                rule = f"a secret connection feeds documents with {HIDDEN_FROM_REPRESENTATIVES} only (EX_2.1-1050)"
                raise MetadataRefused("confidentialityCode", rule)
    if not access.account.masked_by_default:
        return submission
    masked = (
        entry if is_signature(entry) or has(entry, HIDDEN_FROM_PATIENT) else with_masking(entry, True)
        for entry in entries
    )
    return replace(submission, entries=tuple(masked))


async def _policy(context: Context, caller: Caller) -> Policy:
    settings = context.settings
    parameters = await context.records.parameters.now()
    return Policy(
        same_entity=lambda structure: bool(structure) and context.directory.same_entity(structure, caller.structure),
        unchecked=parameters.unchecked,
        hidden_and_masked=parameters.hidden_and_masked,
        structure=parameters.minimal_structure,
        max_bytes=settings.dmp_max_document_bytes,
    )


async def _findings(
    context: Context, caller: Caller, submission: Submission, contents: Mapping[str, Buffer]
) -> tuple[str, ...]:
    """What is wrong with the signature, where it is to be told only; raise `MetadataRefused` where it is to be refused.

    FHIR has no form for the signature of a set: what comes by that door is not asked for one.
    """
    signatures = (await context.records.parameters.now()).signatures
    if signatures == SignaturePolicy.IGNORE or caller.door != "soap":
        return ()
    found = signature_finding(submission, contents, lambda certificate: why_not_signer(context, caller, certificate))
    if found and signatures == SignaturePolicy.REFUSE:
        raise MetadataRefused("signature", found, code="XDSRepositoryMetadataError")
    return (f"signature: {found}",) if found else ()


async def _check_new(context: Context, caller: Caller, submission: Submission, contents: Mapping[str, Buffer]) -> None:
    """Refuse identifiers that are taken, saying whether the content is the same: asked when the commit met one."""
    known = await context.records.documents.of_unique_ids(entry.unique_id for entry in submission.entries)
    for entry in submission.entries:
        stored = known.get(entry.unique_id)
        if stored is None:
            continue
        if stored.patient == caller.patient and stored.entry.hash != sha1(contents[entry.entry_uuid]):
            context_text = f"{entry.unique_id} is registered with another content, give the new version its own id"
            raise MetadataRefused("uniqueId", context_text, code="XDSNonIdenticalHash")
        context_text = f"{entry.unique_id} is already registered: the document is there, do not send it again"
        raise MetadataRefused("uniqueId", context_text, code=DUPLICATE)


async def _targets(
    context: Context, caller: Caller, submission: Submission, contents: Mapping[str, Buffer]
) -> dict[str, StoredDocument]:
    """The stored documents that those of the submission replace, complete or transform, by the entryUUID named."""
    links = [link for link in submission.associations if link.type in REFERRING]
    if not links:
        return {}
    known = await context.records.documents.of_entries(link.target for link in links)
    for link in links:
        name = _NAMES[link.type]
        if submission.entry(link.source) is None:
            raise MetadataRefused(name, f"sourceObject {link.source[:60]!r} is not a document of the submission")
        old = known.get(link.target)
        if old is None or old.patient != caller.patient or old.entry.status != xds_uuids.APPROVED:
            raise MetadataRefused(name, f"{link.target[:60]!r} is not an Approved document of this patient")
    if (await context.records.parameters.now()).checks(Control.UNCHANGED):
        _check_changed(submission, contents, known)
    replaced = [link.target for link in links if link.type in _REPLACING]
    if len(set(replaced)) != len(replaced):
        raise MetadataRefused("RPLC", "a document is replaced twice in one submission")
    return known


def _check_changed(submission: Submission, contents: Mapping[str, Buffer], known: Mapping[str, StoredDocument]) -> None:
    for link in submission.associations:
        if link.type in _REPLACING and known[link.target].entry.hash == sha1(contents[link.source]):
            rule = "the bytes are those of the replaced document: do not send it again unchanged (EX_GEN-1060)"
            raise MetadataRefused("RPLC", rule)


def _lot(
    caller: Caller, submission: Submission, registered: Registered, targets: Mapping[str, StoredDocument]
) -> StoredSet:
    """The set as the registry holds it: symbolic names of the associations replaced by the entryUUIDs given."""
    names = {submission.submission_set.entry_uuid: registered.submission_set.entry_uuid}
    names |= {
        asked.entry_uuid: entry.entry_uuid for asked, entry in zip(submission.entries, registered.entries, strict=True)
    }
    links = tuple(
        replace(
            link,
            id=new_urn_uuid(),
            source=names.get(link.source, link.source),
            target=names.get(link.target, link.target),
            submission_set_status=link.submission_set_status or ("Original" if link.type == HAS_MEMBER else ""),
        )
        for link in submission.associations
    )
    documents = [(entry.entry_uuid, entry.unique_id) for entry in registered.entries]
    documents += [(uuid, stored.entry.unique_id) for uuid, stored in targets.items()]
    return StoredSet(registered.submission_set, caller.patient, links, tuple(documents))


def _replaced_by(
    submission: Submission, asked: DocumentEntry, targets: Mapping[str, StoredDocument]
) -> DocumentEntry | None:
    for link in submission.associations:
        if link.type in _REPLACING and link.source == asked.entry_uuid:
            return targets[link.target].entry
    return None


def _registered(context: Context, submission: Submission, contents: Mapping[str, Buffer]) -> Registered:
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


def _submitted(
    caller: Caller, entry: DocumentEntry, digest: str, old: DocumentEntry | None, findings: tuple[str, ...]
) -> DocumentSubmitted:
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
        hidden_from_representatives=has(entry, HIDDEN_FROM_REPRESENTATIVES),
        replaces=old.unique_id if old else None,
        findings=findings,
    )

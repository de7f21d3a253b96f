"""TD3.3: professionals mask, show, archive and delete documents [DMP digest 1.8, 6.1].

`update_documents` takes the national form, a submission (ITI-57); `change_as_professional` one change of a document, as
a FHIR PATCH asks for it.
"""

from __future__ import annotations

from segur.wire import xds_uuids
from segur.wire.xds import Association, Code, DocumentEntry, MetadataRefused, Submission, SubmissionSet
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.lifecycle import (
    PATIENT_ERROR,
    UPDATE_ERROR,
    AlreadyDeleted,
    act_of_status,
    acts_of_confidentiality,
    check_same,
    check_version,
    hides_from_representatives,
    is_made_by,
    is_patients_own,
    outside,
)
from segur_dmp.domain.rights import Act
from segur_dmp.domain.submission import both_hidden, is_oid
from segur_dmp.operations.record_changes import Change, record_changes
from segur_dmp.operations.striking import strike
from segur_dmp.pipeline import Access, Caller, authorize, check_patient, enter, may_read, open_account
from segur_dmp.store import StoredDocument

_FOR_TREATING_ONLY = (Act.ARCHIVE, Act.DELETE)
"""Acts on a patient's own document that only the médecin traitant may do, beside the patient [6.1, note *]."""


async def update_documents(context: Context, caller: Caller, submission: Submission) -> tuple[DocumentEntry, ...]:
    """TD3.3 in its national form: new versions of entries, changes of status; the entries after it.

    All or none. Raise `SegurError` (rights) or `MetadataRefused` (XDS errors).
    """
    lot = submission.submission_set
    for cx in (lot.patient_id, *(entry.patient_id for entry in submission.entries)):
        check_patient(context, caller, cx)
    await open_account(context, caller)
    for link in submission.associations:
        if link.new_status != xds_uuids.DELETED:  # who may not read is not told which documents there are
            authorize(caller, Act.ARCHIVE if link.new_status else Act.MASK)
            await may_read(context, caller)
            break
    if not is_oid(lot.unique_id):
        raise MetadataRefused("XDSSubmissionSet.uniqueId", "a pure OID of at most 64 characters is required")
    changes = [await _wanted(context, caller, submission, link) for link in submission.associations]
    if not changes:
        context_text = "HasMember with a new version, or UpdateAvailabilityStatus, expected"
        raise MetadataRefused("Association", context_text, code=UPDATE_ERROR)
    _check_all_named(submission)
    return await _changed(context, caller, changes, lot)


async def change_as_professional(
    context: Context,
    caller: Caller,
    stored: StoredDocument,
    *,
    confidentiality: tuple[Code, ...] = (),
    status: str = "",
) -> DocumentEntry:
    """One change of a document, by a professional; the entry after it. Raise as `update_documents` does.

    `stored` must be a current version of a document of the caller's patient. A deletion of what is deleted changes
    nothing either, and is told as such.
    """
    await open_account(context, caller)
    _check_current(stored if stored.patient == caller.patient else None, stored.entry.entry_uuid)
    if _is_deleted(stored) and not status and set(confidentiality) == set(stored.entry.confidentiality):
        status = xds_uuids.DELETED
    [entry] = await _changed(context, caller, [Change(stored, confidentiality, status)], None)
    return entry


async def _changed(
    context: Context, caller: Caller, changes: list[Change], lot: SubmissionSet | None
) -> tuple[DocumentEntry, ...]:
    parameters = await context.records.parameters.now()
    acts = [_acts(change, both_allowed=parameters.hidden_and_masked) for change in changes]
    access = await enter(context, caller, acts[0][0])
    strike(context, caller, "update")
    for change, wanted in zip(changes, acts, strict=True):
        _check_right(context, access, change, wanted)
    return await record_changes(context, changes, by=caller.id_nat, lot=lot)


async def _wanted(context: Context, caller: Caller, submission: Submission, link: Association) -> Change:
    lot = submission.submission_set
    if link.source != lot.entry_uuid:
        raise MetadataRefused("Association", f"sourceObject {link.source[:60]!r} is not the submission set")
    if link.type == xds_uuids.UPDATE_STATUS:
        named = await context.records.documents.of_entry(link.target)
        stored = _check_current(named if named and named.patient == caller.patient else None, link.target)
        if _is_deleted(stored):
            return Change(stored, status=link.new_status, link=link)
        if link.original_status != stored.entry.status:
            rule = f"{link.original_status[:80]!r} given, {stored.entry.status} is the current status"
            raise MetadataRefused("OriginalStatus", rule, code=UPDATE_ERROR)
        act_of_status(stored.entry.status, link.new_status)
        return Change(stored, status=link.new_status, link=link)
    asked = submission.entry(link.target)
    if link.type != xds_uuids.HAS_MEMBER or asked is None:
        rule = f"{link.type[:80]} to {link.target[:60]!r}: HasMember to an entry of the request is expected"
        raise MetadataRefused("Association", rule, code=UPDATE_ERROR)
    known = await context.records.documents.of_unique_id(asked.unique_id)
    if known is not None and known.patient != caller.patient:
        raise MetadataRefused("patientId", "differs from that of the document", code=PATIENT_ERROR)
    stored = _check_current(known, asked.unique_id)
    if not _is_deleted(stored):
        parameters = await context.records.parameters.now()
        check_version(stored.entry, asked, link.previous_version, strict=parameters.strict_versions)
        check_same(stored.entry, asked)
    return Change(stored, confidentiality=asked.confidentiality, link=link)


def _check_current(stored: StoredDocument | None, named: str) -> StoredDocument:
    """The document, perhaps a deleted one: that it is, is told once the rights are known (`_check_right`)."""
    if stored is None:
        raise MetadataRefused("targetObject", f"{named[:80]!r} is no document of this patient", code=UPDATE_ERROR)
    if stored.entry.status == xds_uuids.DEPRECATED:
        rule = f"{named[:80]!r} is Deprecated: name the current version of the document"
        raise MetadataRefused("availabilityStatus", rule, code=UPDATE_ERROR)
    return stored


def _is_deleted(stored: StoredDocument) -> bool:
    return stored.entry.status == xds_uuids.DELETED


def _check_all_named(submission: Submission) -> None:
    """Every entry comes with a HasMember, and no document is changed twice at once."""
    targets = [link.target for link in submission.associations]
    for entry in submission.entries:
        if entry.entry_uuid not in targets:
            raise MetadataRefused("Association", f"HasMember to {entry.entry_uuid[:60]!r} is missing")
    if len(set(targets)) != len(targets):
        raise MetadataRefused("Association", "a document is changed twice in one request", code=UPDATE_ERROR)


def _acts(change: Change, *, both_allowed: bool) -> tuple[Act, ...]:
    """What the change does in the words of the rights matrix; raise `MetadataRefused` for what nobody may do."""
    entry, after = change.stored.entry, change.confidentiality
    if _is_deleted(change.stored):
        of_status = Act.DELETE if change.status == xds_uuids.DELETED else Act.ARCHIVE
        return (of_status if change.status else Act.MASK,)
    if change.status:
        return (act_of_status(entry.status, change.status),)
    acts = acts_of_confidentiality(entry, after)
    if hides_from_representatives(entry, after):
        rule = "INVISIBLE_REPRESENTANTS_LEGAUX is set at submission, or by the patient"
        raise MetadataRefused("confidentialityCode", rule, code=UPDATE_ERROR)
    if both_hidden(after) and not both_allowed:
        rule = "MASQUE_PS and INVISIBLE_PATIENT together are refused (cumul-invisible_patient-masque_ps = false)"
        raise MetadataRefused("confidentialityCode", rule, code=UPDATE_ERROR)
    return acts


def _check_right(context: Context, access: Access, change: Change, acts: tuple[Act, ...]) -> None:
    """Raise unless the caller may do every act of the change to this document, and it is not deleted already."""
    caller, entry, fed_by = access.caller, change.stored.entry, change.stored.fed_by

    def is_ours(structure: str) -> bool:
        return context.directory.same_entity(structure, caller.structure)

    if not access.sees(entry) and not is_made_by(entry, fed_by, is_ours):
        raise MetadataRefused("targetObject", f"{entry.entry_uuid!r} is no document of this patient", code=UPDATE_ERROR)
    for act in acts:
        right = authorize(caller, act, treating=access.treating)
        if act in _FOR_TREATING_ONLY and is_patients_own(entry):
            if not access.treating:
                raise errors.FORBIDDEN.error(
                    reason="un document du patient ne relève que de lui et du médecin traitant"
                )
            continue  # whose document it is then is said by note *, not by the limit of the cell
        if reason := outside(right.limit, entry, fed_by, caller.id_nat, is_ours):
            raise errors.FORBIDDEN.error(reason=reason, rule="Voir la matrice des droits fonctionnels du DMP.")
    if _is_deleted(change.stored):
        raise AlreadyDeleted(entry.entry_uuid)

"""TD3.1: search the submission sets of a DMP, FindSubmissionSets and the FHIR List [DMP digest 1.7, 4.3, 8.1]."""

from __future__ import annotations

from segur.contracts.dmp import RecordSearched
from segur.wire.xds import MetadataRefused
from segur.wire.xds_query import SubmissionSetFilter
from segur_dmp import errors, faults
from segur_dmp.context import Context
from segur_dmp.domain.rights import Act
from segur_dmp.domain.visibility import seen_by_professional
from segur_dmp.pipeline import Caller, authorize, check_patient, may_read, open_account
from segur_dmp.store import StoredSet


async def find_submission_sets(context: Context, caller: Caller, wanted: SubmissionSetFilter) -> tuple[StoredSet, ...]:
    """The sets that meet the criteria; members the caller may not see are absent, and so are sets without any left.

    Raise `SegurError` (rights) or `MetadataRefused` (XDS errors).
    """
    authorize(caller, Act.SEARCH)
    if context.floor.faults.strikes(faults.SEARCH_UNAVAILABLE, patient=caller.patient, actor=caller.id_nat):
        raise errors.UNAVAILABLE.error()
    if wanted.patient_id:
        check_patient(context, caller, wanted.patient_id)
    await open_account(context, caller)
    treating = await may_read(context, caller)
    hidden = {
        entry.logical_id
        for entry in await context.records.documents.current_of(caller.patient)
        if not seen_by_professional(entry, caller.id_nat, treating=treating)
    }
    found = []
    for stored in await context.records.sets.of(caller.patient):
        members = tuple(member for member in stored.members if member not in hidden)
        if members and wanted.matches(stored.submission_set):
            found.append(StoredSet(stored.submission_set, stored.patient, members))
    if len(found) > context.settings.dmp_max_results:
        limit = f"{len(found)} sets, at most {context.settings.dmp_max_results} are given; narrow the search"
        raise MetadataRefused("AdhocQuery", limit, code="XDSTooManyResults")
    fact = RecordSearched(patient=caller.patient, reader=caller.id_nat, returned=len(found), door=caller.door)
    await context.floor.store.commit([], [fact])
    return tuple(found)

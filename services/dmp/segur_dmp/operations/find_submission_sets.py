"""TD3.1: search the submission sets of a DMP, FindSubmissionSets and the FHIR List [DMP digest 1.7, 4.3, 8.1]."""

from __future__ import annotations

from segur.wire.xds_query import SubmissionSetFilter
from segur_dmp.context import Context
from segur_dmp.operations.searching import check_limit, search_in, seen_sets, tell_search
from segur_dmp.pipeline import Caller, check_patient
from segur_dmp.store import StoredSet


async def find_submission_sets(context: Context, caller: Caller, wanted: SubmissionSetFilter) -> tuple[StoredSet, ...]:
    """The sets that meet the criteria, those of changes and deletions too.

    Associations with documents the caller may not see are absent, and so are sets without any left. Raise `SegurError`
    (rights) or `MetadataRefused` (XDS errors).
    """
    access = await search_in(context, caller)
    if wanted.patient_id:
        check_patient(context, caller, wanted.patient_id)
    found: list[StoredSet] = []
    async for stored in context.records.sets.find(caller.patient, wanted):
        found.append(stored)
        check_limit(context, len(found))
    shown = await seen_sets(context, access, found)
    await tell_search(context, caller, len(shown))
    return shown

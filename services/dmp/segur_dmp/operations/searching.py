"""What every search of a registry shares: the fault, the limit, who sees what, the fact [DMP digest 1.7, 6.3]."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from segur.contracts.dmp import RecordSearched
from segur.wire import xds_uuids
from segur.wire.xds import DocumentEntry, MetadataRefused
from segur_dmp import errors, faults
from segur_dmp.context import Context
from segur_dmp.domain.rights import Act
from segur_dmp.operations.striking import strike
from segur_dmp.pipeline import Access, Caller, enter
from segur_dmp.store import StoredSet


async def search_in(context: Context, caller: Caller, act: Act = Act.SEARCH) -> Access:
    """The caller inside the DMP, about to search; raise as `enter` does, or `errors.UNAVAILABLE` by a fault."""
    access = await enter(context, caller, act)
    if context.floor.faults.strikes(faults.SEARCH_UNAVAILABLE, patient=caller.patient, actor=caller.id_nat):
        raise errors.UNAVAILABLE.error()
    strike(context, caller, "search")
    return access


def check_limit(context: Context, found: int) -> None:
    """Raise `MetadataRefused` (XDSTooManyResults) beyond the most objects of one answer."""
    most = context.settings.dmp_max_results
    if found > most:
        raise MetadataRefused(
            "AdhocQuery", f"more than {most} objects; narrow the search by dates or types", code="XDSTooManyResults"
        )


async def tell_search(context: Context, caller: Caller, returned: int) -> None:
    """Tell the search as a fact."""
    fact = RecordSearched(
        patient=caller.patient, reader=caller.id_nat, returned=returned, door=caller.door, secret=caller.secret
    )
    await context.floor.store.commit([], [fact])


def is_given(context: Context, entry: DocumentEntry) -> bool:
    """Whether a document of that status is ever given: a deleted one is not, unless the settings say so."""
    return entry.status != xds_uuids.DELETED or context.settings.dmp_give_deleted


async def seen_of(context: Context, access: Access, unique_ids: Iterable[str]) -> dict[str, DocumentEntry]:
    """Of these documents the current versions of those the caller sees, by uniqueId, deleted ones among them.

    Who sees a document is said by its current version: a former one must not show what is masked now.
    """
    found = await context.records.documents.of_unique_ids(unique_ids)
    return {
        unique_id: stored.entry
        for unique_id, stored in found.items()
        if stored.patient == access.caller.patient and access.sees(stored.entry)
    }


async def seen_sets(context: Context, access: Access, sets: Iterable[StoredSet]) -> tuple[StoredSet, ...]:
    """The sets of the patient with the associations whose documents the caller all sees; sets without any are absent.

    A deleted document counts as seen: that it was deleted is what the set tells.
    """
    theirs = [stored for stored in sets if stored.patient == access.caller.patient]
    seen = await seen_of(context, access, (unique_id for stored in theirs for _, unique_id in stored.documents))
    shown = []
    for stored in theirs:
        hidden = {uuid for uuid, unique_id in stored.documents if unique_id not in seen}
        links = tuple(link for link in stored.links if not {link.source, link.target} & hidden)
        if links:
            shown.append(replace(stored, links=links))
    return tuple(shown)

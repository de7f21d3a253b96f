"""TD0.4: the DMPs a professional is authorized on, since a date [DMP digest 1.4, 6.1]."""

from __future__ import annotations

from datetime import datetime

from segur.contracts.dmp import PatientsListed
from segur.vocab.ins import Ins
from segur.wire.hl7v3_values import AUTHORIZATION_VALID, Identifier, format_ts
from segur.wire.patient_list import DateType, ListedPatient, PatientListQuery
from segur.wire.xds import comparable
from segur.wire.xds_query import SubmissionSetFilter
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.account import Account
from segur_dmp.domain.rights import Act, Grant, Limit, authorization_state
from segur_dmp.operations.follow_directory import directory_now
from segur_dmp.pipeline import Caller, authorize


async def list_patients(context: Context, caller: Caller, query: PatientListQuery) -> tuple[ListedPatient, ...]:
    """The open DMPs, those dated last first.

    A professional lists the own DMPs; an employee those of a professional of the structure (`owner`), or what was
    declared for the structure (matrix, note b); a structure's certificate sees new authorizations only (note c). Raise
    `errors.FORBIDDEN`.
    """
    allowed = authorize(caller, Act.LIST_RECORDS)
    holder = await _holder(context, caller, query, allowed.limit)
    now, lifetime = context.floor.clock.now(), context.settings.dmp_authorization_lifetime
    found: list[tuple[str, ListedPatient]] = []
    for grant in await context.records.authorizations.of_holder(holder):
        if authorization_state(grant, now, lifetime) != AUTHORIZATION_VALID:
            continue
        if query.date_type is DateType.LAST_AUTHORIZATION and grant.at < query.since:
            continue
        account = await context.records.accounts.of(grant.patient)
        if account is None or not account.active:
            continue
        added = await _last_set(context, grant.patient, query.since if _by_document(query) else None)
        if _by_document(query) and not added:
            continue
        dated = added if _by_document(query) else format_ts(grant.at)
        found.append((dated, _listed(account, grant, added)))
    told = PatientsListed(reader=caller.id_nat, owner=holder, patients=len(found))
    await context.floor.store.commit([], [told])
    return tuple(listed for _, listed in sorted(found, key=lambda pair: pair[0], reverse=True))


def _by_document(query: PatientListQuery) -> bool:
    return query.date_type is DateType.LAST_DOCUMENT


async def _holder(context: Context, caller: Caller, query: PatientListQuery, limit: Limit | None) -> str:
    """Whose authorizations are listed; raise `errors.FORBIDDEN` outside the limits."""
    if limit is Limit.NEW_BY_DATE and _by_document(query):
        raise errors.FORBIDDEN.error(
            reason="un certificat de structure ne liste que les nouvelles autorisations", field="dateType"
        )
    if not query.owner or query.owner == caller.holder:
        return caller.holder
    directory = await directory_now(context, query.owner, caller.structure)
    works_there = any(directory.same_entity(post, caller.structure) for post in directory.posts.get(query.owner, ()))
    if limit is None or not works_there:
        raise errors.FORBIDDEN.error(
            reason="ce professionnel n'est pas de la structure de l'appelant", field="psOwnerId"
        )
    return query.owner


async def _last_set(context: Context, patient: str, since: datetime | None) -> str:
    """When the last submission set came (`YYYYMMDDhhmmss`), empty when there is none since then."""
    last = ""
    async for stored in context.records.sets.find(patient, SubmissionSetFilter()):
        last = max(last, comparable(stored.submission_set.submission_time))
    return last if last and (since is None or last >= format_ts(since)) else ""


def _listed(account: Account, grant: Grant, added: str) -> ListedPatient:
    ins = Ins.from_cx(account.ins)
    return ListedPatient(
        identifiers=(Identifier(ins.oid, ins.matricule),),
        last_name=account.used_name or account.birth_name,
        patronymical_name=account.birth_name,
        first_name=account.given[0] if account.given else "",
        civility=account.civility,
        date_of_birth=account.birth_date,
        treating_doctor=grant.treating,
        last_access=format_ts(grant.acted or grant.at),
        last_update=added,
        last_add=added,
    )

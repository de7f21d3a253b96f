"""A space ends: closing, archive of ten years, erasure; suspension by the CNAM [DMP digest 6.5]."""

from __future__ import annotations

from dataclasses import replace

from segur.contracts.mes import SpaceClosed, SpaceErased, SpaceRestored, SpaceSuspended
from segur.kernel.request import current_sandbox
from segur.kernel.store import Delete, Write
from segur.personas.states import DmpState
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.account import Account, Closing
from segur_dmp.domain.mes.spaces import ARCHIVE_YEARS, OBJECTION_DELAY, Space, SpaceState, years_later
from segur_dmp.operations.mes.visit import state_refused
from segur_dmp.store.diary import Deadline, Due

_LIVING = (SpaceState.OPEN, SpaceState.ACTIVE, SpaceState.SUSPENDED)


async def close_space(context: Context, patient: str, *, motive: Closing, reason: str, by: str) -> Space:
    """Close space and DMP: nothing goes in any more, what is there is kept ten years. Raise `errors.NO_SPACE`."""
    account, space = await _living(context, patient)
    now = context.floor.clock.now()
    until = years_later(now, ARCHIVE_YEARS)
    new = replace(space, state=SpaceState.CLOSED, since=now, closes_at=None, erased_at=until, code="")
    records = context.records
    writes: list[Write] = [
        records.spaces.replacement(new, was=space),
        records.accounts.change(
            patient, was=account.state, state=DmpState.CLOSED.value, closed_at=now, motif=motive.value, raison=reason
        ),
        records.deadlines.lifting(Deadline.SUSPENSION, patient),
        records.deadlines.setting(Due(Deadline.ERASURE, patient, until)),
    ]
    fact = SpaceClosed(patient=patient, reason=reason, motive=motive.value, by=by, erased_at=until.isoformat())
    await context.floor.store.commit(writes, [fact])
    return new


async def suspend_space(context: Context, patient: str, motive: str) -> Space:
    """Suspend for serious malfunction or fraud: it closes after six weeks without an objection (R.1111-36 CSP)."""
    _, space = await _living(context, patient)
    if space.state is SpaceState.SUSPENDED:
        raise state_refused(space.state)
    now = context.floor.clock.now()
    until = now + OBJECTION_DELAY
    new = replace(space, state=SpaceState.SUSPENDED, since=now, closes_at=until)
    writes: list[Write] = [
        context.records.spaces.replacement(new, was=space),
        context.records.deadlines.setting(Due(Deadline.SUSPENSION, patient, until)),
    ]
    fact = SpaceSuspended(patient=patient, motive=motive, closes_at=until.isoformat())
    await context.floor.store.commit(writes, [fact])
    return new


async def restore_space(context: Context, patient: str) -> Space:
    """Lift a suspension, e.g. because the person objected to the closing. Raise `errors.NO_SPACE`."""
    account, space = await _living(context, patient)
    if space.state is not SpaceState.SUSPENDED:
        raise state_refused(space.state)
    state = SpaceState.ACTIVE if account.web_account else SpaceState.OPEN
    new = replace(space, state=state, since=context.floor.clock.now(), closes_at=None)
    writes: list[Write] = [
        context.records.spaces.replacement(new, was=space),
        context.records.deadlines.lifting(Deadline.SUSPENSION, patient),
    ]
    await context.floor.store.commit(writes, [SpaceRestored(patient=patient)])
    return new


async def erase_archive(context: Context, patient: str, *, requested: bool = False) -> int:
    """Erase the archive of a closed space; give the number of documents. The bytes stay until nobody's blob is theirs.

    NOTE: the law gives three months for an erasure on express request; here it is done at once.
    """
    account = await context.records.accounts.of(patient)
    space = await context.records.spaces.of(patient)
    if account is None or space is None or space.state is not SpaceState.CLOSED:
        raise state_refused(space.state if space else None)
    records = context.records
    documents = len(await records.documents.current_of(patient))
    theirs = {"sandbox": current_sandbox(), "patient": patient}
    tables = (
        records.documents.current, records.documents.former, records.sets.table, records.authorizations.table,
        records.notifications.table, records.traces.table, records.agenda.table, records.service_consents.table,
        records.folders.table, records.measures.table, records.medical_profiles.table, records.preventions.table,
    )  # fmt: skip
    erased = Account(
        patient, account.ins, DmpState.NONE.value, account.given, account.birth_name, account.used_name,
        account.civility, account.sex, account.birth_date, attached=False, web_account=False,
    )  # fmt: skip
    writes: list[Write] = [
        *(Delete(table, theirs) for table in tables),
        records.accounts.replacement(erased, was=account.state),
        records.spaces.replacement(replace(space, erased_at=None, pinned=()), was=space),
        records.deadlines.lifting(Deadline.ERASURE, patient),
    ]
    await context.floor.store.commit(writes, [SpaceErased(patient=patient, documents=documents, requested=requested)])
    return documents


async def _living(context: Context, patient: str) -> tuple[Account, Space]:
    account = await context.records.accounts.of(patient)
    space = await context.records.spaces.of(patient)
    if account is None:
        raise errors.NOT_FOUND.error(field="ins")
    if space is None or space.state not in _LIVING:
        raise state_refused(space.state if space else None)
    return account, space

"""What happens by itself when its time has come, by the sandbox's clock [DMP digest 6.5]."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from segur.contracts.fact import Fact
from segur.contracts.mes import MajorityReached
from segur.kernel.errors import SegurError
from segur.kernel.store import Conflict, Write
from segur_dmp.context import Context
from segur_dmp.domain.account import Closing
from segur_dmp.domain.mes.notices import APPOINTMENT, MAJORITY, MAJORITY_REPRESENTATIVE, PLATFORM, Notice
from segur_dmp.domain.visibility import HIDDEN_FROM_PATIENT
from segur_dmp.operations.change_visibility import change_confidentiality
from segur_dmp.operations.mes.close_space import close_space, erase_archive
from segur_dmp.operations.mes.open_space import open_space
from segur_dmp.operations.mes.prevent import due_of_prevention, notices_of_prevention
from segur_dmp.store.diary import Deadline, Due
from segur_dmp.store.telling import TellingStore

log = logging.getLogger("segur.mes")


async def meet_deadlines(context: Context) -> int:
    """Do what is due in the current sandbox; give how much was. What cannot be done any more is dropped and told."""
    met = 0
    for due in await context.records.deadlines.passed(context.floor.clock.now()):
        try:
            await _ACTS[due.kind](context, due)
        except (SegurError, Conflict) as error:
            log.info("deadline %s passed without effect: %s", due.kind, error)
        # an act that lifted or moved the deadline itself is not disturbed
        if due in await context.records.deadlines.passed(context.floor.clock.now()):
            await context.floor.store.commit([context.records.deadlines.lifting(due.kind, due.patient, due.about)])
        met += 1
    return met


async def _open(context: Context, due: Due) -> None:
    await open_space(context, due.patient)


async def _close(context: Context, due: Due) -> None:
    reason = "Suspension sans opposition pendant six semaines."
    await close_space(context, due.patient, motive=Closing.SUSPENDED, reason=reason, by=PLATFORM)


async def _erase(context: Context, due: Due) -> None:
    await erase_archive(context, due.patient)


async def _reveal(context: Context, due: Due) -> None:
    """REMISE_VISIBILITE_AUTO: nobody announced the document, the patient may see it now."""
    stored = await context.records.documents.of_unique_id(due.about)
    if stored is not None:
        kept = tuple(code for code in stored.entry.confidentiality if code.code != HIDDEN_FROM_PATIENT)
        await change_confidentiality(context, stored, kept, by=PLATFORM)


async def _remind_of_majority(context: Context, due: Due) -> None:
    urn = f"urn:profil:{due.patient}"
    notices = [Notice(due.patient, code, urn, profile=due.patient) for code in (MAJORITY, MAJORITY_REPRESENTATIVE)]
    await _tell(context, notices, [], [])


async def _come_of_age(context: Context, due: Due) -> None:
    account = await context.records.accounts.of(due.patient)
    if account is not None:
        grown = replace(account, representatives=())
        write = context.records.accounts.replacement(grown, was=account.state)
        await context.floor.store.commit([write], [MajorityReached(patient=due.patient)])


async def _remind_of_appointment(context: Context, due: Due) -> None:
    urn = f"urn:rdv:{due.about}"
    await _tell(context, [Notice(due.patient, APPOINTMENT, urn, profile=due.patient, reason="appointment")], [], [])


async def _remind_of_prevention(context: Context, due: Due) -> None:
    """What is recommended soon; the next reminder takes the place of this one."""
    account = await context.records.accounts.of(due.patient)
    if account is None:
        return
    now = context.floor.clock.now()
    after = due_of_prevention(due.patient, account.birth_date, account.sex, now)
    await _tell(
        context,
        notices_of_prevention(account, due.due, now),
        [context.records.deadlines.setting(one) for one in after],
        [],
    )


async def _tell(context: Context, notices: list[Notice], writes: list[Write], facts: list[Fact]) -> None:
    store = context.floor.store
    assert isinstance(store, TellingStore)
    more, told = await store.tell(notices)
    await store.commit([*writes, *more], [*facts, *told])


_ACTS: dict[Deadline, Callable[[Context, Due], Awaitable[None]]] = {
    Deadline.OPENING: _open,
    Deadline.SUSPENSION: _close,
    Deadline.ERASURE: _erase,
    Deadline.REVEALING: _reveal,
    Deadline.MAJORITY_NEAR: _remind_of_majority,
    Deadline.MAJORITY: _come_of_age,
    Deadline.APPOINTMENT: _remind_of_appointment,
    Deadline.PREVENTION: _remind_of_prevention,
}

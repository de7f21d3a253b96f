"""When the minors of a sandbox come of age: by the age its parameters say, and anew when that changes [8.2, 6.3]."""

from __future__ import annotations

from datetime import datetime

from segur.kernel.store import Write
from segur_dmp.context import Context
from segur_dmp.domain.mes.spaces import MAJORITY_REMINDER, majority_at
from segur_dmp.domain.parameters import Parameters
from segur_dmp.store.diary import Deadline, Due


def dues_of_majority(patient: str, birth_date: str, parameters: Parameters, now: datetime) -> list[Due]:
    """The reminder, unless its time and the majority itself are over, and the majority; nothing without minors."""
    if not parameters.minors_managed or not birth_date[:4].isdigit():
        return []
    grown = majority_at(birth_date, parameters.majority_age)
    near = [Due(Deadline.MAJORITY_NEAR, patient, grown - MAJORITY_REMINDER)] if grown > now else []
    return [*near, Due(Deadline.MAJORITY, patient, grown)]


async def plan_majority(context: Context) -> int:
    """Set the deadlines of every minor to what the parameters now say; give how many minors there are.

    Who is of age by the new parameters becomes so with the next look at the deadlines. NOTE: who came of age has no
    legal representatives any more, and a higher age does not give them back.
    """
    records, now = context.records, context.floor.clock.now()
    parameters = await records.parameters.now()
    minors = await records.accounts.represented()
    writes: list[Write] = []
    for account in minors:
        due = dues_of_majority(account.patient, account.birth_date, parameters, now)
        writes += [records.deadlines.setting(one) for one in due]
        planned = {one.kind for one in due}
        for kind in (Deadline.MAJORITY_NEAR, Deadline.MAJORITY):
            if kind not in planned:
                writes.append(records.deadlines.lifting(kind, account.patient))
    if writes:
        await context.floor.store.commit(writes)
    return len(minors)

"""What is recommended to a patient by age: the list, the answers, the reminders [DMP digest 6.5, RAPPEL_RDV_PREV*]."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from segur.contracts.mes import PreventionAnswered
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.account import Account
from segur_dmp.domain.mes.notices import PREVENTION_CODES, Notice
from segur_dmp.domain.mes.prevention import Status, Window, current_windows, next_reminder, to_remind_of
from segur_dmp.domain.mes.visitors import Visitor
from segur_dmp.store.diary import Deadline, Due
from segur_dmp.store.preventions import Answer


@dataclass(frozen=True, slots=True)
class Prevention:
    """A window and where it stands; `done_on` is a day (YYYY-MM-DD) when it was done."""

    window: Window
    status: Status
    done_on: str = ""


async def preventions_of(context: Context, account: Account) -> list[Prevention]:
    """What is recommended now and in the coming year, the earliest first."""
    now = context.floor.clock.now()
    said = {(one.code, one.start): one for one in await context.records.preventions.of(account.patient)}
    found = []
    for window in current_windows(account.birth_date, account.sex, now):
        answer = said.get((window.what.code, window.start))
        unsaid = Status.TO_PLAN if window.start > now else Status.NOT_SPECIFIED
        found.append(
            Prevention(window, answer.status, answer.done_on) if answer is not None else Prevention(window, unsaid)
        )
    return found


async def answer_prevention(
    context: Context, visitor: Visitor, account: Account, code: str, start: date, status: Status, done_on: date | None
) -> Prevention:
    """Say that something recommended was done (and when), or not, or take that back. Raise `errors.BAD_DEMAND`."""
    known = await preventions_of(context, account)
    one = next((p for p in known if p.window.what.code == code and p.window.start.date() == start), None)
    if one is None:
        raise errors.NOT_FOUND.error(field="code")
    if status is Status.TO_PLAN:
        raise errors.BAD_DEMAND.error(reason="DONE, NOT_DONE ou NOT_SPECIFIED est attendu", field="statut")
    today = context.floor.clock.now().date()
    if status is Status.DONE and (done_on is None or done_on > today):
        raise errors.BAD_DEMAND.error(reason="la date de réalisation, au plus tard aujourd'hui", field="executionDate")
    day = done_on.isoformat() if status is Status.DONE and done_on is not None else ""
    answer = Answer(code, one.window.start, status, day)
    fact = PreventionAnswered(patient=visitor.patient, code=code, status=status.value, by=visitor.by)
    await context.floor.store.commit([context.records.preventions.answering(visitor.patient, answer)], [fact])
    return Prevention(one.window, status, day)


def due_of_prevention(patient: str, birth_date: str, sex: str, after: datetime) -> list[Due]:
    """The next reminder of a patient, if one is to come."""
    coming = next_reminder(birth_date, sex, after)
    return [Due(Deadline.PREVENTION, patient, coming)] if coming is not None else []


def notices_of_prevention(account: Account, since: datetime, now: datetime) -> list[Notice]:
    """What is told by the reminders from `since` to `now`, one notice for each thing recommended."""
    return [
        Notice(
            account.patient,
            PREVENTION_CODES[window.what.family],
            f"urn:examen:{window.what.code}",
            profile=account.patient,
            reason="prevention",
        )
        for window in to_remind_of(account.birth_date, account.sex, since, now)
    ]

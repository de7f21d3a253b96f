"""Agenda, and consents to referenced services: small stand-ins for those areas of Mon espace santé [DMP digest 6.5]."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from segur.contracts.mes import (
    AppointmentCancelled,
    AppointmentNoted,
    ServiceConsentGiven,
    ServiceConsentWithdrawn,
)
from segur.kernel.ids import new_id
from segur.kernel.store import Conflict, Write
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.mes.services import purpose_of
from segur_dmp.domain.mes.visitors import Visitor
from segur_dmp.operations.mes.visit import of_holder
from segur_dmp.store.diary import Appointment, Deadline, Due

REMINDER: Final = timedelta(days=1)
_LONGEST: Final = 120


async def note_appointment(
    context: Context, visitor: Visitor, at: datetime, title: str, *, professional: str = "", place: str = ""
) -> Appointment:
    """Write an appointment to come into the agenda; a reminder follows the day before. Raise `errors.BAD_DEMAND`."""
    now = context.floor.clock.now()
    if at <= now:
        raise errors.BAD_DEMAND.error(reason="un rendez-vous est à venir", field="at")
    if not title.strip() or max(map(len, (title, professional, place))) > _LONGEST:
        raise errors.BAD_DEMAND.error(reason=f"un objet est attendu, {_LONGEST} caractères au plus", field="title")
    one = Appointment(new_id(), visitor.patient, at, title.strip(), professional.strip(), place.strip())
    due = Due(Deadline.APPOINTMENT, visitor.patient, max(now, at - REMINDER), one.id)
    writes: list[Write] = [context.records.agenda.insertion(one), context.records.deadlines.setting(due)]
    fact = AppointmentNoted(patient=visitor.patient, appointment_id=one.id, at=at.isoformat())
    await context.floor.store.commit(writes, [fact])
    return one


async def cancel_appointment(context: Context, visitor: Visitor, number: str) -> None:
    """Take an appointment out; raise `errors.NOT_FOUND`."""
    one = next((each for each in await context.records.agenda.of(visitor.patient) if each.id == number), None)
    if one is None:
        raise errors.NOT_FOUND.error(field="appointment")
    writes: list[Write] = [
        context.records.agenda.removal(one),
        context.records.deadlines.lifting(Deadline.APPOINTMENT, visitor.patient, one.id),
    ]
    try:
        await context.floor.store.commit(writes, [AppointmentCancelled(patient=visitor.patient, appointment_id=one.id)])
    except Conflict as error:
        raise errors.NOT_FOUND.error(field="appointment") from error


async def choose_service(context: Context, visitor: Visitor, service: str, purpose: str, *, given: bool) -> bool:
    """Consent to one purpose of a referenced service, or no longer; False when it is so. Raise `errors.NOT_FOUND`."""
    of_holder(visitor)
    if purpose_of(service, purpose) is None:
        raise errors.NOT_FOUND.error(field="service")
    if (f"{service}/{purpose}" in await context.records.service_consents.of(visitor.patient)) is given:
        return False
    kind = ServiceConsentGiven if given else ServiceConsentWithdrawn
    write = context.records.service_consents.choosing(visitor.patient, service, purpose, given=given)
    fact = kind(patient=visitor.patient, service=service, purpose=purpose)
    await context.floor.store.commit([write], [fact])
    return True

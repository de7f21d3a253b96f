"""The directory tells of a professional, and PSC knows them as the directory does [PSC digest 1.11, 4.1 P30]."""

from __future__ import annotations

from segur.contracts.directory_records import ProfessionalRecord
from segur.personas.model import Professional
from segur_psc.context import Context
from segur_psc.domain.session import APPROVE, ASK, Person
from segur_psc.domain.userinfo import claims


def person_of(context: Context, professional: Professional) -> Person:
    """A professional as PSC keeps them."""
    by_itself = set(context.settings.psc_ciba_auto_approve)
    return Person(
        id_nat=str(professional.id_nat),
        name=professional.display_name,
        profession=professional.profession_label,
        place=professional.structure.name,
        card=bool(professional.card),
        phone=professional.has_ecps,
        claims=claims(professional),
        speciality=professional.speciality_label,
        answers=APPROVE if by_itself & {"*", str(professional.id_nat)} else ASK,
    )


async def keep_professional(context: Context, record: ProfessionalRecord) -> None:
    """Take up somebody new, or what changed about somebody known; what they answer to CIBA stays as it was set."""
    await context.floor.store.commit([context.records.following(person_of(context, record.persona()), context.now)])
    context.records.forget_person(record.id_nat)


async def bar_professional(context: Context, id_nat: str) -> None:
    """Somebody left the registers: no further login, `User disabled` at the next refresh."""
    await context.floor.store.commit([context.records.barring(id_nat)])
    context.records.forget_person(id_nat)

"""Publish the professionals and structures of the synthetic country."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator

from segur.contracts.annuaire import ProfessionalRegistered
from segur.contracts.directory_records import PlaceRecord, ProfessionalRecord
from segur.kernel import request
from segur.personas.country import Country, build_country
from segur.personas.model import Mailbox
from segur_annuaire.context import Context
from segur_annuaire.domain.entries import Person, Place
from segur_annuaire.domain.organizations import published
from segur_annuaire.domain.pieces import instant
from segur_annuaire.domain.resources import publish
from segur_annuaire.operations.register_professional import FIRST_NUMBER


async def seed(context: Context, sandbox: str) -> None:
    """Fill a sandbox and tell each registered professional as a fact."""
    told = context.settings
    country = await asyncio.to_thread(build_country, told.seed, told.population, told.professionals)
    facts = [
        ProfessionalRegistered(
            id_nat=professional.id_nat.value,
            profession=professional.profession,
            mailboxes=tuple(box.address for box in published(country.mailboxes_of(professional.key))),
        )
        for professional in country.professionals
        if professional.rpps is not None
    ]
    # the admin route that fills a further sandbox runs outside of it: facts and clock must be that sandbox's
    inside = request.enter(request.Request(sandbox=sandbox))
    try:
        moment = context.floor.clock.now()
        shelves = await context.directory.fill(publish(country, moment, sandbox))
        await context.register.fill(_entries(country, instant(moment)), FIRST_NUMBER, shelves)
        await context.directory.tell(facts)
    finally:
        request.leave(inside)


def _entries(country: Country, moment: str) -> Iterator[Person | Place]:
    owned: defaultdict[str, list[Mailbox]] = defaultdict(list)
    for box in country.mailboxes:
        owned[box.owner].append(box)
    for place in country.structures:
        yield Place(PlaceRecord.of(place), tuple(owned[place.key]), moment)
    for person in country.professionals:
        if person.rpps is not None:
            yield Person(ProfessionalRecord.of(person), tuple(owned[person.key]), moment)

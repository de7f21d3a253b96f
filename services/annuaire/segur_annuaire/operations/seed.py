"""Publish the professionals and structures of the synthetic country."""

from __future__ import annotations

import asyncio

from segur.contracts.annuaire import ProfessionalRegistered
from segur.kernel import request
from segur.personas.country import build_country
from segur_annuaire.context import Context
from segur_annuaire.domain.resources import publish, published


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
        await context.directory.fill(publish(country, context.floor.clock.now()), facts)
    finally:
        request.leave(inside)

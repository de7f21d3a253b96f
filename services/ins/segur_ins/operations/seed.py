"""Enter the patients of the synthetic country, and the published test people, into the register."""

from __future__ import annotations

import asyncio

from segur.personas.country import build_country
from segur_ins.context import Context
from segur_ins.domain.population import register_of


async def seed(context: Context, sandbox: str) -> None:
    """Fill a sandbox."""
    told = context.settings
    country = await asyncio.to_thread(build_country, told.seed, told.population, told.professionals)
    await context.register.fill(sandbox, register_of(country))

"""Enter the patients of the synthetic country into the register and, when asked for, the published test people."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import chain, islice
from typing import Final

from segur.kernel.sandbox import extras_of
from segur.personas.country import build_country
from segur.personas.fixture_patients import fixture_patients
from segur.personas.generated import stream_patients
from segur.personas.model import Patient
from segur_ins.context import Context
from segur_ins.domain.population import register_of

TEST_IDENTITIES: Final = "insi-test-identities"
"""The extra of a sandbox that has the published test people."""


async def seed(context: Context, sandbox: str) -> None:
    """Fill a sandbox."""
    told = context.settings
    country = await asyncio.to_thread(build_country, told.seed, told.population, told.professionals)
    extras = await extras_of(context.floor.store, sandbox)
    people = chain(country.patients, _newcomers(told.seed, len(country.patients), told.ins_population))
    with_test_identities = told.ins_test_identities or TEST_IDENTITIES in extras
    await context.register.fill(sandbox, register_of(people, with_test_identities=with_test_identities))


def _newcomers(seed: int, present: int, wanted: int) -> Iterable[Patient]:
    """Those who stand in the register only: the country as it would go on, were it larger."""
    generated = present - len(fixture_patients())
    return islice(stream_patients(seed, generated + max(0, wanted - present)), generated, None)

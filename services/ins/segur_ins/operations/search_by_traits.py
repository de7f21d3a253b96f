"""INS2, `rechercherInsAvecTraitsIdentite`: the identity that traits name [INS digest 2.4, 2.6]."""

from __future__ import annotations

from segur_ins import errors
from segur_ins.context import Context
from segur_ins.domain.traits import Hint, Traits, fits, hint_of, problem_of
from segur_ins.operations.answering import Outcome, conclude
from segur_ins.pipeline import Call


async def search_by_traits(context: Context, call: Call, traits: Traits) -> Outcome:
    """Search, and tell `ins.identity.searched`; raise `errors.BAD_TRAITS` or `errors.TECHNICAL`."""
    problem = problem_of(traits)
    if problem is not None:
        raise errors.BAD_TRAITS.error(field=problem.field, rule=problem.rule, fix=problem.fix)
    found = [person for person in await context.register.namesakes(traits) if fits(person, traits)]

    async def why_nobody() -> Hint | None:
        return hint_of(await context.register.neighbours(traits), traits)

    return await conclude(context, call, found, why_nobody, first_names=traits.first_names)

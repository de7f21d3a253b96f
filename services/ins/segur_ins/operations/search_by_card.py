"""INS1, `rechercherInsAvecCarteVitale`: the identity of a card's beneficiary [INS digest 2.4, 2.6]."""

from __future__ import annotations

from segur_ins import errors
from segur_ins.context import Context
from segur_ins.domain.card import Reading, fits, hint_of, problem_of
from segur_ins.domain.traits import Hint
from segur_ins.operations.answering import Outcome, conclude
from segur_ins.pipeline import Call


async def search_by_card(context: Context, call: Call, reading: Reading) -> Outcome:
    """Search, and tell `ins.identity.searched`; raise `errors.BAD_TRAITS` or `errors.TECHNICAL`.

    The own number leads to its person, even a former number; without it the policy holder's number, the birth date and
    the rank do.
    """
    problem = problem_of(reading)
    if problem is not None:
        raise errors.BAD_TRAITS.error(field=problem.field, rule=problem.rule, fix=problem.fix)
    register = context.register
    if reading.number:
        known = await register.known_as(reading.number)
    else:
        known = await register.insured_under(reading.holder, reading.birth_date)

    async def why_nobody() -> Hint | None:
        return hint_of(known, reading)

    return await conclude(context, call, [person for person in known if fits(person, reading)], why_nobody)

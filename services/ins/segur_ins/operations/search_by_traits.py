"""INS2, `rechercherInsAvecTraitsIdentite`: the identity that traits name [INS digest 2.4, 2.6]."""

from __future__ import annotations

from dataclasses import dataclass

from segur.contracts.ins import IdentitySearched
from segur.kernel import request, tracing
from segur.vocab.ins import Ins
from segur_ins import errors, faults
from segur_ins.context import Context
from segur_ins.domain.distortions import DISTORTIONS
from segur_ins.domain.person import Person
from segur_ins.domain.traits import Traits, fits, hint_of, problem_of
from segur_ins.pipeline import Call

FOUND, NONE, SEVERAL = "00", "01", "02"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The return code, and the identity with 00; `dates_first` asks for the swapped order of the history (I8)."""

    code: str
    person: Person | None = None
    dates_first: bool = False


async def search_by_traits(context: Context, call: Call, traits: Traits) -> Outcome:
    """Search, and tell `ins.identity.searched`; raise `errors.BAD_TRAITS` or `errors.TECHNICAL`."""
    problem = problem_of(traits)
    if problem is not None:
        raise errors.BAD_TRAITS.error(field=problem.field, rule=problem.rule, fix=problem.fix)
    found = [person for person in await context.register.namesakes(traits) if fits(person, traits)]
    patient = _pseudonym(context, found[0]) if len(found) == 1 else ""
    about = {"actor": call.issuer, "patient": patient, "operation": call.operation}
    board = context.floor.faults
    await board.delayed(faults.SLOW, **about)
    if await board.delayed(faults.UNAVAILABLE, **about) or any(person.breaks_search for person in found):
        raise errors.TECHNICAL.error()
    code = SEVERAL if len(found) > 1 else FOUND if found else NONE
    if board.strikes(faults.NONE_FOUND, **about):
        code = NONE
    if board.strikes(faults.SEVERAL_FOUND, **about):
        code = SEVERAL
    hint = None
    if not found and (hint := hint_of(await context.register.neighbours(traits), traits)):
        tracing.annotate(segur__ins__hint=hint.value)
    shown = code == FOUND
    if shown:
        request.note(patient=patient)
    fact = IdentitySearched(
        request_id=call.request_id,
        code=code,
        operation=call.operation,
        patient=patient if shown else None,
        message_id=call.message_id,
        software=call.software,
        issuer=call.issuer,
        hint=hint.value if hint else None,
    )
    await context.register.tell(fact)
    if not shown:
        return Outcome(code)
    person, dates_first = found[0], False
    for point in faults.DISTORTIONS:
        if board.strikes(point, **about):
            person, dates_first = DISTORTIONS[point](person), dates_first or point == faults.HISTORY
    return Outcome(FOUND, person, dates_first)


def _pseudonym(context: Context, person: Person) -> str:
    active = person.active
    return context.floor.pseudonyms.of(Ins(active.number + active.key, active.oid))

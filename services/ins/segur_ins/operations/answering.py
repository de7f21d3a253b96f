"""What both searches share once candidates are known: forced outcomes, the fact, what the answer shows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from segur.contracts.ins import IdentitySearched
from segur.kernel import request, tracing
from segur.vocab.ins import Ins
from segur_ins import errors, faults
from segur_ins.context import Context
from segur_ins.domain.distortions import DISTORTIONS
from segur_ins.domain.person import Person
from segur_ins.domain.traits import Hint
from segur_ins.pipeline import Call

FOUND, NONE, SEVERAL = "00", "01", "02"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The return code, and the identity with 00; `dates_first` asks for the swapped order of the history (I8)."""

    code: str
    person: Person | None = None
    dates_first: bool = False


def pseudonym(context: Context, person: Person) -> str:
    """The person's name in facts, headers and rules."""
    return context.floor.pseudonyms.of(Ins(person.active.whole, person.active.oid))


async def conclude(
    context: Context,
    call: Call,
    found: Sequence[Person],
    why_nobody: Callable[[], Awaitable[Hint | None]],
    *,
    first_names: Sequence[str] = (),
) -> Outcome:
    """The outcome of a search that found these people; tell `ins.identity.searched`. Raise `errors.TECHNICAL`.

    `why_nobody` looks for the one thing in the way when nobody was found; `first_names` are those asked for.
    """
    patient = pseudonym(context, found[0]) if len(found) == 1 else ""
    about = {"actor": call.issuer, "patient": patient, "operation": call.operation}
    board = context.floor.faults
    await board.delayed(faults.SLOW, **about)
    if await board.delayed(faults.UNAVAILABLE, **about) or any(person.breaks_search for person in found):
        raise errors.TECHNICAL.error()
    code = SEVERAL if len(found) > 1 else FOUND if found else NONE
    if code == FOUND and _is_too_early(first_names, found[0]) and board.strikes(faults.LAST_FIRST_NAME, **about):
        code = NONE
    if board.strikes(faults.NONE_FOUND, **about):
        code = NONE
    if board.strikes(faults.SEVERAL_FOUND, **about):
        code = SEVERAL
    hint = None
    if not found and (hint := await why_nobody()):
        tracing.annotate(segur__ins__hint=hint.value)
    shown = code == FOUND
    if shown:
        request.note(patient=patient)
    await context.register.tell(
        IdentitySearched(
            request_id=call.request_id,
            code=code,
            operation=call.operation,
            patient=patient if shown else None,
            message_id=call.message_id,
            software=call.software,
            issuer=call.issuer,
            hint=hint.value if hint else None,
            mode=call.mode.value,
        )
    )
    if not shown:
        return Outcome(code)
    person, dates_first = found[0], False
    for point in faults.DISTORTIONS:
        if board.strikes(point, **about):
            person, dates_first = DISTORTIONS[point](person), dates_first or point == faults.HISTORY
    return Outcome(FOUND, person, dates_first)


def _is_too_early(asked: Sequence[str], person: Person) -> bool:
    """Whether the names asked for are neither the last of a longer list nor the whole list (I6)."""
    names = person.first_names
    return bool(asked) and len(names) > 1 and " ".join(asked) not in (names[-1], " ".join(names))

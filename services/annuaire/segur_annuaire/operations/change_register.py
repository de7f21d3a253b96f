"""What every change of the directory does: decide on the register as it stands, then write all of it in one commit.

Register, resources and facts stand or fall together. When another change was faster, the decision is taken again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from segur.contracts.annuaire import MailboxPublished
from segur.contracts.fact import Fact
from segur.kernel import request
from segur.kernel.errors import SegurError
from segur.kernel.ids import new_id
from segur.kernel.request import current_sandbox
from segur.kernel.store import Conflict
from segur.personas.model import Mailbox
from segur_annuaire import errors
from segur_annuaire.context import Context
from segur_annuaire.domain import resources
from segur_annuaire.domain.entries import Person, Place, opens
from segur_annuaire.domain.organizations import organizations
from segur_annuaire.domain.pieces import Resource, shell, updated
from segur_annuaire.store.register import Edition

_PATIENCE = 50


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change comes to: entries as they will be, facts, and how many numbers for newcomers it used.

    `before` are the entries of `people` as they were: what they showed and no longer show becomes a shell.
    """

    people: tuple[Person, ...] = ()
    before: tuple[Person, ...] = ()
    places: tuple[Place, ...] = ()
    facts: tuple[Fact, ...] = ()
    numbers: int = 0


Decide = Callable[[Edition, datetime], Awaitable[Plan]]
"""Takes where the register stands and the moment of the change."""


async def change_register(context: Context, decide: Decide) -> Plan:
    """Carry out what `decide` plans; raise what it raises, or `BUSY` when others are always faster."""
    for _ in range(_PATIENCE):
        try:
            edition = await context.register.edition()
        except LookupError as error:
            raise errors.NO_SUCH_SANDBOX.error(sandbox=current_sandbox()) from error
        moment = context.floor.clock.now()
        try:
            plan = await decide(edition, moment)
        except SegurError:
            if await context.register.edition() == edition:
                raise
            continue  # it was decided on a mixture of two editions: the number it was given may be another's by now
        mark = new_id()
        changed = await _resources(context, plan, moment)
        writes = [
            context.register.turning(edition, mark, plan.numbers),
            *context.register.keeping(*plan.people, *plan.places),
            *context.directory.showing(changed, mark),
        ]
        try:
            await context.floor.store.commit(writes, plan.facts)
        except Conflict:
            continue
        request.note(operation="annuaire.change")
        return plan
    raise errors.BUSY.error()


async def _resources(context: Context, plan: Plan, moment: datetime) -> list[Resource]:
    """The resources that differ from what is shown now."""
    sandbox = current_sandbox()
    shown: dict[str, Resource] = {}
    for place in plan.places:
        shown |= {_name(one): one for one in organizations(place.record.persona(), place.boxes, moment, sandbox)}
    former = {name for person in plan.before if person.active for name in _names(person, moment)}
    for person in plan.people:
        if person.active:
            professional = person.record.persona()
            shown |= {_name(one): one for one in resources.person(professional, person.boxes, moment, sandbox)}
    known = {_name(one): one for one in await context.directory.referred([*shown, *former])}
    changed = [one for name, present in shown.items() if (one := updated(known.get(name), present, moment))]
    for name in sorted(former - shown.keys()):
        if (gone := updated(known[name], shell(known[name]), moment)) is not None:
            changed.append(gone)
    return changed


def _names(person: Person, moment: datetime) -> list[str]:
    return [_name(one) for one in resources.person(person.record.persona(), person.boxes, moment)]


def _name(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


async def handed_over(context: Context, structures: Sequence[str], people: Sequence[Person]) -> list[MailboxPublished]:
    """The organisational mailboxes of structures, with who may open them once `people` are as given."""
    facts: list[MailboxPublished] = []
    for structure in dict.fromkeys(structures):
        place = await context.register.place(structure)
        if place is not None:
            holders = await holders_of(context, structure, people)
            facts += [published(box, holders, place) for box in place.boxes if opens(box) and box.is_open]
    return facts


async def holders_of(context: Context, structure: str, people: Sequence[Person] = ()) -> tuple[str, ...]:
    """The PS_IdNat of those at work in a structure, once `people` are as given."""
    found = {one.record.id_nat for one in await context.register.people_at(structure) if one.active}
    for person in people:
        found.discard(person.record.id_nat)
        if person.active and any(post.structure.id == structure for post in person.record.situations):
            found.add(person.record.id_nat)
    return tuple(sorted(found))


def published(box: Mailbox, holders: tuple[str, ...], place: Place | None = None) -> MailboxPublished:
    """The fact of a mailbox as it is now."""
    return MailboxPublished(
        address=box.address,
        kind=str(box.kind),
        holders=holders,
        structure=place.record.id if place is not None else "",
        sector=place.record.sector if place is not None else "",
        description=box.description,
        red_listed=box.red_listed,
    )

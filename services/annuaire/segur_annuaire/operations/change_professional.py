"""What a professional is known by changes, or they leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from segur.contracts.annuaire import (
    MailboxWithdrawn,
    ProfessionalChanged,
    ProfessionalWithdrawn,
)
from segur.contracts.directory_records import ProfessionalRecord, SituationRecord
from segur.contracts.fact import Fact
from segur.personas.fixture_professionals import card_number
from segur.personas.identities import register_spelling
from segur.vocab.professions import SAVOIR_FAIRE
from segur_annuaire import errors
from segur_annuaire.context import Context
from segur_annuaire.domain.entries import Person
from segur_annuaire.domain.pieces import instant
from segur_annuaire.operations.change_register import Decide, Plan, change_register, handed_over
from segur_annuaire.operations.register_professional import (
    Post,
    find_place,
    profession_of,
    situation,
)
from segur_annuaire.store.register import Edition

_CARD_SERIAL = 40_000_000


async def find_person(context: Context, name: str) -> Person:
    """The professional of this PS_IdNat, RPPS or key; raise `UNKNOWN_PROFESSIONAL`."""
    found = await context.register.person(name)
    if found is None:
        raise errors.UNKNOWN_PROFESSIONAL.error(name=name)
    return found


async def change_professional(context: Context, name: str, fields: Mapping[str, object]) -> Person:
    """Set fields of the record (`card` as a boolean: given or taken away); tell what changed.

    Raise `UNKNOWN_PROFESSIONAL` or `WITHDRAWN`.
    """

    async def decide(edition: Edition, moment: datetime) -> Plan:
        before = await _active(context, name)
        record = _with(before.record, fields, edition.number)
        return _changed(before, replace(before, record=record, updated=instant(moment)), numbers=1)

    return await _carried_out(context, decide)


async def add_situation(context: Context, name: str, post: Post) -> Person:
    """A further situation d'exercice; raise `UNKNOWN_STRUCTURE` for a place that does not exist."""

    async def decide(edition: Edition, moment: datetime) -> Plan:
        before = await _active(context, name)
        place = await find_place(context, post.structure)
        added = situation(f"1096{edition.number:06d}", post, before.record.profession, place.record)
        record = before.record.model_copy(update={"situations": (*before.record.situations, added)})
        after = replace(before, record=record, updated=instant(moment))
        return await _moved(context, before, after, [place.record.id])

    return await _carried_out(context, decide)


async def change_situation(context: Context, name: str, identifier: str, fields: Mapping[str, object]) -> Person:
    """Another mode, role, genre or section, or another structure, in one situation; raise `UNKNOWN_SITUATION`."""

    async def decide(edition: Edition, moment: datetime) -> Plan:
        before = await _active(context, name)
        former = _situation(before, identifier)
        changes = dict(fields)
        if "structure" in changes:
            changes["structure"] = (await find_place(context, str(changes["structure"]))).record
        present = former.model_copy(update=changes)
        posts = tuple(present if one == former else one for one in before.record.situations)
        after = replace(before, record=before.record.model_copy(update={"situations": posts}), updated=instant(moment))
        moved = former.structure.id != present.structure.id
        return await _moved(context, before, after, [former.structure.id, present.structure.id] if moved else [])

    return await _carried_out(context, decide)


async def end_situation(context: Context, name: str, identifier: str) -> Person:
    """A situation d'exercice ends; raise `UNKNOWN_SITUATION`, `LAST_SITUATION`."""

    async def decide(edition: Edition, moment: datetime) -> Plan:
        before = await _active(context, name)
        ended = _situation(before, identifier)
        left = tuple(one for one in before.record.situations if one != ended)
        if not left:
            raise errors.LAST_SITUATION.error(name=name)
        after = replace(before, record=before.record.model_copy(update={"situations": left}), updated=instant(moment))
        return await _moved(context, before, after, [ended.structure.id])

    return await _carried_out(context, decide)


async def withdraw_professional(context: Context, name: str) -> Person:
    """The professional leaves: inactive shells stay, mailboxes close. A second time does nothing."""

    async def decide(edition: Edition, moment: datetime) -> Plan:
        before = await find_person(context, name)
        if not before.active:
            return Plan((before,))
        boxes = tuple(replace(box, is_open=False) for box in before.boxes)
        after = replace(before, boxes=boxes, active=False, updated=instant(moment))
        facts: list[Fact] = [ProfessionalWithdrawn(id_nat=before.record.id_nat)]
        facts += [MailboxWithdrawn(address=box.address, kind=str(box.kind)) for box in before.boxes if box.is_open]
        places = [post.structure.id for post in before.record.situations]
        facts += await handed_over(context, places, [after])
        return Plan((after,), (before,), facts=tuple(facts))

    return await _carried_out(context, decide)


async def _carried_out(context: Context, decide: Decide) -> Person:
    return (await change_register(context, decide)).people[0]


async def _active(context: Context, name: str) -> Person:
    found = await find_person(context, name)
    if not found.active:
        raise errors.WITHDRAWN.error(name=name)
    return found


def _situation(person: Person, identifier: str) -> SituationRecord:
    for post in person.record.situations:
        if post.identifier == identifier:
            return post
    raise errors.UNKNOWN_SITUATION.error(identifier=identifier)


def _with(record: ProfessionalRecord, fields: Mapping[str, object], number: int) -> ProfessionalRecord:
    changes = dict(fields)
    for name in ("family_name", "given_name"):
        if name in changes:
            changes[name] = register_spelling(str(changes[name]))
    if "card" in changes:
        changes["card"] = (record.card or card_number(_CARD_SERIAL + number)) if changes["card"] else ""
    if "speciality" in changes:
        changes["speciality_label"] = SAVOIR_FAIRE.get(str(changes["speciality"]), "")
    if "profession" in changes:
        known = profession_of(str(changes["profession"]))
        changes |= {
            "profession_label": known.label,
            "exercise_civility": known.civility,
            "authority": known.authority,
        }
    return record.model_copy(update=changes)


def _changed(before: Person, after: Person, facts: tuple[Fact, ...] = (), numbers: int = 0) -> Plan:
    names = tuple(
        name for name in ProfessionalRecord.model_fields if getattr(before.record, name) != getattr(after.record, name)
    )
    if not names:
        return Plan((before,), (before,))
    told = ProfessionalChanged(id_nat=after.record.id_nat, changed=names, record=after.record)
    return Plan((after,), (before,), facts=(told, *facts), numbers=numbers)


async def _moved(context: Context, before: Person, after: Person, structures: list[str]) -> Plan:
    """A change of where somebody works: those places' shared mailboxes change hands."""
    facts = tuple(await handed_over(context, structures, [after]))
    return _changed(before, after, facts, numbers=1)

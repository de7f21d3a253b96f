"""Structures enter the directory and change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from segur.contracts.annuaire import ProfessionalChanged, StructureChanged, StructureRegistered
from segur.contracts.directory_records import PlaceRecord
from segur.contracts.fact import Fact
from segur.personas.fixture_structures import pharmacy
from segur.personas.identities import home, register_spelling
from segur.personas.mailboxes import PROFESSIONAL_PARENT, structure_mailboxes
from segur_annuaire.context import Context
from segur_annuaire.domain.entries import Person, Place
from segur_annuaire.domain.pieces import instant
from segur_annuaire.operations.change_register import Plan, change_register, published
from segur_annuaire.operations.register_professional import find_place
from segur_annuaire.store.register import Edition

_SERIAL: Final = 600_000


@dataclass(frozen=True, slots=True)
class NewPlace:
    """A structure asked for: it is given a FINESS of its own; `address` parts left out are invented."""

    name: str
    sector: str = "SA01"
    address: Mapping[str, str] = field(default_factory=dict)
    mail_domain: str = ""
    phone: str = ""


async def register_structure(context: Context, asked: NewPlace) -> Place:
    """Register a structure with its mailboxes; tell `annuaire.structure.registered`."""

    async def decide(edition: Edition, moment: datetime) -> Plan:
        serial = _SERIAL + edition.number
        draft = pharmacy(f"ST-N{edition.number}", register_spelling(asked.name), serial, home(serial))
        record = PlaceRecord.of(replace(draft, sector=asked.sector))
        changes: dict[str, object] = {
            "address": record.address.model_copy(update=dict(asked.address)),
            "mail_domain": asked.mail_domain or f"structure-{serial}.{PROFESSIONAL_PARENT}",
        }
        if asked.phone:
            changes["phone"] = asked.phone
        record = record.model_copy(update=changes)
        place = Place(record, structure_mailboxes(record.persona(), ()), instant(moment))
        facts = (
            StructureRegistered(structure_id=record.id, record=record),
            *(published(box, (), place) for box in place.boxes),
        )
        return Plan(places=(place,), facts=facts, numbers=1)

    return (await change_register(context, decide)).places[0]


async def change_structure(
    context: Context, name: str, fields: Mapping[str, object], address: Mapping[str, str]
) -> Place:
    """Another name, sector or phone, other parts of the address; those who work there change with it.

    Raise `UNKNOWN_STRUCTURE`.
    """

    async def decide(edition: Edition, moment: datetime) -> Plan:
        before = await find_place(context, name)
        changes = dict(fields)
        if "name" in changes:
            changes["name"] = register_spelling(str(changes["name"]))
        if address:
            changes["address"] = before.record.address.model_copy(update=dict(address))
        record = before.record.model_copy(update=changes)
        told = tuple(one for one in PlaceRecord.model_fields if getattr(record, one) != getattr(before.record, one))
        if not told:
            return Plan(places=(before,))
        after = replace(before, record=record, updated=instant(moment))
        people: list[Person] = []
        facts: list[Fact] = [StructureChanged(structure_id=record.id, changed=told, record=record)]
        for person in await context.register.people_at(record.id):
            posts = tuple(
                post.model_copy(update={"structure": record}) if post.structure.id == record.id else post
                for post in person.record.situations
            )
            present = person.record.model_copy(update={"situations": posts})
            people.append(replace(person, record=present, updated=instant(moment)))
            facts.append(ProfessionalChanged(id_nat=present.id_nat, changed=("situations",), record=present))
        return Plan(tuple(people), places=(after,), facts=tuple(facts))

    return (await change_register(context, decide)).places[0]

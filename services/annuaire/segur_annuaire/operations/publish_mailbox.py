"""Mailboxes are declared for a professional or a structure, and closed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from segur.contracts.annuaire import MailboxWithdrawn
from segur.personas.mailboxes import OPERATOR_A, OPERATOR_B, PROFESSIONAL_PARENT, personal_address, split_sandbox
from segur.personas.model import Mailbox
from segur.personas.states import MailboxKind
from segur_annuaire import errors
from segur_annuaire.context import Context
from segur_annuaire.domain.entries import Person, Place, opens
from segur_annuaire.domain.pieces import instant
from segur_annuaire.operations.change_professional import find_person
from segur_annuaire.operations.change_register import Plan, change_register, holders_of, published
from segur_annuaire.operations.register_professional import find_place, free_address, profession_of
from segur_annuaire.store.register import Edition


@dataclass(frozen=True, slots=True)
class Declared:
    """A mailbox asked for: an empty `address` is made by the country's rule; `kind` PER or CAB, ORG or APP."""

    address: str = ""
    kind: str = ""
    description: str = ""
    service: str = ""
    red_listed: bool = False


async def publish_for_person(context: Context, name: str, asked: Declared) -> Person:
    """A further mailbox of a professional; raise `UNKNOWN_PROFESSIONAL`, `WITHDRAWN`, `ADDRESS_TAKEN`."""

    async def decide(edition: Edition, moment: datetime) -> Plan:
        before = await find_person(context, name)
        if not before.active:
            raise errors.WITHDRAWN.error(name=name)
        record = before.record
        usual = personal_address(
            record.family_name, record.given_name, profession_of(record.profession), record.persona().structure
        )
        box = await _box(context, asked, usual, MailboxKind(asked.kind or "PER"), record.key)
        box = replace(box, operator=OPERATOR_A)
        boxes = (*(one for one in before.boxes if one.address != box.address), box)
        after = replace(before, boxes=boxes, updated=instant(moment))
        return Plan((after,), (before,), facts=(published(box, (record.id_nat,)),))

    return (await change_register(context, decide)).people[0]


async def publish_for_place(context: Context, name: str, asked: Declared) -> Place:
    """A further mailbox of a structure; raise `UNKNOWN_STRUCTURE`, `ADDRESS_TAKEN`."""

    async def decide(edition: Edition, moment: datetime) -> Plan:
        before = await find_place(context, name)
        kind = MailboxKind(asked.kind or "ORG")
        local = asked.service.lower() or ("secretariat" if kind is MailboxKind.ORG else "application")
        usual = f"{local.replace(' ', '-')}@{before.record.mail_domain}"
        box = await _box(context, asked, usual, kind, before.record.key)
        boxes = (*(one for one in before.boxes if one.address != box.address), box)
        after = replace(before, boxes=boxes, updated=instant(moment))
        holders = await holders_of(context, before.record.id) if opens(box) else ()
        return Plan(places=(after,), facts=(published(box, holders, after),))

    return (await change_register(context, decide)).places[0]


async def withdraw_mailbox(context: Context, address: str) -> Mailbox:
    """Close a mailbox; raise `UNKNOWN_MAILBOX` for one that is not open."""
    plain = split_sandbox(address)[1]

    async def decide(edition: Edition, moment: datetime) -> Plan:
        owner = await context.register.owner(plain)
        box = next((one for one in owner.boxes if one.address == plain and one.is_open), None) if owner else None
        if owner is None or box is None:
            raise errors.UNKNOWN_MAILBOX.error(address=plain)
        closed = replace(box, is_open=False)
        boxes = tuple(closed if one.address == plain else one for one in owner.boxes)
        fact = MailboxWithdrawn(address=plain, kind=str(box.kind))
        if isinstance(owner, Person):
            return Plan((replace(owner, boxes=boxes, updated=instant(moment)),), (owner,), facts=(fact,))
        return Plan(places=(replace(owner, boxes=boxes, updated=instant(moment)),), facts=(fact,))

    plan = await change_register(context, decide)
    entries: list[Person | Place] = [*plan.people, *plan.places]
    return next(box for entry in entries for box in entry.boxes if box.address == plain)


async def _box(context: Context, asked: Declared, usual: str, kind: MailboxKind, owner: str) -> Mailbox:
    address = split_sandbox(asked.address)[1]
    if not address:
        address = await free_address(context, usual)
    elif not address.endswith("." + PROFESSIONAL_PARENT):
        raise errors.ADDRESS_FOREIGN.error(address=address, field="address")
    elif (holder := await context.register.owner(address)) is not None:
        mine = holder.record.key == owner
        if not mine or any(one.address == address and one.is_open for one in holder.boxes):
            raise errors.ADDRESS_TAKEN.error(address=address, field="address")
    return Mailbox(address, kind, owner, OPERATOR_B, asked.description, asked.service, red_listed=asked.red_listed)

"""The mailboxes of the synthetic country."""

from __future__ import annotations

import asyncio

from segur.kernel.ids import Pseudonyms
from segur.kernel.store import Document
from segur.personas.country import Country, build_country
from segur.personas.model import Mailbox
from segur.personas.states import MailboxKind
from segur_mssante.context import Context
from segur_mssante.operations.follow_directory import PHARMACY


async def seed(context: Context, sandbox: str) -> None:
    """Open every mailbox of the country in a sandbox."""
    told = context.settings
    country = await asyncio.to_thread(build_country, told.seed, told.population, told.professionals)
    opened = int(context.floor.clock.timestamp())
    rows = [
        row(country, box, sandbox, context.floor.pseudonyms) | {"uid_validity": opened} for box in country.mailboxes
    ]
    await context.store.mailboxes.insert(*rows)


def row(country: Country, box: Mailbox, sandbox: str, pseudonyms: Pseudonyms) -> Document:
    """A mailbox as kept; `shown` is its name outside of this service: a pseudonym for a citizen's.

    `holders` are the national ids that may open it, `structure` the Struct_idNat whose certificate may; a citizen may
    write to a `pharmacy` first.
    """
    address = box.address.lower()
    keys = (box.owner,) if box.kind is MailboxKind.PER else box.members if box.kind is MailboxKind.ORG else ()
    citizen = country.patient(box.owner) if box.kind is MailboxKind.CIT else None
    place = country.structure(box.owner) if box.kind in (MailboxKind.ORG, MailboxKind.APP) else None
    return {
        "_id": f"{sandbox}:{address}",
        "sandbox": sandbox,
        "address": address,
        "domain": address.rpartition("@")[2],
        "kind": str(box.kind),
        "holders": [country.professional(key).id_nat.value for key in keys],
        "structure": place.struct_id.value if place is not None and box.kind is MailboxKind.APP else "",
        "pharmacy": place is not None and place.sector == PHARMACY and box.kind is MailboxKind.ORG,
        "shown": pseudonyms.of(citizen.ins) if citizen is not None else address,
        "label": citizen.display_name if citizen is not None else box.description,
        "qualified": citizen is None or citizen.carries_ins,
        "open": box.is_open,
        "folders": [],
        "uid_next": 1,
        "uid_validity": 1,
        "changes": 0,
        "used": 0,
    }

"""The mailboxes of the synthetic country."""

from __future__ import annotations

import asyncio

from segur.kernel.ids import Pseudonyms
from segur.kernel.store import Document
from segur.personas.country import Country, build_country
from segur.personas.model import Mailbox
from segur.personas.states import MailboxKind
from segur_mssante.context import Context


async def seed(context: Context, sandbox: str) -> None:
    """Open every mailbox of the country in a sandbox."""
    told = context.settings
    country = await asyncio.to_thread(build_country, told.seed, told.population, told.professionals)
    rows = [row(country, box, sandbox, context.floor.pseudonyms) for box in country.mailboxes]
    await context.store.mailboxes.insert(*rows)


def row(country: Country, box: Mailbox, sandbox: str, pseudonyms: Pseudonyms) -> Document:
    """A mailbox as kept; `shown` is its name outside of this service: a pseudonym for a citizen's."""
    address = box.address.lower()
    keys = (box.owner,) if box.kind is MailboxKind.PER else box.members if box.kind is MailboxKind.ORG else ()
    citizen = box.kind is MailboxKind.CIT
    return {
        "_id": f"{sandbox}:{address}",
        "sandbox": sandbox,
        "address": address,
        "kind": str(box.kind),
        "holders": [country.professional(key).id_nat.value for key in keys],
        "shown": pseudonyms.of(country.patient(box.owner).ins) if citizen else address,
        "open": box.is_open,
        "uid_next": 1,
    }

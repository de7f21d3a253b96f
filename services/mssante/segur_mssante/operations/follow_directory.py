"""The directory declares and withdraws mailboxes, and the operator opens and closes them [MSSanté digest 1.3, 1.4]."""

from __future__ import annotations

from segur.contracts.annuaire import MailboxPublished
from segur_mssante.context import Context

PHARMACY = "SA33"
"""Sector of the structures a patient may write to first [MSSanté digest 4.2]."""


async def open_mailbox(context: Context, told: MailboxPublished) -> None:
    """Open a mailbox, or change who may open it; mail that lies in it stays."""
    fields = {
        "kind": told.kind,
        "holders": list(told.holders),
        "structure": told.structure if told.kind == "APP" else "",
        "pharmacy": told.sector == PHARMACY and told.kind == "ORG",
        "label": told.description,
        "open": True,
    }
    moment = int(context.floor.clock.timestamp())
    await context.floor.store.commit([context.store.opening(told.address, fields, moment)])


async def close_mailbox(context: Context, address: str) -> None:
    """Close a mailbox: no login, no delivery; what lies in it is kept."""
    await context.floor.store.commit([context.store.closing(address)])

"""Mon espace santé opens and closes spaces, and writes to people: citizen mailboxes follow, letters arrive.

A person's own mailbox (boîte personnelle) is no MSSanté mailbox: it stands for the provider everybody has at home, so
that the letters of Mon espace santé can be opened with a mail client. Nobody of the trust space reaches it
[MSSanté digest 4.1, DMP digest 6.5].
"""

from __future__ import annotations

import asyncio
from email.message import EmailMessage
from email.policy import SMTP

from segur.contracts.mes import MailSent
from segur.contracts.mssante import MessageDelivered
from segur.kernel.request import current_sandbox
from segur.personas.country import build_country
from segur.personas.mailboxes import CITIZEN_OPERATOR
from segur.personas.model import Mailbox, Patient
from segur.personas.states import MailboxKind
from segur_mssante.context import Context
from segur_mssante.domain.mailbox_kinds import PERSONAL
from segur_mssante.operations.seed import row
from segur_mssante.store import Copy

_SENDER = "Mon espace santé <ne-pas-repondre@monespacesante.exemple.test>"


async def open_citizen_mailbox(context: Context, patient: str) -> None:
    """A space opened: the citizen mailbox takes mail, again or for the first time; `patient` is the pseudonym."""
    box = await context.store.mailbox_shown(patient)
    if box is None:
        await _found(context, patient)
        box = await context.store.mailbox_shown(patient)
    if box is not None and not box["open"]:
        await context.floor.store.commit([context.store.setting_open(str(box["address"]), is_open=True)])


async def close_citizen_mailbox(context: Context, patient: str) -> None:
    """A space closed: mail bounces; what lies in the mailbox is kept."""
    box = await context.store.mailbox_shown(patient)
    if box is not None and box["open"]:
        await context.floor.store.commit([context.store.setting_open(str(box["address"]), is_open=False)])


async def deliver_letter(context: Context, told: MailSent) -> None:
    """Put a letter into the personal mailbox of its address, which opens with the first one."""
    address = told.to.strip().lower()
    moment = context.floor.clock.now()
    letter = EmailMessage(policy=SMTP)
    letter["Message-ID"] = f"<{told.mail_id}@monespacesante.exemple.test>"
    letter["From"], letter["To"], letter["Subject"], letter["Date"] = _SENDER, address, told.title, moment
    letter.set_content(told.text)
    content = letter.as_bytes()
    box = {
        "_id": f"{current_sandbox()}:{address}", "sandbox": current_sandbox(), "address": address,
        "domain": address.rpartition("@")[2], "kind": PERSONAL, "holders": [], "structure": "", "pharmacy": False,
        "shown": address, "label": address, "qualified": True, "open": True, "folders": [], "uid_next": 1,
        "uid_validity": int(moment.timestamp()), "changes": 0, "used": 0,
    }  # fmt: skip
    await context.store.mailboxes.insert_new([box])
    blob = await context.floor.blobs.put(content)
    copy = Copy(address, told.mail_id, str(letter["Message-ID"]), blob, len(content), moment, "")
    await context.store.put([copy], [MessageDelivered(message_id=told.mail_id, mailbox=address)])


async def _found(context: Context, pseudonym: str) -> None:
    """Make the mailbox of somebody who had none: only the synthetic country knows the address behind a pseudonym."""
    told = context.settings

    def look() -> dict[str, object] | None:
        country = build_country(told.seed, told.population, told.professionals)
        patient = next((one for one in country.patients if context.floor.pseudonyms.of(one.ins) == pseudonym), None)
        return row(country, _box(patient), current_sandbox(), context.floor.pseudonyms) if patient else None

    found = await asyncio.to_thread(look)
    if found is not None:
        moment = int(context.floor.clock.timestamp())
        await context.store.mailboxes.insert_new([found | {"uid_validity": moment}])


def _box(patient: Patient) -> Mailbox:
    return Mailbox(patient.citizen_address, MailboxKind.CIT, patient.key, CITIZEN_OPERATOR)

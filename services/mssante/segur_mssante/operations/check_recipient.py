"""May this address receive, now and from this sender? [MSSanté digest 4.6, 5.4]"""

from __future__ import annotations

import re
from dataclasses import dataclass

from segur.contracts.mssante import MessageRefused
from segur.kernel import request
from segur.kernel.errors import SegurError
from segur.kernel.ids import new_id
from segur.personas.mailboxes import CITIZEN_DOMAIN, split_sandbox
from segur_mssante import errors, faults
from segur_mssante.context import Context
from segur_mssante.domain.attachments import without_ins
from segur_mssante.domain.mailbox_kinds import PERSONAL

_CITIZEN = re.compile(r"[12378]\d{5}[\dAB]\d{8}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Recipient:
    """A recipient that was accepted. `bounce` is the cause for which the mail will come back, with its status."""

    address: str
    shown: str
    kind: str
    label: str = ""
    qualified: bool = True
    bounce: str = ""
    status: str = ""
    notify: frozenset[str] = frozenset()


async def check_recipient(context: Context, sender: str, told: str, notify: frozenset[str] = frozenset()) -> Recipient:
    """The recipient behind an address, which may name the sender's own sandbox or none.

    Raise a row of the table; refusals are told. A citizen mailbox that is closed or unknown is accepted and bounces,
    unless the settings say otherwise.
    """
    sandbox, address = split_sandbox(told)
    try:
        if sandbox not in ("", request.current_sandbox()):
            raise errors.FOREIGN_DOMAIN.error()
        return await _checked(context, address, notify)
    except SegurError as error:
        reason = f"{error.text}: {without_ins(address)[:200]}"
        await context.store.tell(MessageRefused(message_id=new_id(), sender=sender, code=error.code, reason=reason))
        raise


async def _checked(context: Context, address: str, notify: frozenset[str]) -> Recipient:
    board = context.floor.faults
    for point, refusal in (
        (faults.SMTP_GREYLIST, errors.GREYLISTED),
        (faults.SMTP_FULL, errors.FULL),
        (faults.SMTP_FULL_FOR_NOW, errors.FULL_FOR_NOW),
    ):
        if await board.delayed(point, operation="rcpt"):
            raise refusal.error()
    box = await context.store.mailbox(address)
    if box is not None and box["kind"] == PERSONAL:
        raise errors.FOREIGN_DOMAIN.error()  # a mailbox at home is not in the trust space
    local, _, domain = address.rpartition("@")
    if domain == CITIZEN_DOMAIN and (box is None or not box["open"]):
        shown = str(box["shown"]) if box is not None else without_ins(address)
        if not _CITIZEN.fullmatch(local):
            status, cause, refusal = "5.1.3", "adresse invalide", errors.BAD_ADDRESS
        elif box is None:
            status, cause, refusal = "5.1.1", "patient non trouvé", errors.UNKNOWN_RECIPIENT
        else:
            status, cause, refusal = "5.2.1", "messagerie fermée", errors.CLOSED_RECIPIENT
        if context.settings.citizen_bounce == "at_once":
            raise refusal.error()
        return Recipient(address, shown, "CIT", bounce=cause, status=status, notify=notify)
    if box is None:
        raise (errors.UNKNOWN_RECIPIENT if await context.store.has_domain(domain) else errors.FOREIGN_DOMAIN).error()
    if not box["open"]:
        raise errors.CLOSED_RECIPIENT.error()
    if box["used"] >= context.settings.mailbox_quota_bytes:
        raise errors.FULL.error()
    return Recipient(
        box["address"], box["shown"], box["kind"], label=box["label"], qualified=box["qualified"], notify=notify
    )

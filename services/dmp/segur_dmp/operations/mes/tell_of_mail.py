"""A message lies in a citizen's mailbox: Mon espace santé says so [DMP digest 6.5, RECEPTION_MESSAGE]."""

from __future__ import annotations

from segur_dmp.context import Context
from segur_dmp.domain.mes.notices import MESSAGE, Notice
from segur_dmp.store.telling import TellingStore


async def tell_of_mail(context: Context, mailbox: str, message_id: str) -> None:
    """Tell the patient whose mailbox it is; `mailbox` is a pseudonym for a citizen's, an address for others."""
    if not mailbox.startswith("pat-"):
        return
    store = context.floor.store
    assert isinstance(store, TellingStore)
    notice = Notice(mailbox, MESSAGE, f"urn:message:{message_id}", profile=mailbox, reason="message_delivered")
    await store.commit(*await store.tell([notice]))

"""What the operator keeps: mailboxes, messages (bytes lie in the blobs), and who got them."""

from __future__ import annotations

from segur.contracts.fact import Fact
from segur.contracts.mssante import MessageAccepted, MessageDelivered
from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Conflict, Document, Insert, Store, Update, Write

_PATIENCE = 25


class MailStore:
    """All queries of the operator."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.mailboxes = store.collection("mailboxes", Index.on("sandbox", "address", unique=True))
        self.messages = store.collection("messages", Index.on("sandbox", "received"))
        self.deliveries = store.collection("deliveries", Index.on("sandbox", "mailbox", "uid", unique=True))

    async def mailbox(self, address: str) -> Document | None:
        """The mailbox at this address, letters' case aside."""
        return await self.mailboxes.find_one({"_id": f"{current_sandbox()}:{address.strip().lower()}"})

    async def listing(self, address: str) -> list[Document]:
        """What lies in a mailbox, by UID."""
        return await self.deliveries.find({"sandbox": current_sandbox(), "mailbox": address}, sort=("uid",))

    async def deliver(self, message: Document, recipients: list[str], accepted: MessageAccepted) -> None:
        """Keep a message and put it into each mailbox, all or nothing, with the facts.

        UIDs grow by one per mailbox; a faster neighbour makes the commit fail and is tried again after. Raise
        `Conflict` when that never ends.
        """
        sandbox = current_sandbox()
        for attempt in range(_PATIENCE):
            writes: list[Write] = [Insert(self.messages, message)]
            facts: list[Fact] = [accepted]
            for address in recipients:
                box = await self.mailbox(address)
                if box is None:
                    raise Conflict(f"mailboxes: a recipient of {accepted.message_id} went away")
                uid = box["uid_next"]
                writes.append(
                    Update(self.mailboxes, {"_id": box["_id"], "uid_next": uid}, {"$set": {"uid_next": uid + 1}})
                )
                row = {
                    "_id": f"{sandbox}:{accepted.message_id}:{address}",
                    "sandbox": sandbox,
                    "mailbox": address,
                    "uid": uid,
                    "flags": [],
                    **{key: message[key] for key in ("message_id", "header_id", "blob", "size", "received", "sender")},
                }
                writes.append(Insert(self.deliveries, row))
                facts.append(MessageDelivered(message_id=accepted.message_id, mailbox=box["shown"]))
            try:
                await self._store.commit(writes, facts)
                return
            except Conflict:
                if attempt == _PATIENCE - 1:
                    raise

    async def tell(self, *facts: Fact) -> None:
        """Facts without a change of state."""
        await self._store.commit([], facts)

    async def set_flags(self, delivery: Document, flags: list[str], *facts: Fact) -> None:
        """Replace the flags of a message in a mailbox."""
        await self._store.commit([Update(self.deliveries, {"_id": delivery["_id"]}, {"$set": {"flags": flags}})], facts)

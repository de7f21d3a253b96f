"""What the operator keeps: mailboxes, the messages it took charge of, and the copies that lie in folders.

Bytes lie in the blobs. A mailbox numbers its copies itself, across folders: a UID is never used twice, so UIDVALIDITY
is the moment the mailbox was opened.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from weakref import WeakValueDictionary

from segur.contracts.fact import Fact
from segur.kernel.indexes import Index
from segur.kernel.request import DEFAULT_SANDBOX, current_sandbox
from segur.kernel.store import Conflict, Delete, Document, Duplicate, Insert, Store, Update, Write
from segur_mssante.domain.folders import INBOX

_PATIENCE = 25


@dataclass(frozen=True, slots=True)
class Copy:
    """A message on its way into a folder. `trace` is the traceparent of the span that accepted it."""

    mailbox: str
    message_id: str
    header_id: str
    blob: str
    size: int
    received: datetime
    sender: str
    trace: str = ""
    folder: str = INBOX
    flags: tuple[str, ...] = ()
    read: bool = False

    @classmethod
    def of(cls, row: Document) -> Copy:
        """The copy a stored row holds."""
        names = ("mailbox", "message_id", "header_id", "blob", "size", "received", "sender", "trace", "folder", "read")
        return cls(**{name: row[name] for name in names}, flags=tuple(row["flags"]))

    def into(self, folder: str) -> Copy:
        """The same in another folder."""
        return replace(self, folder=folder)


class MailStore:
    """All queries of the operator."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.mailboxes = store.collection(
            "mailboxes",
            Index.on("sandbox", "address", unique=True),
            Index.on("sandbox", "domain"),
            Index.on("sandbox", "shown"),
        )
        self.messages = store.collection("messages", Index.on("sandbox", "once", unique=True))
        self.copies = store.collection(
            "copies",
            Index.on("sandbox", "mailbox", "folder", "uid", unique=True),
            Index.on("sandbox", "mailbox", "folder"),
        )
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._arrivals: WeakValueDictionary[str, asyncio.Event] = WeakValueDictionary()

    async def has_sandbox(self, sandbox: str) -> bool:
        """Whether this sandbox has been filled."""
        return sandbox == DEFAULT_SANDBOX or await self._store.sandboxes.find_one({"_id": sandbox}) is not None

    async def mailbox(self, address: str) -> Document | None:
        """The mailbox at this address (as the country writes it), letters' case aside."""
        return await self.mailboxes.find_one({"_id": _key(address.strip().lower())})

    def opening(self, address: str, fields: Document, moment: int) -> Update:
        """The write that opens a mailbox the directory tells of, or sets fields of one that is there."""
        begun = {
            "address": address, "sandbox": current_sandbox(), "domain": address.rpartition("@")[2], "shown": address,
            "qualified": True, "folders": [], "uid_next": 1, "uid_validity": moment, "changes": 0, "used": 0,
        }  # fmt: skip
        change = {"$set": fields | {"declared_at": moment}, "$setOnInsert": begun}
        return Update(self.mailboxes, {"_id": _key(address)}, change, expect=None, upsert=True)

    def closing(self, address: str) -> Update:
        """The write that closes a mailbox; one that never opened stays unknown."""
        return Update(self.mailboxes, {"_id": _key(address)}, {"$set": {"open": False}}, expect=None)

    async def mailbox_shown(self, shown: str) -> Document | None:
        """The mailbox by its name outside of this service: the pseudonym of a citizen."""
        return await self.mailboxes.find_one({"sandbox": current_sandbox(), "shown": shown})

    def setting_open(self, address: str, *, is_open: bool) -> Update:
        """The write that opens or closes a mailbox that is there."""
        return Update(self.mailboxes, {"_id": _key(address)}, {"$set": {"open": is_open}})

    async def has_domain(self, domain: str) -> bool:
        """Whether a mailbox of this domain exists."""
        where = {"sandbox": current_sandbox(), "domain": domain}
        return await self.mailboxes.find_one(where, ("_id",)) is not None

    async def listing(self, address: str, folder: str = INBOX) -> list[Document]:
        """What lies in a folder, by UID."""
        return await self.copies.find(
            {"sandbox": current_sandbox(), "mailbox": address, "folder": folder}, sort=("uid",)
        )

    async def count(self, address: str, folder: str) -> int:
        """How many copies lie in a folder."""
        return await self.copies.count({"sandbox": current_sandbox(), "mailbox": address, "folder": folder})

    async def already(self, once: str) -> Document | None:
        """The message taken before under the same mark."""
        return await self.messages.find_one({"sandbox": current_sandbox(), "once": once})

    async def message_of_header(self, address: str, header_id: str) -> Document | None:
        """A received message by its Message-ID."""
        for row in await self.listing(address):
            if row["header_id"] == header_id or row["message_id"] == header_id:
                return row
        return None

    async def take(self, message: Document, copies: Sequence[Copy], facts: Sequence[Fact], *more: Write) -> str | None:
        """Keep a message with its copies and facts, all or nothing; give the number of the one already there, if any.

        `message["once"]` marks it: the same mark is kept once.
        """
        try:
            await self.put(copies, facts, Insert(self.messages, message), *more)
        except Duplicate:
            found = await self.already(str(message["once"]))
            if found is None:
                raise
            return str(found["message_id"])
        return None

    async def put(self, copies: Sequence[Copy], facts: Sequence[Fact], *writes: Write) -> list[int]:
        """Put copies into their folders with other writes, in one commit; give their UIDs in order.

        Raise `Conflict` when another process is always faster, or a mailbox is gone.
        """
        addresses = sorted({copy.mailbox for copy in copies})
        async with AsyncExitStack() as stack:
            for address in addresses:
                await stack.enter_async_context(self._turn(address))
            for attempt in range(_PATIENCE):
                try:
                    uids = await self._put_once(copies, facts, writes, addresses)
                except Conflict as conflict:
                    # a copy to be taken away that is gone already does not come back
                    if attempt == _PATIENCE - 1 or str(conflict).startswith(self.copies.name):
                        raise
                else:
                    self._tell(addresses)
                    return uids
        raise AssertionError("unreachable")

    async def set_flags(self, address: str, rows: Sequence[Document], facts: Sequence[Fact]) -> None:
        """Write the flags (and the reading) of rows as they stand; rows that went away meanwhile are left out."""
        writes: list[Write] = [
            Update(
                self.copies, {"_id": row["_id"]}, {"$set": {"flags": row["flags"], "read": row["read"]}}, expect=None
            )
            for row in rows
        ]
        await self._store.commit([*writes, self._changed(address)], facts)
        self._tell([address])

    async def remove(self, address: str, rows: Sequence[Document]) -> None:
        """Take copies away for good; raise `Conflict` when one is gone already."""
        if rows:
            await self._store.commit(self.removals(address, rows))
            self._tell([address])

    def removals(self, address: str, rows: Sequence[Document]) -> list[Write]:
        """The writes that take copies away; each must still be there, or the commit raises `Conflict`."""
        gone: list[Write] = [Delete(self.copies, {"_id": row["_id"]}, expect=1) for row in rows]
        return [*gone, self._changed(address, sum(row["size"] for row in rows))]

    async def set_folders(self, address: str, folders: Sequence[str]) -> None:
        """Replace the folders a mailbox has beside the six of every one."""
        await self.mailboxes.update({"_id": _key(address)}, {"$set": {"folders": list(folders)}})

    async def tell(self, *facts: Fact) -> None:
        """Facts without a change of state."""
        await self._store.commit([], facts)

    def arrivals(self, address: str) -> asyncio.Event:
        """Set when something changes in a mailbox through this process; whoever waits makes a new one each time."""
        key = _key(address)
        event = self._arrivals.get(key)
        if event is None or event.is_set():
            event = self._arrivals[key] = asyncio.Event()
        return event

    async def _put_once(
        self, copies: Sequence[Copy], facts: Sequence[Fact], writes: Sequence[Write], addresses: Sequence[str]
    ) -> list[int]:
        following: dict[str, int] = {}
        counters: list[Write] = []
        for address in addresses:
            box = await self.mailbox(address)
            if box is None:
                raise Conflict("mailboxes: a recipient went away")
            mine = [copy for copy in copies if copy.mailbox == address]
            following[address] = box["uid_next"]
            change = {"uid_next": len(mine), "used": sum(copy.size for copy in mine), "changes": 1}
            where = {"_id": box["_id"], "uid_next": box["uid_next"]}
            counters.append(Update(self.mailboxes, where, {"$inc": change}))
        uids = []
        rows: list[Write] = []
        for copy in copies:
            uid = following[copy.mailbox]
            following[copy.mailbox] += 1
            uids.append(uid)
            rows.append(Insert(self.copies, _row(copy, uid)))
        await self._store.commit([*writes, *counters, *rows], facts)
        return uids

    def _changed(self, address: str, freed: int = 0) -> Update:
        return Update(self.mailboxes, {"_id": _key(address)}, {"$inc": {"changes": 1, "used": -freed}}, expect=None)

    def _turn(self, address: str) -> asyncio.Lock:
        # commits to one mailbox would only conflict: within a process they queue
        key = _key(address)
        lock = self._turns.get(key)
        if lock is None:
            lock = self._turns[key] = asyncio.Lock()
        return lock

    def _tell(self, addresses: Sequence[str]) -> None:
        for address in addresses:
            if event := self._arrivals.get(_key(address)):
                event.set()


def once(sender: str, recipients: Sequence[str], header_id: str, content: bytes, number: str) -> str:
    """The mark of a submission: equal for the same bytes from the same sender to the same recipients.

    Without a Message-ID nothing tells a repetition from a second mail, and the number makes the mark unique.
    """
    if not header_id:
        return number
    digest = hashlib.sha256(content)
    digest.update("\n".join(["", sender, *sorted(recipients)]).encode())
    return digest.hexdigest()


def _key(address: str) -> str:
    return f"{current_sandbox()}:{address}"


def _row(copy: Copy, uid: int) -> Document:
    return {
        "_id": f"{current_sandbox()}:{copy.mailbox}:{uid}",
        "sandbox": current_sandbox(),
        "uid": uid,
        **{name: getattr(copy, name) for name in copy.__dataclass_fields__},
        "flags": list(copy.flags),
    }

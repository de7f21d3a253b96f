"""What a service remembers: MongoDB, one database per service, written together with the facts it causes.

This module and `transaction` are the ones that import motor. `Store.commit` is the only way to change state that
others must hear of: one transaction holds the writes, the outbox and, while a fact is being handled, the inbox mark.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo.errors import BulkWriteError, ConnectionFailure, DuplicateKeyError, PyMongoError

from segur.contracts.fact import Envelope, Fact
from segur.kernel import inbox, outbox, request, transaction
from segur.kernel.errors import StoreAway
from segur.kernel.indexes import Index, sort_keys
from segur.kernel.settings import KernelSettings

Document = dict[str, Any]


class Duplicate(Exception):
    """A write met a unique index; `key` is the conflicting key."""

    def __init__(self, collection: str, key: Mapping[str, object]) -> None:
        super().__init__(f"{collection}: already there {dict(key)}")
        self.collection, self.key = collection, dict(key)


class Conflict(Exception):
    """A conditional write found something else than it expected: somebody was faster."""


@contextlib.contextmanager
def _answering() -> Iterator[None]:
    """Raise `StoreAway` when the server is not there."""
    try:
        yield
    except ConnectionFailure as error:
        raise StoreAway from error


_DUPLICATE_KEY = 11000


class Collection:
    """A collection of one service. Documents are dictionaries with `_id` and, unless technical, `sandbox`."""

    def __init__(self, store: Store, name: str, indexes: Sequence[Index], *, per_sandbox: bool) -> None:
        self._store, self.name, self.indexes, self.per_sandbox = store, name, tuple(indexes), per_sandbox
        self._raw: AsyncIOMotorCollection[Document] | None = None

    @property
    def raw(self) -> AsyncIOMotorCollection[Document]:
        """The driver's collection, for the kernel only; made once per client, as that takes a tenth of a query."""
        if self._raw is None:
            self._raw = self._store.database[self.name]
        return self._raw

    def forget_client(self) -> None:
        """The driver's client is closed: the next call makes another."""
        self._raw = None

    async def find_one(self, where: Document, fields: Sequence[str] | None = None) -> Document | None:
        """The first document that fits, or None."""
        with _answering():
            return await self.raw.find_one(where, list(fields) if fields else None)

    async def find(
        self,
        where: Document,
        *,
        sort: Sequence[str] = (),
        limit: int = 0,
        skip: int = 0,
        fields: Sequence[str] | None = None,
    ) -> list[Document]:
        """The documents that fit; `sort` names fields, a leading `-` for downwards."""
        return [doc async for doc in self.iterate(where, sort=sort, limit=limit, skip=skip, fields=fields)]

    async def iterate(
        self,
        where: Document,
        *,
        sort: Sequence[str] = (),
        limit: int = 0,
        skip: int = 0,
        fields: Sequence[str] | None = None,
    ) -> AsyncIterator[Document]:
        """Like `find`, one by one, for results too large to hold."""
        cursor = self.raw.find(where, list(fields) if fields else None)
        if sort:
            cursor = cursor.sort(sort_keys(tuple(sort)))
        with _answering():
            async for document in cursor.skip(skip).limit(limit):
                yield document

    async def count(self, where: Document) -> int:
        """How many documents fit."""
        with _answering():
            return int(await self.raw.count_documents(where))

    async def insert(self, *documents: Document) -> None:
        """Insert outside of a commit (technical state, seeds); raise `Duplicate`."""
        try:
            with _answering():
                await self.raw.insert_many(list(documents)) if len(documents) > 1 else await self.raw.insert_one(
                    documents[0]
                )
        except DuplicateKeyError as error:
            raise Duplicate(self.name, (error.details or {}).get("keyValue", {})) from error

    async def insert_new(self, documents: Sequence[Document]) -> None:
        """Insert those whose `_id` is not there yet, outside of a commit; the others stay as they are."""
        try:
            with _answering():
                await self.raw.insert_many(list(documents), ordered=False)
        except BulkWriteError as error:
            if any(each.get("code") != _DUPLICATE_KEY for each in (error.details or {}).get("writeErrors", [])):
                raise

    async def put(self, document: Document) -> None:
        """Insert or replace by `_id`, outside of a commit."""
        with _answering():
            await self.raw.replace_one({"_id": document["_id"]}, document, upsert=True)

    async def update(self, where: Document, change: Document) -> int:
        """Update one document outside of a commit; give the number matched (0 or 1)."""
        with _answering():
            return int((await self.raw.update_one(where, change)).matched_count)

    async def delete(self, where: Document) -> int:
        """Delete all that fit, outside of a commit; give how many."""
        with _answering():
            return int((await self.raw.delete_many(where)).deleted_count)


@dataclass(frozen=True, slots=True)
class Insert:
    """Insert a document in a commit."""

    collection: Collection
    document: Document


@dataclass(frozen=True, slots=True)
class Update:
    """Update one document in a commit; `expect` is the number that must match, None for any (upserts)."""

    collection: Collection
    where: Document
    change: Document
    expect: int | None = 1
    upsert: bool = False


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete what fits in a commit."""

    collection: Collection
    where: Document
    expect: int | None = None


Write = Insert | Update | Delete


class Store:
    """One service's database."""

    def __init__(self, settings: KernelSettings, service: str) -> None:
        self.service = service
        self._settings = settings
        self._client: AsyncIOMotorClient[Document] | None = None
        self._collections: dict[str, Collection] = {}
        self.outbox = self.collection(outbox.COLLECTION, *outbox.INDEXES, per_sandbox=False)
        self.inbox = self.collection(inbox.COLLECTION, *inbox.INDEXES, per_sandbox=False)
        self.dead_letters = self.collection("dead_letters", per_sandbox=False)
        self.sandboxes = self.collection("sandboxes", per_sandbox=False)
        self.snapshots = self.collection("snapshots", Index.on("of"), per_sandbox=False)
        self.snapshot_pieces = self.collection("snapshot_pieces", Index.on("of"), per_sandbox=False)
        self.commits: Counter[str] = Counter()
        """How many commits each sandbox has seen since the process started: two equal readings, and nothing moved."""
        self.committed: Callable[[Sequence[Document]], None] = lambda _: None
        """Called with the rows a commit left in the outbox; the bus sets it to publish them at once."""

    def collection(self, name: str, *indexes: Index, per_sandbox: bool = True) -> Collection:
        """Declare a collection and its indexes; done once, at build time."""
        if name in self._collections:
            raise ValueError(f"collection {name} is declared twice")
        self._collections[name] = Collection(self, name, indexes, per_sandbox=per_sandbox)
        return self._collections[name]

    @property
    def collections(self) -> Sequence[Collection]:
        """All declared collections."""
        return tuple(self._collections.values())

    @property
    def client(self) -> AsyncIOMotorClient[Document]:
        """The driver's client, made on first use in the running loop."""
        if self._client is None:
            self._client = AsyncIOMotorClient(
                self._settings.mongo_url,
                serverSelectionTimeoutMS=3_000,
                tz_aware=True,
                maxPoolSize=32,
                appname=self.service,
            )
        return self._client

    @property
    def database(self) -> Any:
        """The driver's database `<namespace>_<service>`."""
        return self.client[f"{self._settings.namespace}_{self.service}"]

    async def open(self, patience_s: float = 60.0) -> None:
        """Wait until the server answers, then make the indexes; raise `PyMongoError` when it never does."""
        deadline = asyncio.get_running_loop().time() + patience_s
        while True:
            try:
                await self.ping()
                break
            except PyMongoError:
                if asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(0.2)
        for collection in self._collections.values():
            if collection.indexes:
                await collection.raw.create_indexes([index.model() for index in collection.indexes])

    async def ping(self) -> None:
        """Raise `PyMongoError` when the server does not answer."""
        await self.client.admin.command("ping")

    async def close(self) -> None:
        """Let the connections go."""
        if self._client is not None:
            self._client.close()
            self._client = None
            for collection in self._collections.values():
                collection.forget_client()

    async def commit(self, writes: Sequence[Write], facts: Sequence[Fact] = ()) -> list[Envelope]:
        """Write state and outbox in one transaction; give the envelopes of the facts.

        While a fact is being handled its inbox mark joins the transaction, and a handler may commit only once. Raise
        `Duplicate` (unique index), `Conflict` (an `expect` did not hold) or `inbox.AlreadyHandled`; then nothing is
        written. Raise `StoreAway` when the server does not answer: then it may be written, and the caller must be able
        to send the same again. Write conflicts, elections and a server that restarts are tried
        again (`transaction`).
        """
        envelopes = [outbox.envelope(self.service, fact) for fact in facts]
        rows = [outbox.document(envelope, self._settings) for envelope in envelopes]
        delivery = inbox.current()
        if delivery is not None:
            delivery.use()

        async def body(session: AsyncIOMotorClientSession) -> None:
            if delivery is not None:
                await self._insert(self.inbox, inbox.mark(delivery), session)
            for write in writes:
                await self._apply(write, session)
            if rows:
                await self.outbox.raw.insert_many(rows, session=session)

        async def is_there() -> bool:
            return bool(envelopes) and await self.outbox.raw.find_one({"_id": envelopes[0].id}) is not None

        with _answering():
            await transaction.run(self.client, body, is_there)
        self.commits[request.current_sandbox()] += 1
        if rows:
            self.committed(rows)
        return envelopes

    async def _apply(self, write: Write, session: AsyncIOMotorClientSession) -> None:
        if isinstance(write, Insert):
            await self._insert(write.collection, write.document, session)
            return
        if isinstance(write, Update):
            result = await write.collection.raw.update_one(
                write.where, write.change, upsert=write.upsert, session=session
            )
            found = result.matched_count
        else:
            found = (await write.collection.raw.delete_many(write.where, session=session)).deleted_count
        if write.expect is not None and found != write.expect:
            raise Conflict(f"{write.collection.name}: {found} documents matched, {write.expect} expected")

    async def _insert(self, collection: Collection, document: Document, session: AsyncIOMotorClientSession) -> None:
        try:
            await collection.raw.insert_one(document, session=session)
        except DuplicateKeyError as error:
            if collection is self.inbox:
                raise inbox.AlreadyHandled(str(document["_id"])) from error
            raise Duplicate(collection.name, (error.details or {}).get("keyValue", {})) from error

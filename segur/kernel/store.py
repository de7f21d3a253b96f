"""What a service remembers: MongoDB, one database per service, written together with the facts it causes.

This module, `writes` and `transaction` are those that import motor. `Store.commit` is the only way to change state that
others must hear of: one transaction holds the writes, the outbox and, while a fact is being handled, the inbox mark.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo.errors import BulkWriteError, ConnectionFailure, DuplicateKeyError, PyMongoError

from segur.contracts.fact import Envelope, Fact
from segur.kernel import inbox, outbox, request, transaction
from segur.kernel.errors import StoreAway
from segur.kernel.indexes import Index, sort_keys
from segur.kernel.settings import KernelSettings
from segur.kernel.writes import (
    BULK_WIRE_VERSION,
    DUPLICATE_KEY,
    Conflict,
    Delete,
    Duplicate,
    Insert,
    Update,
    Write,
    one_by_one,
    together,
)

__all__ = ["Collection", "Conflict", "Delete", "Document", "Duplicate", "Insert", "Store", "Update", "Write"]

Document = dict[str, Any]


@contextlib.contextmanager
def _answering() -> Iterator[None]:
    """Raise `StoreAway` when the server is not there."""
    try:
        yield
    except ConnectionFailure as error:
        raise StoreAway from error


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

    @property
    def namespace(self) -> str:
        """Its name on the server, `database.collection`."""
        return f"{self._store.database.name}.{self.name}"

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
        batch: int = 0,
    ) -> AsyncIterator[Document]:
        """Like `find`, one by one, for results too large to hold.

        `batch` is how many come at once; by default a hundred, then all the rest.
        """
        cursor = self.raw.find(where, list(fields) if fields else None)
        if sort:
            cursor = cursor.sort(sort_keys(tuple(sort)))
        with _answering():
            async for document in cursor.skip(skip).limit(limit).batch_size(batch):
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
            if any(each.get("code") != DUPLICATE_KEY for each in (error.details or {}).get("writeErrors", [])):
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


class Store:
    """One service's database."""

    def __init__(self, settings: KernelSettings, service: str) -> None:
        self.service = service
        self._settings = settings
        self._client: AsyncIOMotorClient[Document] | None = None
        self.in_one_command = False
        """Whether the server takes all writes of a commit in one command; known once the store is open."""
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

    async def open(self, patience_s: float = 300.0) -> None:
        """Wait until the server answers, then make the indexes; raise `PyMongoError` when it never does."""
        deadline = asyncio.get_running_loop().time() + patience_s
        while True:
            try:
                hello = await self.client.admin.command("hello")
                self.in_one_command = int(hello["maxWireVersion"]) >= BULK_WIRE_VERSION
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

        marks = [Insert(self.inbox, inbox.mark(delivery))] if delivery is not None else []
        everything = [*marks, *writes, *(Insert(self.outbox, row) for row in rows)]

        async def body(session: AsyncIOMotorClientSession) -> None:
            if self.in_one_command and len(everything) > 1:
                await together(self.client, session, everything)
            else:
                await one_by_one(session, everything)

        async def is_there() -> bool:
            return bool(envelopes) and await self.outbox.raw.find_one({"_id": envelopes[0].id}) is not None

        try:
            with _answering():
                if len(everything) == 1 and not isinstance(everything[0], Delete):
                    await transaction.alone(lambda: one_by_one(None, everything), is_there)
                elif everything:
                    await transaction.run(self.client, body, is_there)
        except Duplicate as error:
            if error.collection == self.inbox.name:
                raise inbox.AlreadyHandled(str(error.key.get("_id", ""))) from error
            raise
        self.commits[request.current_sandbox()] += 1
        if rows:
            self.committed(rows)
        return envelopes

"""What a commit writes, and the two ways of sending it: in one command (MongoDB 8 and the embedded store), or each
write in its own. One command takes half the processor time of nine on both sides (docs/measured.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorClientSession
from pymongo import DeleteMany, InsertOne, UpdateOne
from pymongo.errors import ClientBulkWriteException, DuplicateKeyError

if TYPE_CHECKING:
    from segur.kernel.store import Collection, Document

BULK_WIRE_VERSION: Final = 25
"""`maxWireVersion` of MongoDB 8.0, the first that knows `bulkWrite` over several collections."""
DUPLICATE_KEY: Final = 11000


class Duplicate(Exception):
    """A write met a unique index; `key` is the conflicting key."""

    def __init__(self, collection: str, key: Mapping[str, object]) -> None:
        super().__init__(f"{collection}: already there {dict(key)}")
        self.collection, self.key = collection, dict(key)


class Conflict(Exception):
    """A conditional write found something else than it expected: somebody was faster."""


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


async def together(client: AsyncIOMotorClient[Document], session: Any, writes: Sequence[Write]) -> None:
    """Send all writes in one command; raise `Duplicate`, `Conflict` or what the driver raises."""
    expecting = any(not isinstance(write, Insert) and write.expect is not None for write in writes)
    try:
        result = await client.bulk_write(
            [_model(write) for write in writes], session=session, verbose_results=expecting
        )
    except ClientBulkWriteException as error:
        if error.error is not None:  # the command as a whole: its labels say whether to try again
            raise error.error from error
        first: Any = error.write_errors[0] if error.write_errors else {}
        if first.get("code") == DUPLICATE_KEY:
            raise Duplicate(writes[first["idx"]].collection.name, first.get("keyValue", {})) from error
        raise
    if not expecting:
        return
    for number, write in enumerate(writes):
        if isinstance(write, Update):
            done = result.update_results[number]
            _check(write, 0 if done.did_upsert else done.matched_count)
        elif isinstance(write, Delete):
            _check(write, result.delete_results[number].deleted_count)


async def one_by_one(session: AsyncIOMotorClientSession | None, writes: Iterable[Write]) -> None:
    """Send each write in a command of its own; raise as `together`. Without a session, outside of any transaction."""
    for write in writes:
        raw = write.collection.raw
        if isinstance(write, Insert):
            try:
                await raw.insert_one(write.document, session=session)
            except DuplicateKeyError as error:
                raise Duplicate(write.collection.name, (error.details or {}).get("keyValue", {})) from error
        elif isinstance(write, Update):
            done = await raw.update_one(write.where, write.change, upsert=write.upsert, session=session)
            _check(write, done.matched_count)
        else:
            _check(write, (await raw.delete_many(write.where, session=session)).deleted_count)


def _model(write: Write) -> InsertOne[Document] | UpdateOne | DeleteMany:
    namespace = write.collection.namespace
    if isinstance(write, Insert):
        return InsertOne(write.document, namespace=namespace)
    if isinstance(write, Update):
        return UpdateOne(write.where, write.change, upsert=write.upsert, namespace=namespace)
    return DeleteMany(write.where, namespace=namespace)


def _check(write: Update | Delete, found: int) -> None:
    if write.expect is not None and found != write.expect:
        raise Conflict(f"{write.collection.name}: {found} documents matched, {write.expect} expected")

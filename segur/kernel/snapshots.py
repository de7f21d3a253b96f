"""Snapshots of a sandbox, kept by each service in its own database.

A snapshot is a row that tells what it holds, written last, and numbered pieces of a few hundred documents each, in
BSON, so that every value comes back as it was. Neither taking nor restoring holds more than one piece in memory. Blobs
are named by their digest and never deleted: the documents refer to them, that is all it takes.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bson import Binary, decode, encode
from bson.codec_options import CodecOptions

from segur.kernel.store import Document, Store

_AWARE: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)

PIECE_DOCUMENTS = 500
PIECE_BYTES = 4 * 1024 * 1024
"""A piece ends at whichever comes first; a document of the database holds 16 MiB at most."""


class Unusable(Exception):
    """There is no such snapshot here, or it is not whole; the text says which."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a service kept of a sandbox under a label; `digest` is the SHA-256 over all its pieces."""

    sandbox: str
    label: str
    at: datetime
    pieces: int
    documents: int
    size: int
    digest: str

    @property
    def key(self) -> str:
        """Its `_id`."""
        return _key(self.sandbox, self.label)


async def take(store: Store, sandbox: str, label: str) -> Snapshot:
    """Copy every document of the sandbox."""
    key = _key(sandbox, label)
    await forget(store, sandbox, label)
    digest, pieces, documents, size = hashlib.sha256(), 0, 0, 0
    for collection in store.collections:
        if not collection.per_sandbox:
            continue
        async for batch in _batches(collection.iterate({"sandbox": sandbox})):
            body = encode({"documents": batch})
            row = {"_id": _piece(key, pieces), "of": key, "collection": collection.name, "body": Binary(body)}
            await store.snapshot_pieces.insert(row)
            digest.update(body)
            pieces, documents, size = pieces + 1, documents + len(batch), size + len(body)
    snapshot = Snapshot(sandbox, label, datetime.now(UTC), pieces, documents, size, digest.hexdigest())
    facts = {name: getattr(snapshot, name) for name in Snapshot.__slots__ if name != "sandbox"}
    await store.snapshots.put({"_id": key, "of": sandbox, **facts})
    return snapshot


async def check(store: Store, sandbox: str, label: str) -> Snapshot:
    """The snapshot, read through and found whole; raise `Unusable`."""
    row = await store.snapshots.find_one({"_id": _key(sandbox, label)})
    if row is None:
        raise Unusable(f"{store.service}: no snapshot {label} of {sandbox}")
    told = {name: row[name] for name in Snapshot.__slots__ if name != "sandbox"}
    snapshot = Snapshot(sandbox=sandbox, **told)
    digest, documents = hashlib.sha256(), 0
    async for _, batch, body in _pieces(store, snapshot):
        digest.update(body)
        documents += len(batch)
    if (digest.hexdigest(), documents) != (snapshot.digest, snapshot.documents):
        raise Unusable(f"{store.service}: snapshot {label} of {sandbox} is damaged")
    return snapshot


async def bring_back(store: Store, snapshot: Snapshot) -> None:
    """Insert every document of a snapshot; the sandbox must be empty."""
    collections = {collection.name: collection for collection in store.collections}
    async for name, batch, _ in _pieces(store, snapshot):
        if name in collections:  # else an earlier version kept something there
            await collections[name].insert(*batch)


async def forget(store: Store, sandbox: str, label: str | None = None) -> None:
    """Delete one snapshot, or all of a sandbox; what is not there is fine."""
    if label is None:
        labels = [str(row["label"]) for row in await store.snapshots.find({"of": sandbox}, fields=("label",))]
    else:
        labels = [label]
    for each in labels:
        key = _key(sandbox, each)
        await store.snapshots.delete({"_id": key})
        await store.snapshot_pieces.delete({"of": key})


async def _batches(documents: AsyncIterator[Document]) -> AsyncIterator[list[Document]]:
    batch: list[Document] = []
    size = 0
    async for document in documents:
        weight = len(encode(document))
        if batch and (len(batch) == PIECE_DOCUMENTS or size + weight > PIECE_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(document)
        size += weight
    if batch:
        yield batch


async def _pieces(store: Store, snapshot: Snapshot) -> AsyncIterator[tuple[str, list[Document], bytes]]:
    for number in range(snapshot.pieces):
        row = await store.snapshot_pieces.find_one({"_id": _piece(snapshot.key, number)})
        if row is None:
            raise Unusable(f"{store.service}: snapshot {snapshot.label} of {snapshot.sandbox} lacks a piece")
        body = bytes(row["body"])
        held: dict[str, Any] = decode(body, _AWARE)
        yield str(row["collection"]), held["documents"], body


def _key(sandbox: str, label: str) -> str:
    return f"{sandbox}:{label}"


def _piece(key: str, number: int) -> str:
    return f"{key}:{number:06}"

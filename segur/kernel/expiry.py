"""What has expired is deleted by an index, by the service it belongs to.

MongoDB does this by itself (TTL indexes) and then nothing is left to do here. The embedded store reads every document
of the collection for it, under a lock, which is why its own sweeper is off (`segur/platform/secantusd.toml`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from segur.kernel.store import Collection

EVERY = timedelta(seconds=60)
"""As often as MongoDB looks."""


async def purge(collections: Iterable[Collection]) -> None:
    """Delete the documents whose expiring field is past; raise `StoreAway`."""
    now = datetime.now(UTC)
    for collection in collections:
        for index in collection.indexes:
            if index.expire_s is not None:
                (field,) = index.fields
                await collection.delete({field: {"$lt": now - timedelta(seconds=index.expire_s)}})

"""Authorization requests pushed ahead (RFC 9126): each serves once, whichever replica took it."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Document, Store

PREFIX = "urn:ietf:params:oauth:request_uri:"
_GRACE_S = 600


class PushedRequests:
    """The collection, and all asked of it; a `request_uri` is kept as its digest only."""

    def __init__(self, store: Store) -> None:
        self._kept = store.collection("pushed", Index.on("purge_at", expire_s=0))

    async def keep(self, client_id: str, params: dict[str, str], expires_at: int, lifetime_s: int) -> str:
        """Keep a request until `expires_at` (sandbox's epoch seconds); give its `request_uri`."""
        uri = PREFIX + secrets.token_urlsafe(32)
        await self._kept.insert(
            {
                "_id": _key(uri),
                "sandbox": current_sandbox(),
                "client_id": client_id,
                "params": params,
                "expires_at": expires_at,
                "purge_at": datetime.now(UTC) + timedelta(seconds=lifetime_s + _GRACE_S),
            }
        )
        return uri

    async def take(self, uri: str) -> Document | None:
        """The request of that address, and forget it; None when there is none, or somebody else was faster."""
        where = {"_id": _key(uri)}
        found = await self._kept.find_one(where)
        return found if found is not None and await self._kept.delete(where) else None


def _key(uri: str) -> str:
    return f"{current_sandbox()}:{hashlib.sha256(uri.encode()).hexdigest()}"

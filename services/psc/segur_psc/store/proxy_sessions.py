"""What the reference Proxy e-Santé remembers: sessions, whose tokens are encrypted, and traces. All its queries."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from segur.kernel.ids import installation_secret, new_id
from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Delete, Document, Insert, Store
from segur_psc.domain.proxy import ApiAccess, ProxySession

_NONCE = 12
_TRACES_KEPT = timedelta(days=30)
_SECRET = ("id_token", "access")


class ProxySessions:
    """Times inside are of the sandbox's clock; `purge_at` is in real time, for the server deletes by its own."""

    def __init__(self, store: Store, home: Path) -> None:
        gone = Index.on("purge_at", expire_s=0)
        self._sessions = store.collection("proxy_sessions", Index.on("sandbox"), gone)
        self._traces = store.collection("proxy_traces", Index.on("sandbox", "at"), gone)
        self._cipher = AESGCM(installation_secret(home, "psc-proxy.secret"))

    def opening(self, session: ProxySession, lifetime_s: int) -> Insert:
        """The write that keeps a session."""
        purge_at = datetime.now(UTC) + timedelta(seconds=lifetime_s)
        return Insert(self._sessions, {"_id": _key(session.id), "purge_at": purge_at, **self._closed(session)})

    def ending(self, session: ProxySession) -> Delete:
        """The write that forgets a session; a `Conflict` when it is gone already."""
        return Delete(self._sessions, {"_id": _key(session.id)}, expect=1)

    async def session(self, id_: str, now: int) -> ProxySession | None:
        """The session of that id, None for one that is unknown or over."""
        found = await self._sessions.find_one({"_id": _key(id_)}) if 0 < len(id_) <= 64 else None
        if found is None or now >= found["ends_at"]:
            return None
        try:
            sealed = found["sealed"]
            told = orjson.loads(self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], found["_id"].encode()))
        except InvalidTag:  # sealed by another installation: of no use here
            return None
        open_ = {name: found[name] for name in ("id", "client_id", "national_id", "session_state", "ends_at")}
        access = {realm: ApiAccess(**each) for realm, each in told["access"].items()}
        return ProxySession(**open_, id_token=told["id_token"], access=access)

    async def keep_access(self, session: ProxySession) -> bool:
        """Keep the session's tokens as they are now; False when it ended meanwhile."""
        return bool(await self._sessions.update({"_id": _key(session.id)}, {"$set": self._closed(session)}))

    def _closed(self, session: ProxySession) -> Document:
        told = asdict(session)
        nonce = secrets.token_bytes(_NONCE)
        hidden = orjson.dumps({name: told[name] for name in _SECRET})
        return {
            "sandbox": current_sandbox(),
            **{name: value for name, value in told.items() if name not in _SECRET},
            "sealed": nonce + self._cipher.encrypt(nonce, hidden, _key(session.id).encode()),
        }

    def tracing(self, row: dict[str, Any]) -> Insert:
        """The write that keeps a trace."""
        return Insert(
            self._traces,
            {
                "_id": f"{current_sandbox()}:{new_id()}",
                "sandbox": current_sandbox(),
                "at": datetime.fromisoformat(row["timestamp"]),
                "purge_at": datetime.now(UTC) + _TRACES_KEPT,
                "row": row,
            },
        )

    async def trace(self, row: dict[str, Any]) -> None:
        """Keep a trace by itself."""
        await self._traces.insert(self.tracing(row).document)

    async def traces(self, start: datetime, end: datetime, limit: int) -> list[dict[str, Any]]:
        """The traces strictly between two times, oldest first."""
        where = {"sandbox": current_sandbox(), "at": {"$gt": start, "$lt": end}}
        return [found["row"] for found in await self._traces.find(where, sort=("at", "_id"), limit=limit)]


def _key(id_: str) -> str:
    return f"{current_sandbox()}:{id_}"

"""What the authorization servers of the Espace de confiance remember: the sessions their tokens belong to."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Insert, Store
from segur_psc.domain.api_tokens import ApiSession

_GRACE_S = 600


class ApiSessions:
    """All queries about API sessions. Epoch seconds of the sandbox's clock inside; `purge_at` is in real time."""

    def __init__(self, store: Store) -> None:
        self._sessions = store.collection("api_sessions", Index.on("sandbox"), Index.on("purge_at", expire_s=0))

    def opening(self, session: ApiSession, lifetime_s: int) -> Insert:
        """The write that keeps a session for as long as one of its tokens may be asked about."""
        purge_at = datetime.now(UTC) + timedelta(seconds=lifetime_s + _GRACE_S)
        document = {"_id": _key(session.sid), "sandbox": current_sandbox(), "purge_at": purge_at, **asdict(session)}
        return Insert(self._sessions, document | {"revoked": list(session.revoked)})

    async def session(self, sid: str) -> ApiSession | None:
        """The session of that id, active or not."""
        found = await self._sessions.find_one({"_id": _key(sid)})
        if found is None:
            return None
        fields = {name: found[name] for name in ApiSession.__slots__}
        return ApiSession(**fields | {"revoked": tuple(found["revoked"])})

    async def prolong(self, session: ApiSession, refresh_until: int, lifetime_s: int) -> bool:
        """Let it be refreshed until then; False when it was ended meanwhile."""
        purge_at = datetime.now(UTC) + timedelta(seconds=lifetime_s + _GRACE_S)
        change = {"$set": {"refresh_until": refresh_until, "purge_at": purge_at}}
        return bool(await self._sessions.update({"_id": _key(session.sid), "active": True}, change))

    async def withdraw(self, sid: str, jti: str) -> None:
        """Make one access token void."""
        await self._sessions.update({"_id": _key(sid)}, {"$addToSet": {"revoked": jti}})

    async def end(self, sid: str) -> None:
        """Make every token of a session void."""
        await self._sessions.update({"_id": _key(sid)}, {"$set": {"active": False}})


def _key(sid: str) -> str:
    return f"{current_sandbox()}:{sid}"

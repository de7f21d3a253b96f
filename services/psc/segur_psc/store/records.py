"""What PSC remembers: clients, professionals, sessions, codes, refresh tokens. All its queries.

Times inside documents are epoch seconds of the sandbox's clock; `purge_at` alone is in real time, because the server
deletes by its own clock, and only after the thing has long been refused.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Document, Insert, Store, Update
from segur_psc.domain.session import Client, Person, Session
from segur_psc.store.ciba_requests import CibaRequests
from segur_psc.store.deliveries import Deliveries
from segur_psc.store.pairings import Pairings
from segur_psc.store.recent import Recent
from segur_psc.store.rows import key_of, purge_at

_SESSION_GRACE_S = 7 * 86_400
"""A session whose time ran out while the platform was off is still there to be closed, and told, when it comes back."""


def _plain(text: str) -> str:
    """Lower case, without accents: what a search compares."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class Records:
    """The collections of PSC and everything asked of them. Codes and cookies are kept as digests only."""

    def __init__(self, store: Store, recent_s: float) -> None:
        def gone() -> Index:
            return Index.on("purge_at", expire_s=0)

        self.clients = store.collection("clients", Index.on("sandbox"))
        self.people = store.collection("people", Index.on("sandbox", "rank"))
        self.sessions = store.collection(
            "sessions", Index.on("sandbox", "cookie"), Index.on("sandbox", "active", "idle_until"), gone()
        )
        self.codes = store.collection("codes", gone())
        self.refresh_tokens = store.collection("refresh_tokens", Index.on("sandbox", "sid"), gone())
        self.ciba, self.deliveries, self.pairings = CibaRequests(store), Deliveries(store), Pairings(store)
        self._clients: Recent[Client] = Recent(recent_s)
        self._people: Recent[Person] = Recent(recent_s)

    async def seed(self, sandbox: str, clients: Iterable[Client], people: Sequence[Person]) -> None:
        """Fill a new sandbox; done again after a crash halfway, it does no harm."""
        for client in clients:
            await self.clients.put({"_id": f"{sandbox}:{client.id}", "sandbox": sandbox, **asdict(client)})
            self._clients.forget(f"{sandbox}:{client.id}")
        for start in range(0, len(people), 32):
            ranked = enumerate(people[start : start + 32], start)
            await asyncio.gather(*(self._put_person(sandbox, rank, person) for rank, person in ranked))

    async def _put_person(self, sandbox: str, rank: int, person: Person) -> None:
        key = f"{sandbox}:{person.id_nat}"
        await self.people.put({"_id": key, "sandbox": sandbox, "rank": rank, **_kept(person)})
        self._people.forget(key)

    def following(self, person: Person, now: int) -> Update:
        """The write that takes up what the directory tells of a professional; somebody new comes first in lists."""
        fields = _kept(person)
        newcomer = {name: fields.pop(name) for name in ("disabled", "answers")} | {"rank": -now}
        change = {"$set": fields | {"sandbox": current_sandbox()}, "$setOnInsert": newcomer}
        return Update(self.people, {"_id": key_of(person.id_nat)}, change, expect=None, upsert=True)

    def barring(self, id_nat: str) -> Update:
        """The write that bars a professional from PSC."""
        return Update(self.people, {"_id": key_of(id_nat)}, {"$set": {"disabled": True}}, expect=None)

    def forget_person(self, id_nat: str) -> None:
        """Read a professional anew at the next question."""
        self._people.forget(key_of(id_nat))

    async def client(self, client_id: str) -> Client | None:
        """The registered client, None for an unknown one."""
        key = key_of(client_id)
        if (recent := self._clients.get(key)) is not None:
            return recent
        found = await self.clients.find_one({"_id": key})
        return None if found is None else self._clients.keep(key, Client.of(found))

    async def list_clients(self, limit: int = 500) -> list[Client]:
        """The sandbox's clients by id."""
        found = await self.clients.find({"sandbox": current_sandbox()}, limit=limit)
        return sorted((Client.of(document) for document in found), key=lambda client: client.id)

    async def forget_client(self, client_id: str) -> bool:
        """Remove a client; False when there is none of that id."""
        key = key_of(client_id)
        gone = await self.clients.delete({"_id": key})
        self._clients.forget(key)
        return bool(gone)

    async def register(self, client: Client) -> None:
        """Keep a new client; raise `Duplicate` when its id is taken."""
        key = key_of(client.id)
        await self.clients.insert({"_id": key, "sandbox": current_sandbox(), **asdict(client)})
        self._clients.forget(key)

    async def count_clients(self) -> int:
        """How many clients the sandbox has."""
        return await self.clients.count({"sandbox": current_sandbox()})

    async def person(self, id_nat: str) -> Person | None:
        """The professional; a bare RPPS number is taken as well."""
        key = key_of(f"8{id_nat}" if len(id_nat) == 11 and id_nat.isdigit() else id_nat)
        if (recent := self._people.get(key)) is not None:
            return recent
        found = await self.people.find_one({"_id": key})
        return None if found is None else self._people.keep(key, _person(found))

    async def change_person(self, id_nat: str, **fields: object) -> bool:
        """Set fields of `Person`; False for an unknown one."""
        key = key_of(id_nat)
        known = await self.people.update({"_id": key}, {"$set": fields})
        self._people.forget(key)
        return bool(known)

    async def list_people(self, limit: int, wanted: str = "") -> list[Person]:
        """Professionals without their claims, the fixtures first; `wanted` keeps those with all of its words."""
        where: Document = {"sandbox": current_sandbox()}
        if words := _plain(wanted).split()[:8]:
            where["$and"] = [{"words": {"$regex": re.escape(word)}} for word in words]
        shown = ("id_nat", "name", "profession", "speciality", "place", "card", "phone", "disabled", "answers")
        found = await self.people.find(where, sort=("rank",), limit=limit, fields=shown)
        return [_person(document) for document in found]

    # Sessions

    def opening(self, session: Session, lifetime_s: int, cookie: str = "") -> Insert:
        """The write that opens a session; `cookie` is the secret the browser holds."""
        fields = asdict(session) | {"clients": list(session.clients), "revoked": list(session.revoked)}
        sandbox = current_sandbox()
        return Insert(
            self.sessions,
            {
                "_id": key_of(session.sid),
                "sandbox": sandbox,
                "cookie": _digest(cookie) if cookie else "",
                "purge_at": purge_at(lifetime_s, _SESSION_GRACE_S),
                **fields,
            },
        )

    def renewing(self, session: Session, cookie: str) -> Update:
        """The write of a fresh login in a session that lives: its times, its means, a new secret for the browser."""
        fields = ("auth_time", "idle_until", "means", "amr")
        change = {name: getattr(session, name) for name in fields} | {"cookie": _digest(cookie)}
        return Update(
            self.sessions,
            {"_id": key_of(session.sid), "active": True},
            {"$set": change, "$addToSet": {"clients": {"$each": list(session.clients)}}},
        )

    async def session(self, sid: str) -> Session | None:
        """The session of that id, alive or not."""
        found = await self.sessions.find_one({"_id": key_of(sid)})
        return None if found is None else _session(found)

    async def session_of_cookie(self, cookie: str) -> Session | None:
        """The session whose secret the browser holds."""
        if not cookie:
            return None
        found = await self.sessions.find_one({"sandbox": current_sandbox(), "cookie": _digest(cookie)})
        return None if found is None else _session(found)

    async def idle_sessions(self, now: int) -> list[Session]:
        """Sessions still marked active although their time is over."""
        found = await self.sessions.find(
            {"sandbox": current_sandbox(), "active": True, "idle_until": {"$lte": now}}, limit=500
        )
        return [_session(document) for document in found]

    def closing(self, sid: str, reason: str) -> Update:
        """The write that closes a session, and why; a `Conflict` when it is closed already."""
        return Update(
            self.sessions, {"_id": key_of(sid), "active": True}, {"$set": {"active": False, "closed": reason}}
        )

    async def is_ended(self, sid: str) -> bool:
        """Whether somebody ended the session; one that only ran out of time was not ended."""
        where = {"_id": key_of(sid), "active": False, "closed": {"$ne": "expired"}}
        return await self.sessions.find_one(where, ("closed",)) is not None

    def prolonging(self, session: Session, idle_until: int) -> list[Update]:
        """The write that restarts the window of inactivity; a `Conflict` when the session is closed by now.

        None when the window ends there already: the transactions of one session in one second would all have to wait
        for each other. What they issue is void all the same once the session is closed.
        """
        if session.idle_until == idle_until:
            return []
        where = {"_id": key_of(session.sid), "active": True}
        return [Update(self.sessions, where, {"$set": {"idle_until": idle_until}})]

    async def join(self, sid: str, client_id: str) -> bool:
        """Add a client to a session; False when the session is closed by now."""
        change = {"$addToSet": {"clients": client_id}}
        return bool(await self.sessions.update({"_id": key_of(sid), "active": True}, change))

    async def leave(self, sid: str, client_id: str) -> None:
        """Take a client out of a session: its refresh tokens are void."""
        await self.sessions.update({"_id": key_of(sid)}, {"$pull": {"clients": client_id}})

    async def withdraw(self, sid: str, jti: str) -> None:
        """Make one access token void."""
        await self.sessions.update({"_id": key_of(sid)}, {"$addToSet": {"revoked": jti}})

    # Codes

    def new_code(self, code: str, lifetime_s: int, **fields: object) -> Insert:
        """The write that keeps a code."""
        return Insert(
            self.codes,
            {
                "_id": key_of(_digest(code)),
                "sandbox": current_sandbox(),
                "used": False,
                "purge_at": purge_at(lifetime_s),
                **fields,
            },
        )

    async def code(self, code: str) -> Document | None:
        """What a code stands for."""
        return await self.codes.find_one({"_id": key_of(_digest(code))})

    async def use_code(self, code: str) -> bool:
        """Use a code up; False when somebody else has: of two callers one wins."""
        where = {"_id": key_of(_digest(code)), "used": False}
        return bool(await self.codes.update(where, {"$set": {"used": True}}))

    # Refresh tokens

    def new_refresh(self, jti: str, sid: str, client_id: str, issued: int, lifetime_s: int) -> Insert:
        """The write that makes a refresh token valid."""
        return Insert(
            self.refresh_tokens,
            {
                "_id": key_of(jti),
                "sandbox": current_sandbox(),
                "sid": sid,
                "client_id": client_id,
                "issued": issued,
                "used": False,
                "purge_at": purge_at(lifetime_s),
            },
        )

    async def refresh(self, jti: str) -> Document | None:
        """What is known of a refresh token."""
        return await self.refresh_tokens.find_one({"_id": key_of(jti)})

    async def newer_refresh_used(self, known: Document) -> bool:
        """Whether a refresh token issued later, in the same session and to the same client, was used already."""
        where = {name: known[name] for name in ("sandbox", "sid", "client_id")} | {"used": True}
        return any(other["issued"] > known["issued"] for other in await self.refresh_tokens.find(where))

    def using_refresh(self, jti: str) -> Update:
        """The write that uses a refresh token up; a `Conflict` when it is used already."""
        return Update(self.refresh_tokens, {"_id": key_of(jti), "used": False}, {"$set": {"used": True}})


def _session(document: Document) -> Session:
    fields = {name: document[name] for name in Session.__slots__ if name in document}
    lists: dict[str, Any] = {name: tuple(value) for name, value in fields.items() if isinstance(value, list)}
    return Session(**fields | lists)


def _kept(person: Person) -> Document:
    words = _plain(f"{person.name} {person.profession} {person.speciality} {person.place} {person.id_nat}")
    return {"words": words, **asdict(person)}


def _person(document: Document) -> Person:
    return Person(**{name: document[name] for name in Person.__slots__ if name in document})

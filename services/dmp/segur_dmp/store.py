"""What the DMP remembers: accounts, document entries, submission sets, authorizations, notifications."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Delete, Document, Insert, Store, Update
from segur.vocab.ins import Ins
from segur.wire import xds_uuids
from segur.wire.xds import DocumentEntry, SubmissionSet
from segur_dmp.domain.directory import News
from segur_dmp.domain.rights import Grant

LONGEST_PSC_SESSION = timedelta(hours=5)
"""More than any of its tokens lives [PSC digest 1.8]."""


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document entry with its patient (pseudonym) and the blob that holds its bytes."""

    entry: DocumentEntry
    patient: str
    digest: str


@dataclass(frozen=True, slots=True)
class StoredSet:
    """A submission set with its patient (pseudonym) and the entryUUIDs it brought."""

    submission_set: SubmissionSet
    patient: str
    members: tuple[str, ...]


class Records:
    """All queries of the DMP; patients are named by their pseudonym.

    `entries` holds the current version of each document; a change of metadata leaves the former version, deprecated, in
    `versions` [DMP digest 1.8, identifier life cycle].
    """

    def __init__(self, store: Store) -> None:
        self.accounts = store.collection("accounts", Index.on("sandbox", "patient", unique=True))
        self.entries = store.collection(
            "entries",
            Index.on("sandbox", "patient", "status"),
            Index.on("sandbox", "unique_id", unique=True),
            Index.on("sandbox", "entry_uuid"),
        )
        self.versions = store.collection(
            "versions", Index.on("sandbox", "patient"), Index.on("sandbox", "entry_uuid", unique=True)
        )
        self.sets = store.collection(
            "submission_sets", Index.on("sandbox", "patient"), Index.on("sandbox", "entry_uuid", unique=True)
        )
        self.authorizations = store.collection("authorizations", Index.on("sandbox", "patient"))
        self.news = store.collection("directory_news", Index.on("sandbox"))
        self.closed_sessions = store.collection("closed_psc_sessions", Index.on("purge_at", expire_s=0))
        self.notifications = store.collection("notifications", Index.on("sandbox", "patient", "-at"))

    def closing_session(self, session: str, now: datetime) -> Update:
        """The write that remembers a closed Pro Santé Connect session, for longer than any of its tokens live."""
        told = {"sandbox": current_sandbox(), "purge_at": now + LONGEST_PSC_SESSION}
        return Update(
            self.closed_sessions, {"_id": f"{current_sandbox()}:{session}"}, {"$setOnInsert": told}, None, True
        )

    async def session_is_closed(self, session: str) -> bool:
        """Whether a Pro Santé Connect session is known to be over, whatever PSC says of its tokens."""
        return (
            bool(session) and await self.closed_sessions.find_one({"_id": f"{current_sandbox()}:{session}"}) is not None
        )

    def account_document(self, sandbox: str, patient: str, ins: Ins, **fields: Any) -> Document:
        """A new account; `state` is a `DmpState` value."""
        return {"_id": f"{sandbox}:{patient}", "sandbox": sandbox, "patient": patient, "ins": ins.cx, **fields}

    async def account(self, patient: str) -> Document | None:
        """The DMP of the patient, None when there is none."""
        return await self.accounts.find_one({"sandbox": current_sandbox(), "patient": patient})

    def insertion(self, patient: str, entry: DocumentEntry, digest: str) -> Insert:
        """The write that adds an entry whose bytes are the blob `digest`."""
        key = f"{current_sandbox()}:{entry.unique_id}"
        return Insert(self.entries, _document_of(StoredDocument(entry, patient, digest), key))

    def set_insertion(self, patient: str, lot: SubmissionSet, members: Sequence[str]) -> Insert:
        """The write that adds a submission set with the entryUUIDs of its documents."""
        sandbox = current_sandbox()
        row = {
            "_id": f"{sandbox}:{lot.unique_id}",
            "sandbox": sandbox,
            "patient": patient,
            "entry_uuid": lot.entry_uuid,
            "set": msgspec.to_builtins(lot),
            "members": list(members),
        }
        return Insert(self.sets, row)

    def change(self, old: DocumentEntry, new: DocumentEntry) -> Update:
        """The write that replaces an entry's metadata; a `Conflict` when it is no longer `old`'s status and version."""
        found = {
            "_id": f"{current_sandbox()}:{old.unique_id}",
            "status": old.status,
            "entry_uuid": old.entry_uuid,
        }
        values = {"status": new.status, "entry_uuid": new.entry_uuid, "entry": msgspec.to_builtins(new)}
        return Update(self.entries, found, {"$set": values})

    def new_version(self, old: StoredDocument, new: DocumentEntry) -> tuple[Update, Insert]:
        """The writes that put `new` in the place of `old` and keep `old`, deprecated."""
        kept = replace(old, entry=replace(old.entry, status=xds_uuids.DEPRECATED))
        key = f"{current_sandbox()}:{old.entry.unique_id}#{old.entry.version}"
        return self.change(old.entry, new), Insert(self.versions, _document_of(kept, key))

    async def current_of(self, patient: str) -> list[DocumentEntry]:
        """The current version of each document of a patient, of any status."""
        found = await self.entries.find({"sandbox": current_sandbox(), "patient": patient})
        return [read_document(row).entry for row in found]

    async def former_of(self, patient: str) -> list[DocumentEntry]:
        """The former versions of the documents of a patient, all deprecated."""
        found = await self.versions.find({"sandbox": current_sandbox(), "patient": patient})
        return [read_document(row).entry for row in found]

    async def document(self, unique_id: str) -> StoredDocument | None:
        """The document of that uniqueId."""
        row = await self.entries.find_one({"sandbox": current_sandbox(), "unique_id": unique_id})
        return read_document(row) if row is not None else None

    async def document_of_entry(self, entry_uuid: str) -> StoredDocument | None:
        """The document, current or a former version, of that entryUUID."""
        where = {"sandbox": current_sandbox(), "entry_uuid": entry_uuid}
        row = await self.entries.find_one(where) or await self.versions.find_one(where)
        return read_document(row) if row is not None else None

    async def sets_of(self, patient: str) -> list[StoredSet]:
        """The submission sets of a patient."""
        return [_read_set(row) for row in await self.sets.find({"sandbox": current_sandbox(), "patient": patient})]

    async def submission_set(self, *, entry_uuid: str = "", unique_id: str = "") -> StoredSet | None:
        """The submission set of that entryUUID or uniqueId."""
        sandbox = current_sandbox()
        where = {"sandbox": sandbox, "entry_uuid": entry_uuid} if entry_uuid else {"_id": f"{sandbox}:{unique_id}"}
        row = await self.sets.find_one(where)
        return _read_set(row) if row is not None else None

    def authorization_document(self, sandbox: str, patient: str, professional: str, grant: Grant) -> Document:
        """A declared authorization."""
        return {
            "_id": f"{sandbox}:{patient}:{professional}",
            "sandbox": sandbox,
            "patient": patient,
            "professional": professional,
            "treating": grant.treating,
            "at": grant.at,
        }

    def authorize(self, patient: str, professional: str, grant: Grant) -> Update:
        """The write that declares an authorization, or renews it."""
        row = self.authorization_document(current_sandbox(), patient, professional, grant)
        return Update(self.authorizations, {"_id": row.pop("_id")}, {"$set": row}, expect=None, upsert=True)

    def withdraw(self, patient: str, professional: str) -> Delete:
        """The write that removes an authorization."""
        return Delete(self.authorizations, {"_id": f"{current_sandbox()}:{patient}:{professional}"})

    async def authorization(self, patient: str, professional: str) -> Grant | None:
        """The authorization of a professional for a patient, None when there is none."""
        row = await self.authorizations.find_one({"_id": f"{current_sandbox()}:{patient}:{professional}"})
        return Grant(row["at"], bool(row["treating"])) if row is not None else None

    async def news_of(self, *names: str) -> list[News]:
        """What the national directory told since the country began, of professionals and structures by their ids."""
        keys = [f"{current_sandbox()}:{name}" for name in dict.fromkeys(names) if name]
        found = await self.news.find({"_id": {"$in": keys}}) if keys else []
        return [
            News(
                str(row["_id"]).partition(":")[2],
                tuple(tuple(group) for group in row["entities"]),
                tuple(row["posts"]),
                str(row["profession"]),
                bool(row["withdrawn"]),
            )
            for row in found
        ]

    def learning(self, news: News) -> Update:
        """The write that remembers what the directory told."""
        row = asdict(news) | {"sandbox": current_sandbox()}
        where = {"_id": f"{current_sandbox()}:{row.pop('id')}"}
        return Update(self.news, where, {"$set": row}, expect=None, upsert=True)

    def notification(self, patient: str, key: str, code: str, entry: DocumentEntry, at: datetime) -> Insert:
        """The write that tells the patient; `code` is one of Mon espace santé's [DMP digest 6.5]."""
        sandbox = current_sandbox()
        row = {
            "_id": f"{sandbox}:{key}",
            "sandbox": sandbox,
            "patient": patient,
            "code": code,
            "document_id": entry.unique_id,
            "title": entry.title,
            "at": at,
        }
        return Insert(self.notifications, row)

    async def notifications_of(self, patient: str) -> list[Document]:
        """What Mon espace santé told the patient, newest first."""
        where = {"sandbox": current_sandbox(), "patient": patient}
        return await self.notifications.find(where, sort=("-at",), limit=200)


def read_document(row: Document) -> StoredDocument:
    """A stored row as values."""
    return StoredDocument(msgspec.convert(row["entry"], DocumentEntry), str(row["patient"]), str(row["digest"]))


def _document_of(stored: StoredDocument, key: str) -> Document:
    entry = stored.entry
    return {
        "_id": key,
        "sandbox": current_sandbox(),
        "patient": stored.patient,
        "status": entry.status,
        "unique_id": entry.unique_id,
        "entry_uuid": entry.entry_uuid,
        "digest": stored.digest,
        "entry": msgspec.to_builtins(entry),
    }


def _read_set(row: Document) -> StoredSet:
    return StoredSet(msgspec.convert(row["set"], SubmissionSet), str(row["patient"]), tuple(row["members"]))

"""The documents a software keeps of one patient: three identifiers, a digest, and what became of each [DMP digest 8.1].

Pure: what the DMP answered goes in, what the professional must be told comes out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from segur.wire import xds, xds_uuids

FROM_DMP = "DMP"
FROM_MAIL = "MSSanté"


class Known(StrEnum):
    """What the software knows of a document it is shown."""

    NEW = "nouveau"
    HERE = "déjà intégré"
    SAME_CONTENT = "même contenu sous un autre identifiant"
    NEWER = "nouvelle version d'un document intégré"
    CHANGED = "métadonnées modifiées"


class Altered(ValueError):
    """The bytes received are not those the registry tells of: they are not integrated."""


@dataclass(frozen=True, slots=True)
class Local:
    """One document kept: the bytes as received; `origin` is shown without a click. `replaced_by` is a uniqueId."""

    entry: xds.DocumentEntry
    content: bytes
    origin: str = FROM_DMP
    replaced_by: str = ""
    deleted: bool = False

    @property
    def digest(self) -> str:
        """SHA-1 in hexadecimal, as the registry has it."""
        return digest_of(self.content)


@dataclass(slots=True)
class LocalStore:
    """The documents of one patient by uniqueId; `links` maps a replaced entryUUID to the one that replaces it."""

    documents: dict[str, Local] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)

    def keep(self, entry: xds.DocumentEntry, content: bytes, origin: str = FROM_DMP) -> Known:
        """Integrate; what was known before. Raise `Altered` when the bytes do not have the registry's digest.

        A document that is here stays as it is: the first copy counts.
        """
        if entry.hash and digest_of(content) != entry.hash:
            raise Altered(f"empreinte {digest_of(content)}, attendue {entry.hash}")
        known = self.judge(entry)
        if known is not Known.HERE:
            self.documents[entry.unique_id] = Local(entry, content, origin)
        return known

    def judge(self, entry: xds.DocumentEntry, replaces: str = "") -> Known:
        """What a listed document is to this software; `replaces` is the entryUUID its RPLC names."""
        kept = self.documents.get(entry.unique_id)
        if kept is not None:
            moved = kept.entry.entry_uuid and entry.entry_uuid != kept.entry.entry_uuid
            same_line = entry.logical_id and entry.logical_id == kept.entry.logical_id
            return Known.CHANGED if moved and same_line else Known.HERE
        if entry.hash and any(one.digest == entry.hash for one in self.documents.values()):
            return Known.SAME_CONTENT
        target = replaces or next((old for old, new in self.links.items() if new == entry.entry_uuid), "")
        return Known.NEWER if target and self._descends_from_ours(target) else Known.NEW

    def note_replacements(self, links: Mapping[str, str]) -> None:
        """Learn RPLC associations, replaced entryUUID to the new one."""
        self.links.update(links)

    def latest(self, entry_uuid: str) -> str:
        """The end of the chain of replacements that begins at an entryUUID; itself when nothing replaced it."""
        seen = {entry_uuid}
        while (following := self.links.get(entry_uuid)) is not None and following not in seen:
            seen.add(following)
            entry_uuid = following
        return entry_uuid

    def mark_replaced(self, listed: Iterable[xds.DocumentEntry]) -> list[tuple[Local, xds.DocumentEntry]]:
        """Local copies that a listed document is the latest version of, each with it; both are kept."""
        by_uuid = {entry.entry_uuid: entry for entry in listed}
        told = []
        for key, one in self.documents.items():
            newest = by_uuid.get(self.latest(one.entry.entry_uuid))
            if newest is not None and newest.unique_id not in (key, one.replaced_by):
                self.documents[key] = replace(one, replaced_by=newest.unique_id)
                told.append((self.documents[key], newest))
        return told

    def mark_deleted(self, entry_uuids: Iterable[str]) -> list[Local]:
        """Local copies whose document the DMP no longer has; the user decides whether the copy goes too."""
        gone, told = set(entry_uuids), []
        for key, one in self.documents.items():
            if one.entry.entry_uuid in gone and not one.deleted:
                self.documents[key] = replace(one, deleted=True)
                told.append(self.documents[key])
        return told

    def remember(self, entry: xds.DocumentEntry) -> None:
        """Take the new metadata version (entryUUID, confidentiality) of a document that is here."""
        kept = self.documents[entry.unique_id]
        self.documents[entry.unique_id] = replace(kept, entry=entry)

    def forget(self, unique_id: str) -> None:
        """Remove the local copy."""
        self.documents.pop(unique_id, None)

    def _descends_from_ours(self, entry_uuid: str) -> bool:
        ours = {one.entry.entry_uuid for one in self.documents.values()}
        seen: set[str] = set()
        backwards = {new: old for old, new in self.links.items()}
        while entry_uuid and entry_uuid not in seen:
            if entry_uuid in ours:
                return True
            seen.add(entry_uuid)
            entry_uuid = backwards.get(entry_uuid, "")
        return False


def digest_of(content: bytes) -> str:
    """SHA-1 in hexadecimal."""
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def is_living(entry: xds.DocumentEntry) -> bool:
    """True for a version a reader counts: neither deprecated nor deleted."""
    return entry.status not in (xds_uuids.DEPRECATED, xds_uuids.DELETED)

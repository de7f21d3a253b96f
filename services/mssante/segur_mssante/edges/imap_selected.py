"""A folder as a session sees it: numbered rows that change only when the client may be told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from segur.kernel.store import Document
from segur_mssante.context import Context
from segur_mssante.domain import mime_tree
from segur_mssante.domain.imap_syntax import BadCommand, number_set
from segur_mssante.operations.login import Opened


class Selected:
    """The open folder; a row's sequence number is its place in `rows`, from 1."""

    def __init__(self, context: Context, opened: Opened, folder: str, *, read_only: bool) -> None:
        self._context, self._opened = context, opened
        self.folder, self.read_only = folder, read_only
        self.rows: list[Document] = []
        self._changes = -1
        self._parsed: tuple[str, mime_tree.Part] | None = None

    async def refresh(self, *, may_expunge: bool = True) -> list[str]:
        """Read the folder again if anything changed; give the untagged answers that tell it.

        With `may_expunge` false, rows that are gone stay until the next time (RFC 3501, 7.4.1).
        """
        box = await self._context.store.mailbox(self._opened.address)
        changes = box["changes"] if box is not None else 0
        if changes == self._changes:
            return []
        first = self._changes < 0
        found = {row["uid"]: row for row in await self._context.store.listing(self._opened.address, self.folder)}
        answers: list[str] = []
        gone = [place for place, row in enumerate(self.rows, start=1) if row["uid"] not in found]
        if may_expunge:
            for place in reversed(gone):
                answers.append(f"* {place} EXPUNGE")
                del self.rows[place - 1]
        if may_expunge or not gone:
            self._changes = changes
        for place, row in enumerate(self.rows, start=1):
            now = found.pop(row["uid"], None)
            if now is not None and now["flags"] != row["flags"]:
                answers.append(f"* {place} FETCH (UID {row['uid']} FLAGS ({' '.join(now['flags'])}))")
            if now is not None:
                row.update(now)
        self.rows.extend(found[uid] for uid in sorted(found))
        if found or first:
            answers.append(f"* {len(self.rows)} EXISTS")
        return answers

    def chosen(self, told: str, *, by_uid: bool) -> list[tuple[int, Document]]:
        """Rows of a sequence set with their numbers; raise `BadCommand`."""
        places = list(enumerate(self.rows, start=1))
        if by_uid:
            numbers = number_set(told, self.rows[-1]["uid"] if self.rows else 0)
            return [(place, row) for place, row in places if row["uid"] in numbers]
        numbers = number_set(told, len(places))
        chosen = [(place, row) for place, row in places if place in numbers]
        if not chosen and not (not places and "*" in told):  # `1:*` is what clients ask of an empty folder too
            raise BadCommand(f"no message has a number in {told[:40]}")
        return chosen

    def drop(self, rows: Sequence[Document]) -> list[str]:
        """Forget rows that are gone for good; give the EXPUNGE answers, highest first."""
        gone = {row["uid"] for row in rows}
        places = [place for place, row in enumerate(self.rows, start=1) if row["uid"] in gone]
        self.rows = [row for row in self.rows if row["uid"] not in gone]
        return [f"* {place} EXPUNGE" for place in reversed(places)]

    async def head(self, row: Document) -> mime_tree.Part:
        """The header of a message, without reading the rest."""
        path = self._context.floor.blobs.path(row["blob"])

        def read() -> mime_tree.Part:
            with path.open("rb") as file:
                return mime_tree.head(file.read(mime_tree.MAX_HEADER))

        return await asyncio.to_thread(read)

    async def mail(self, row: Document) -> mime_tree.Part:
        """A whole message, taken apart; the last one is kept, for clients ask for its parts one by one."""
        if self._parsed is None or self._parsed[0] != row["blob"]:
            content = await self._context.floor.blobs.get(row["blob"])
            self._parsed = (row["blob"], (await asyncio.to_thread(mime_tree.read, content))[0])
        return self._parsed[1]

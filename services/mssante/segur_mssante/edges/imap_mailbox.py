"""INBOX as an IMAP session sees it: numbered rows, searches, FETCH answers, flags."""

from __future__ import annotations

from email.utils import format_datetime

from segur.contracts.fact import Fact
from segur.contracts.mssante import MessageRead
from segur.kernel.store import Document
from segur_mssante.context import Context
from segur_mssante.domain.imap_syntax import BadCommand

_CONTENT = {"RFC822": True, "BODY[]": True, "BODY.PEEK[]": False}
_HEADER = {"RFC822.HEADER": "RFC822.HEADER", "BODY[HEADER]": "BODY[HEADER]", "BODY.PEEK[HEADER]": "BODY[HEADER]"}
FLAGS = ("\\Seen", "\\Answered", "\\Flagged")
_KNOWN = {flag.lower(): flag for flag in FLAGS}


class Inbox:
    """The rows of one mailbox; sequence numbers are places in `rows`, from 1."""

    def __init__(self, context: Context, address: str) -> None:
        self._context, self._address = context, address
        self.rows: list[Document] = []

    async def refresh(self) -> None:
        """Read the mailbox again; rows are never removed, so numbers stay."""
        self.rows = await self._context.store.listing(self._address)

    def search(self, criteria: list[str]) -> list[Document]:
        """The rows that fit ALL, UNSEEN, SEEN, HEADER Message-ID; raise `BadCommand` for other keys."""
        rows, left = self.rows, [word for word in criteria if word not in "()"]
        while left:
            key = left.pop(0).upper()
            if key in ("UNSEEN", "SEEN"):
                rows = [row for row in rows if ("\\Seen" in row["flags"]) is (key == "SEEN")]
            elif key == "HEADER" and len(left) >= 2 and left[0].upper() == "MESSAGE-ID":
                wanted, left = left[1].lower(), left[2:]
                rows = [row for row in rows if wanted in row["header_id"].lower()]
            elif key == "CHARSET" and left:
                left.pop(0)
            elif key != "ALL":
                raise BadCommand(f"search key {key[:30]} is not served: ALL, SEEN, UNSEEN, HEADER Message-ID are")
        return rows

    async def fetch(self, place: int, items: list[str]) -> bytes:
        """One untagged FETCH answer; content that is not peeked at sets `\\Seen`."""
        row = self.rows[place - 1]
        names = [item.upper() for item in items]
        parts: list[bytes] = []
        if any(_CONTENT.get(name) for name in names) and "\\Seen" not in row["flags"]:
            await self.set_flags(row, [*row["flags"], "\\Seen"])
            if "FLAGS" not in names:
                names.append("FLAGS")
        for name in names:
            if name == "FLAGS":
                parts.append(f"FLAGS ({' '.join(row['flags'])})".encode())
            elif name == "UID":
                parts.append(f"UID {row['uid']}".encode())
            elif name == "RFC822.SIZE":
                parts.append(f"RFC822.SIZE {row['size']}".encode())
            elif name == "INTERNALDATE":
                day = format_datetime(row["received"]).split(", ")[1].split(" ")
                parts.append(f'INTERNALDATE "{"-".join(day[:3])} {day[3]} {day[4]}"'.encode())
            elif name in _CONTENT or name in _HEADER:
                content = await self._context.floor.blobs.get(row["blob"])
                shown = _HEADER.get(name, name.replace(".PEEK", ""))
                if name in _HEADER:
                    content = content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
                parts.append(f"{shown} {{{len(content)}}}\r\n".encode() + content)
            else:
                raise BadCommand(f"data item {name[:30]} is not served")
        return f"* {place} FETCH (".encode() + b" ".join(parts) + b")\r\n"

    async def set_flags(self, row: Document, flags: list[str]) -> None:
        """Replace the flags of a row; the first `\\Seen` is told as a reading. Raise `BadCommand`."""
        chosen = []
        for flag in flags:
            if flag.lower() not in _KNOWN:
                raise BadCommand(f"flag {flag[:30]} is not kept: {' '.join(FLAGS)} are")
            chosen.append(_KNOWN[flag.lower()])
        chosen = list(dict.fromkeys(chosen))
        facts: list[Fact] = []
        if "\\Seen" in chosen and "\\Seen" not in row["flags"]:
            facts.append(MessageRead(message_id=row["message_id"], mailbox=self._address))
        await self._context.store.set_flags(row, chosen, *facts)
        row["flags"] = chosen

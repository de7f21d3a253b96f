"""Commands on the messages of the open folder (RFC 3501, section 6.4), and opening it."""

from __future__ import annotations

import asyncio
import time

from segur.kernel.store import Document
from segur_mssante.context import Context
from segur_mssante.domain import folders, imap_fetch
from segur_mssante.domain.imap_fetch import Section
from segur_mssante.domain.imap_search import UnknownCharset, read_criteria
from segur_mssante.domain.imap_syntax import BadCommand, literal, ranges, text, texts, write_moment
from segur_mssante.edges.imap_search_rows import SearchedRow
from segur_mssante.edges.imap_selected import Selected
from segur_mssante.edges.imap_wire import Command, Wire
from segur_mssante.operations.login import Opened
from segur_mssante.operations.read_message import SEEN, set_flags
from segur_mssante.store import Copy

_ALL_FLAGS = " ".join(folders.SYSTEM_FLAGS)
_IDLE_POLL_S = 5.0


class MessageCommands:
    """For one session, once authenticated."""

    def __init__(self, context: Context, wire: Wire, opened: Opened) -> None:
        self._context, self._wire, self._opened = context, wire, opened
        self._selected: Selected | None = None

    async def refresh(self) -> list[str]:
        """What changed in the open folder, if there is one."""
        return await self._selected.refresh() if self._selected else []

    async def serve(self, command: Command) -> bool:
        """Answer a command on messages; False when it is none, or no folder is open."""
        if command.name in ("SELECT", "EXAMINE"):
            await self._open(command)
            return True
        if command.name == "IDLE":
            await self._idle(command)
            return True
        selected = self._selected
        if selected is None:
            return False
        match command.name:
            case "FETCH":
                await self._fetch(command, selected)
            case "STORE":
                await self._store(command, selected)
            case "SEARCH":
                await self._search(command, selected)
            case "COPY" | "MOVE":
                await self._copy(command, selected)
            case "EXPUNGE":
                await self._expunge(command, selected)
            case "CHECK":
                await self._wire.send(*await selected.refresh(), f"{command.tag} OK CHECK completed")
            case "CLOSE" | "UNSELECT":
                if command.name == "CLOSE" and not selected.read_only:
                    await self._context.store.remove(self._opened.address, _deleted(selected.rows))
                self._selected = None
                await self._wire.send(f"{command.tag} OK {command.name} completed")
            case _:
                return False
        return True

    async def _open(self, command: Command) -> None:
        told = command.words()
        self._selected = None
        if not told:
            raise BadCommand(f"{command.name}: a folder expected")
        name = folders.canonical(text(told[0]))
        box = await self._context.store.mailbox(self._opened.address)
        if box is None or (name not in folders.SPECIAL and name not in box["folders"]):
            await self._wire.send(f"{command.tag} NO [NONEXISTENT] no such folder")
            return
        read_only = command.name == "EXAMINE"
        selected = Selected(self._context, self._opened, name, read_only=read_only)
        exists = await selected.refresh()
        kept = "" if read_only else f"{_ALL_FLAGS} \\*"
        unseen = next((n for n, row in enumerate(selected.rows, start=1) if SEEN not in row["flags"]), 0)
        await self._wire.send(
            f"* FLAGS ({_ALL_FLAGS})",
            *exists,
            "* 0 RECENT",
            *([f"* OK [UNSEEN {unseen}] first unseen"] if unseen else []),
            f"* OK [PERMANENTFLAGS ({kept})] kept",
            f"* OK [UIDVALIDITY {box['uid_validity']}] the mailbox's",
            f"* OK [UIDNEXT {box['uid_next']}] next",
            f"{command.tag} OK [{'READ-ONLY' if read_only else 'READ-WRITE'}] {command.name} completed",
        )
        self._selected = selected

    async def _idle(self, command: Command) -> None:
        await self._wire.send("+ idling")
        done = asyncio.create_task(self._wire.line(self._context.settings.mail_idle_s))
        try:
            while not done.done():
                arrival = self._context.store.arrivals(self._opened.address)
                if answers := await self.refresh():
                    await self._wire.send(*answers)
                waiting = asyncio.create_task(arrival.wait())
                await asyncio.wait({done, waiting}, timeout=_IDLE_POLL_S, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
            if done.result().upper() != b"DONE":
                raise BadCommand("IDLE: DONE expected")
        finally:
            done.cancel()
        await self._wire.send(f"{command.tag} OK IDLE completed")

    async def _search(self, command: Command, selected: Selected) -> None:
        fresh = await selected.refresh(may_expunge=command.by_uid)
        rows = selected.rows
        try:
            test = read_criteria(command.words(), len(rows), rows[-1]["uid"] if rows else 0)
        except UnknownCharset as error:
            await self._wire.send(*fresh, f"{command.tag} NO [BADCHARSET (UTF-8 US-ASCII)] {error}")
            return
        blobs = self._context.floor.blobs
        mails = [SearchedRow(place, row, blobs.path(row["blob"])) for place, row in enumerate(rows, start=1)]
        found = await asyncio.to_thread(lambda: [mail for mail in mails if test(mail)])
        numbers = [str(mail.uid if command.by_uid else mail.place) for mail in found]
        await self._wire.send(*fresh, " ".join(["* SEARCH", *numbers]), f"{command.tag} OK SEARCH completed")

    async def _fetch(self, command: Command, selected: Selected) -> None:
        told, begun = command.words(), time.perf_counter()
        if len(told) != 2:
            raise BadCommand("FETCH: a sequence set and items expected")
        names = texts(told[1])
        if not isinstance(told[1], list) and names[0].upper() in imap_fetch.MACROS:
            names = list(imap_fetch.MACROS[names[0].upper()])
        items = [imap_fetch.read_item(name) for name in names]
        if command.by_uid and "UID" not in items:
            items.insert(0, "UID")
        chosen = selected.chosen(text(told[0]), by_uid=command.by_uid)
        reads = any(isinstance(item, Section) and not item.peek for item in items) and not selected.read_only
        for place, row in chosen:
            shown = items
            if reads and SEEN not in row["flags"]:
                await set_flags(self._context, self._opened.address, self._opened.shown, [row], [[*row["flags"], SEEN]])
                shown = items if "FLAGS" in items else [*items, "FLAGS"]
            await self._wire.send(await self._fetched(selected, place, row, shown))
        if any(isinstance(item, Section) and not item.header_only for item in items):
            path = f"{self._opened.shown}/{selected.folder}"
            self._context.journal("imap", "FETCH", path, "OK", begun, actor=self._opened.shown)
        await self._wire.send(f"{command.tag} OK FETCH completed")

    async def _fetched(self, selected: Selected, place: int, row: Document, items: list[str | Section]) -> bytes:
        whole = any(
            item in ("BODY", "BODYSTRUCTURE") or (isinstance(item, Section) and not item.header_only) for item in items
        )
        needed = whole or any(item == "ENVELOPE" or isinstance(item, Section) for item in items)
        mail = await (selected.mail(row) if whole else selected.head(row)) if needed else None
        parts: list[bytes] = []
        for item in items:
            if item == "FLAGS":
                parts.append(f"FLAGS ({' '.join(row['flags'])})".encode())
            elif item == "UID":
                parts.append(b"UID %d" % row["uid"])
            elif item == "RFC822.SIZE":
                parts.append(b"RFC822.SIZE %d" % row["size"])
            elif item == "INTERNALDATE":
                parts.append(f"INTERNALDATE {write_moment(row['received'])}".encode())
            elif mail is not None and item == "ENVELOPE":
                parts.append(b"ENVELOPE " + imap_fetch.envelope(mail))
            elif mail is not None and isinstance(item, str):
                parts.append(item.encode() + b" " + imap_fetch.structure(mail, extended=item == "BODYSTRUCTURE"))
            elif mail is not None and isinstance(item, Section):
                found = imap_fetch.section_bytes(mail, item)
                parts.append(item.shown.encode() + b" " + (b"NIL" if found is None else literal(found)))
        return b"* %d FETCH (" % place + b" ".join(parts) + b")"

    async def _store(self, command: Command, selected: Selected) -> None:
        told = command.words()
        if len(told) < 3:
            raise BadCommand("STORE: a sequence set, FLAGS and flags expected")
        how = text(told[1]).upper()
        action = how.removesuffix(".SILENT")
        if action not in ("FLAGS", "+FLAGS", "-FLAGS"):
            raise BadCommand("STORE: FLAGS, +FLAGS or -FLAGS expected")
        if selected.read_only:
            await self._wire.send(f"{command.tag} NO [READ-ONLY] the folder was opened with EXAMINE")
            return
        given = [flag for token in told[2:] for flag in texts(token)]
        flags = [folders.flag(flag) for flag in given]
        if None in flags:
            raise BadCommand(f"STORE: {given[flags.index(None)][:30]} is not a flag that can be kept")
        chosen = selected.chosen(text(told[0]), by_uid=command.by_uid)
        wanted = [_combined(row["flags"], action, [flag for flag in flags if flag]) for _, row in chosen]
        if any(len(list_) > folders.MAX_FLAGS for list_ in wanted):
            await self._wire.send(f"{command.tag} NO [LIMIT] at most {folders.MAX_FLAGS} flags")
            return
        if chosen:
            rows = [row for _, row in chosen]
            await set_flags(self._context, self._opened.address, self._opened.shown, rows, wanted)
        if not how.endswith(".SILENT"):
            uid = "UID {} " if command.by_uid else ""
            await self._wire.send(
                *(f"* {n} FETCH ({uid.format(row['uid'])}FLAGS ({' '.join(row['flags'])}))" for n, row in chosen)
            )
        await self._wire.send(f"{command.tag} OK STORE completed")

    async def _copy(self, command: Command, selected: Selected) -> None:
        told = command.words()
        if len(told) != 2:
            raise BadCommand(f"{command.name}: a sequence set and a folder expected")
        name = folders.canonical(text(told[1]))
        box = await self._context.store.mailbox(self._opened.address)
        if box is None or (name not in folders.SPECIAL and name not in box["folders"]):
            await self._wire.send(f"{command.tag} NO [TRYCREATE] no such folder")
            return
        if command.name == "MOVE" and selected.read_only:
            await self._wire.send(f"{command.tag} NO [READ-ONLY] the folder was opened with EXAMINE")
            return
        rows = [row for _, row in selected.chosen(text(told[0]), by_uid=command.by_uid)]
        if not rows:
            await self._wire.send(f"{command.tag} OK {command.name} completed")
            return
        store, address = self._context.store, self._opened.address
        removals = store.removals(address, rows) if command.name == "MOVE" else []
        uids = await store.put([Copy.of(row).into(name) for row in rows], [], *removals)
        code = f"[COPYUID {box['uid_validity']} {ranges(row['uid'] for row in rows)} {ranges(uids)}]"
        if command.name == "MOVE":
            gone = selected.drop(rows)
            await self._wire.send(f"* OK {code} moved", *gone, f"{command.tag} OK MOVE completed")
        else:
            await self._wire.send(f"{command.tag} OK {code} COPY completed")

    async def _expunge(self, command: Command, selected: Selected) -> None:
        if selected.read_only:
            await self._wire.send(f"{command.tag} NO [READ-ONLY] the folder was opened with EXAMINE")
            return
        rows = _deleted(selected.rows)
        if command.by_uid:
            told = command.words()
            if len(told) != 1:
                raise BadCommand("UID EXPUNGE: a set expected")
            named = {row["uid"] for _, row in selected.chosen(text(told[0]), by_uid=True)}
            rows = [row for row in rows if row["uid"] in named]
        await self._context.store.remove(self._opened.address, rows)
        await self._wire.send(*selected.drop(rows), f"{command.tag} OK EXPUNGE completed")


def _deleted(rows: list[Document]) -> list[Document]:
    return [row for row in rows if "\\Deleted" in row["flags"]]


def _combined(now: list[str], action: str, flags: list[str]) -> list[str]:
    if action == "+FLAGS":
        flags = [*now, *flags]
    elif action == "-FLAGS":
        gone = {flag.lower() for flag in flags}
        return [flag for flag in now if flag.lower() not in gone]
    return list({flag.lower(): flag for flag in flags}.values())

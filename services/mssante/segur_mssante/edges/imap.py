"""A small IMAP4rev1 server: one mailbox, INBOX, behind STARTTLS and XOAUTH2 [MSSanté digest 2.2, 2.4]."""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import re
import ssl

from segur.kernel.errors import Kind, SegurError
from segur.kernel.store import Document
from segur_mssante.context import Context
from segur_mssante.domain.imap_syntax import BadCommand, numbers, quote, words
from segur_mssante.domain.xoauth2 import refusal_json
from segur_mssante.edges.imap_mailbox import FLAGS, Inbox
from segur_mssante.operations.login import login

log = logging.getLogger("segur.mssante.imap")
_LITERAL = re.compile(r"\{(\d+)(\+?)\}$")
_MAX_COMMAND = 65_536
_NO_TLS = frozenset({"CAPABILITY", "STARTTLS", "NOOP", "LOGOUT", "LOGIN", "AUTHENTICATE"})


class ImapSession:
    """One connection."""

    def __init__(
        self, context: Context, tls: ssl.SSLContext, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._context, self._tls, self._reader, self._writer = context, tls, reader, writer
        self._encrypted = False
        self._inbox: Inbox | None = None
        self._selected = self._read_only = False

    async def run(self) -> None:
        """Serve until the client leaves."""
        await self._send(f"* OK [CAPABILITY {self._capabilities}] SegurStack MSSante")
        while (line := await self._command()) is not None:
            tag, _, rest = line.partition(" ")
            name, _, arguments = rest.partition(" ")
            try:
                await self._serve(tag, name.upper(), arguments)
            except BadCommand as error:
                await self._send(f"{tag} BAD {error}")
            except (OSError, asyncio.IncompleteReadError):
                raise
            except Exception:  # the client gets no trace, the log does
                log.exception("IMAP %s", name[:20])
                await self._send(f"{tag} NO [SERVERBUG] Internal error")
            if name.upper() == "LOGOUT":
                return

    @property
    def _capabilities(self) -> str:
        if self._encrypted:
            return "IMAP4rev1 SASL-IR AUTH=XOAUTH2 LOGINDISABLED"
        return "IMAP4rev1 STARTTLS LOGINDISABLED"

    async def _serve(self, tag: str, name: str, arguments: str) -> None:
        by_uid = name == "UID"
        if by_uid:
            name, _, arguments = arguments.partition(" ")
            name = name.upper()
        if name == "CAPABILITY":
            await self._send(f"* CAPABILITY {self._capabilities}")
        elif name == "STARTTLS" and not self._encrypted:
            await self._send(f"{tag} OK Begin TLS now")
            # what came before the handshake was not protected: it must not run after it (RFC 3501, 6.2.1)
            self._reader._buffer.clear()  # type: ignore[attr-defined]
            await self._writer.start_tls(self._tls)
            self._encrypted = True
            return
        elif name == "LOGOUT":
            await self._send("* BYE Au revoir")
        elif name == "LOGIN":
            await self._send(f"{tag} NO [PRIVACYREQUIRED] LOGIN is disabled, use AUTHENTICATE XOAUTH2 after STARTTLS")
            return
        elif name == "AUTHENTICATE":
            await self._authenticate(tag, arguments)
            return
        elif name == "NOOP":
            await self._refresh()
        elif self._inbox is None:
            raise BadCommand(f"{name[:20]}: authenticate first")
        elif name in ("SELECT", "EXAMINE"):
            await self._select(tag, self._inbox, arguments, read_only=name == "EXAMINE")
            return
        elif name == "LIST":
            await self._send('* LIST (\\HasNoChildren) "/" INBOX')
        elif name == "CLOSE":
            self._selected = False
        elif name in ("SEARCH", "FETCH", "STORE") and self._selected:
            await self._on_messages(self._inbox, name, arguments, by_uid=by_uid)
        else:
            raise BadCommand(f"{name[:20]}: not served in this state")
        await self._send(f"{tag} OK {name} completed")

    async def _authenticate(self, tag: str, arguments: str) -> None:
        mechanism, _, initial = arguments.strip().partition(" ")
        if not self._encrypted:
            await self._send(f"{tag} NO [PRIVACYREQUIRED] STARTTLS first")
            return
        if mechanism.upper() != "XOAUTH2" or self._inbox is not None:
            raise BadCommand("AUTHENTICATE: XOAUTH2, once")
        if not initial:
            await self._send("+ ")
            initial = await self._line()
        try:
            message = base64.b64decode(initial.strip(), validate=True)
        except binascii.Error as error:
            raise BadCommand("AUTHENTICATE: base64 expected") from error
        try:
            self._inbox = Inbox(self._context, await login(self._context, message))
        except SegurError as error:
            if error.kind is Kind.BUSY:
                await self._send(f"{tag} NO [UNAVAILABLE] {error.text}")
                return
            await self._send(f"+ {base64.b64encode(refusal_json(error.code)).decode()}")
            await self._line()
            await self._send(f"{tag} NO [AUTHENTICATIONFAILED] Authentication failed")
            return
        await self._send(f"{tag} OK [CAPABILITY IMAP4rev1] Logged in")

    async def _select(self, tag: str, inbox: Inbox, arguments: str, *, read_only: bool) -> None:
        if [word.upper() for word in words(arguments)] != ["INBOX"]:
            self._selected = False
            await self._send(f"{tag} NO [NONEXISTENT] There is INBOX only")
            return
        self._selected, self._read_only = True, read_only
        await self._send(f"* FLAGS ({' '.join(FLAGS)})")
        await self._refresh()
        kept = "" if read_only else " ".join(FLAGS)
        await self._send(f"* OK [PERMANENTFLAGS ({kept})] Kept", "* OK [UIDVALIDITY 1] Never changes")
        following = inbox.rows[-1]["uid"] + 1 if inbox.rows else 1
        mode = "READ-ONLY" if read_only else "READ-WRITE"
        await self._send("* 0 RECENT", f"* OK [UIDNEXT {following}] Next", f"{tag} OK [{mode}] Selected")

    async def _refresh(self) -> None:
        if self._inbox is not None and self._selected:
            await self._inbox.refresh()
            await self._send(f"* {len(self._inbox.rows)} EXISTS")

    async def _on_messages(self, inbox: Inbox, name: str, arguments: str, *, by_uid: bool) -> None:
        told = words(arguments)
        if name == "SEARCH":
            await self._refresh()
            rows = inbox.search(told)
            found = [row["uid"] if by_uid else inbox.rows.index(row) + 1 for row in rows]
            await self._send(" ".join(["* SEARCH", *map(str, found)]))
            return
        if len(told) < 2:
            raise BadCommand(f"{name}: a sequence set and items expected")
        items = [word for word in told[1:] if word not in "()"]
        for place, row in self._chosen(inbox, told[0], by_uid=by_uid):
            if name == "STORE":
                await self._store(inbox, row, items)
                if items[0].upper().endswith(".SILENT"):
                    continue
                shown = ["FLAGS"]
            else:
                shown = [item for item in items if item.upper() != "UID"]
            if self._read_only:
                shown = [re.sub(r"(?i)^(RFC822|BODY\[\])$", "BODY.PEEK[]", item) for item in shown]
            wants_uid = by_uid or any(item.upper() == "UID" for item in items)
            self._writer.write(await inbox.fetch(place, [*(["UID"] if wants_uid else []), *shown]))
            await self._writer.drain()

    def _chosen(self, inbox: Inbox, told: str, *, by_uid: bool) -> list[tuple[int, Document]]:
        places = list(enumerate(inbox.rows, start=1))
        if not by_uid:
            chosen = numbers(told, len(places))
            return [(place, row) for place, row in places if place in chosen]
        chosen = numbers(told, places[-1][1]["uid"] if places else 0)
        return [(place, row) for place, row in places if row["uid"] in chosen]

    async def _store(self, inbox: Inbox, row: Document, items: list[str]) -> None:
        if self._read_only:
            raise BadCommand("STORE: the mailbox was opened with EXAMINE")
        how, flags, now = items[0].upper().removesuffix(".SILENT"), items[1:], row["flags"]
        if how == "+FLAGS":
            flags = [*now, *flags]
        elif how == "-FLAGS":
            gone = {flag.lower() for flag in flags}
            flags = [flag for flag in now if flag.lower() not in gone]
        elif how != "FLAGS":
            raise BadCommand("STORE: FLAGS, +FLAGS or -FLAGS expected")
        await inbox.set_flags(row, flags)

    async def _command(self) -> str | None:
        """A whole command, literals turned into quoted strings; None when the client is gone."""
        try:
            text = await self._line()
            while match := _LITERAL.search(text):
                size = int(match[1])
                if size + len(text) > _MAX_COMMAND:
                    await self._send("* BYE literal too long")
                    return None
                if not match[2]:
                    await self._send("+ OK")
                literal = (await self._reader.readexactly(size)).decode("utf-8", "replace")
                text = text[: match.start()] + quote(literal) + await self._line()
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        except asyncio.LimitOverrunError:
            await self._send("* BYE line too long")
            return None
        return text

    async def _line(self) -> str:
        return (await self._reader.readuntil(b"\n")).decode("utf-8", "replace").rstrip("\r\n")

    async def _send(self, *lines: str) -> None:
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode("utf-8", "replace"))
        await self._writer.drain()

"""Commands and answers of one IMAP connection, bounded in size and time."""

from __future__ import annotations

import asyncio
import re
import ssl
from dataclasses import dataclass

from segur_mssante.domain.imap_syntax import LITERAL, BadCommand, Token, words

MAX_COMMAND = 65_536
"""Longest command without the message of an APPEND, literals included."""
_LITERAL = re.compile(rb"~?\{(\d{1,10})(\+?)\}\Z")
_TAG = re.compile(r"[^\s(){%*\"\\+\x00-\x1f\x7f]{1,100}\Z")
_SEND_S = 120.0


class Gone(Exception):
    """The session is over; the text, if any, is said as BYE."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command: `name` in capitals (`UID FETCH` is FETCH with `by_uid`), `rest` with places for its literals."""

    tag: str
    name: str
    rest: str
    literals: tuple[bytes, ...] = ()
    by_uid: bool = False

    def words(self) -> list[Token]:
        """The arguments; raise `BadCommand`."""
        return words(self.rest, self.literals)


class Wire:
    """Reads lines, literals and commands; writes answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, patience_s: float) -> None:
        self._reader, self._writer, self._patience_s = reader, writer, patience_s

    @property
    def certificate(self) -> bytes | None:
        """The certificate the client has shown, DER."""
        tls = self._writer.get_extra_info("ssl_object")
        return tls.getpeercert(binary_form=True) if tls is not None else None

    async def command(self, wait_s: float, largest_message: int = 0) -> Command:
        """The next command, waited for as long as told; `largest_message` is the limit of APPEND's literal.

        Raise `Gone` when the client is away, silent or unbearable, `BadCommand` when it can go on.
        """
        line = await self.line(wait_s)
        tag, _, rest = line.decode("utf-8", "replace").partition(" ")
        if not _TAG.match(tag) or LITERAL in rest:
            raise BadCommand("* a tag and a command expected")
        name, _, rest = rest.partition(" ")
        name, by_uid = name.upper(), False
        if name == "UID":
            name, _, rest = rest.partition(" ")
            name, by_uid = name.upper(), True
        largest = largest_message if name == "APPEND" and largest_message else MAX_COMMAND
        literals: list[bytes] = []
        room = MAX_COMMAND
        while match := _LITERAL.search(line):
            size = int(match[1])
            text_of_line = rest[: rest.rfind("{")].removesuffix("~")
            if size > (largest if largest > MAX_COMMAND else room):
                if match[2]:  # it is on its way already
                    raise Gone("[TOOBIG] literal too large")
                raise BadCommand(f"{tag} NO [TOOBIG] at most {largest} octets")
            if not match[2]:
                await self.send("+ OK")
            literals.append(await self._exactly(size))
            line = await self.line(self._patience_s)
            room -= len(line) + (size if size <= MAX_COMMAND else 0)
            if room < 0:
                raise Gone("[TOOBIG] command too long")
            more = line.decode("utf-8", "replace")
            if LITERAL in more:
                raise BadCommand(f"{tag} BAD NUL is not allowed")
            rest = text_of_line + LITERAL + more
        return Command(tag, name, rest, tuple(literals), by_uid)

    async def line(self, wait_s: float | None = None) -> bytes:
        """A line without its end; raise `Gone`."""
        try:
            async with asyncio.timeout(wait_s or self._patience_s):
                return (await self._reader.readuntil(b"\n")).rstrip(b"\r\n")
        except TimeoutError as error:
            raise Gone("[UNAVAILABLE] session inactive") from error
        except asyncio.LimitOverrunError as error:
            raise Gone("line too long") from error
        except (asyncio.IncompleteReadError, OSError) as error:
            raise Gone from error

    async def _exactly(self, size: int) -> bytes:
        try:
            async with asyncio.timeout(self._patience_s):
                return await self._reader.readexactly(size)
        except TimeoutError as error:
            raise Gone("[UNAVAILABLE] literal not sent") from error
        except (asyncio.IncompleteReadError, OSError) as error:
            raise Gone from error

    async def send(self, *lines: str | bytes) -> None:
        """Write lines; raise `Gone` when the client does not take them."""
        for line in lines:
            self._writer.write((line.encode("utf-8", "replace") if isinstance(line, str) else line) + b"\r\n")
        try:
            async with asyncio.timeout(_SEND_S):
                await self._writer.drain()
        except (TimeoutError, OSError) as error:
            raise Gone from error

    def goodbye(self, words: str) -> None:
        """Say BYE without waiting."""
        if not self._writer.is_closing():
            self._writer.write(f"* BYE {words}\r\n".encode("ascii", "replace"))

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """The handshake; raise `Gone` when it fails."""
        # what came before the handshake was not protected: it must not run after it (RFC 3501, 6.2.1)
        self._reader._buffer.clear()  # type: ignore[attr-defined]
        try:
            async with asyncio.timeout(self._patience_s):
                await self._writer.start_tls(context)
        except (TimeoutError, OSError) as error:
            raise Gone from error

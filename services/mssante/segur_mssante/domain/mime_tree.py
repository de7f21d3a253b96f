"""The parts of a mail as places in its bytes, so that a part can be served exactly as it came (RFC 2045, RFC 2046).

Own splitter: `email.message_from_bytes` costs a second on 25 MB and does not keep the places of parts, which IMAP's
`BODY[1.2]` needs. It never fails: what is broken is told in `problems`, and the reader decides.
"""

from __future__ import annotations

import binascii
import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message

MAX_DEPTH = 20
MAX_PARTS = 500
MAX_HEADER = 256 * 1024

_NEWLINE = 0x0A
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_LINE = re.compile(rb"\r?\n")


class Undecodable(ValueError):
    """A body that is not what its Content-Transfer-Encoding says; the text names it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part, or the whole mail: `raw[start:body]` is its header, `raw[body:end]` its body, still encoded.

    `children` are the parts of a multipart, or the one mail inside a message/rfc822.
    """

    raw: bytes
    start: int
    body: int
    end: int
    headers: tuple[tuple[bytes, bytes], ...]
    children: tuple[Part, ...] = ()
    about: Message = field(default_factory=Message)

    def value(self, name: str) -> bytes:
        """The first header of this name, unfolded; empty when there is none."""
        wanted = name.lower().encode()
        return next((value for key, value in self.headers if key.lower() == wanted), b"")

    def text(self, name: str) -> str:
        """The first header of this name with its encoded words read (RFC 2047), blanks made single."""
        raw = _readable(self.value(name).decode("utf-8", "replace"))
        return " ".join(raw.split())

    def has(self, name: str) -> bool:
        """Whether there is a header of this name."""
        wanted = name.lower().encode()
        return any(key.lower() == wanted for key, _ in self.headers)

    @property
    def type(self) -> str:
        """`text/plain` and the like, lower case."""
        return self.about.get_content_type()

    @property
    def encoding(self) -> str:
        """The Content-Transfer-Encoding, lower case, `7bit` when absent."""
        return self.text("Content-Transfer-Encoding").lower() or "7bit"

    @property
    def filename(self) -> str:
        """The file name of an attachment (RFC 2231 and RFC 2047 read), empty without one."""
        try:
            return _readable(str(self.about.get_filename() or ""))
        except (LookupError, ValueError, TypeError):  # RFC 2231 pieces that do not fit together
            return ""

    def content(self) -> bytes:
        """The body without its transfer encoding; raise `Undecodable`."""
        body = self.raw[self.body : self.end]
        if self.encoding == "base64":
            try:
                return binascii.a2b_base64(body.translate(None, b" \t\r\n"), strict_mode=True)
            except binascii.Error as error:
                raise Undecodable(f"{self.filename or self.type}: base64 illisible ({error})") from error
        if self.encoding == "quoted-printable":
            return binascii.a2b_qp(body)
        return body

    def walk(self, *, into_mails: bool = False) -> Iterator[Part]:
        """This part and those inside; mails attached to the mail are told as one part unless asked for."""
        yield self
        if self.type != "message/rfc822" or into_mails:
            for child in self.children:
                yield from child.walk(into_mails=into_mails)


def read(raw: bytes) -> tuple[Part, list[str]]:
    """The tree of a mail and what is wrong with it, in words; depth and number of parts are bounded."""
    problems: list[str] = []
    return _Reader(raw, problems).part(0, len(raw), 0), problems


def head(raw: bytes) -> Part:
    """The mail's header only, as a part without body."""
    end = _body_start(raw, 0, min(len(raw), MAX_HEADER))
    return _leaf(raw, 0, end, end)


class _Reader:
    def __init__(self, raw: bytes, problems: list[str]) -> None:
        self._raw, self._problems, self._count = raw, problems, 0

    def part(self, start: int, end: int, depth: int) -> Part:
        self._count += 1
        body = _body_start(self._raw, start, min(end, start + MAX_HEADER))
        found = _leaf(self._raw, start, body, end)
        if depth >= MAX_DEPTH or self._count >= MAX_PARTS:
            if found.type.startswith(("multipart/", "message/rfc822")):
                self._problem(f"plus de {MAX_DEPTH} niveaux ou de {MAX_PARTS} parties")
            return found
        children: list[Part] = []
        if found.type.startswith("multipart/"):
            children = [self.part(*place, depth + 1) for place in self._places(found)]
        elif found.type == "message/rfc822" and found.encoding in ("7bit", "8bit", "binary"):
            children = [self.part(body, end, depth + 1)]
        return Part(self._raw, start, body, end, found.headers, tuple(children), found.about)

    def _places(self, parent: Part) -> list[tuple[int, int]]:
        """Where the parts of a multipart begin and end."""
        boundary = str(parent.about.get_boundary("") or "").encode("utf-8", "surrogateescape")
        if not boundary or len(boundary) > 200:
            self._problem(f"{parent.type} sans boundary lisible")
            return []
        # a delimiter stands at the beginning of a line, and the line break before it belongs to it; looking at that
        # outside of the expression lets it begin with a literal, which is four times as fast
        mark = re.compile(re.escape(b"--" + boundary) + rb"(--)?[ \t]*(?:\r?\n|\Z)")
        places: list[tuple[int, int]] = []
        begun: int | None = None
        closed = False
        for match in mark.finditer(self._raw, parent.body, parent.end):
            if match.start() > parent.body and self._raw[match.start() - 1] != _NEWLINE:
                continue
            if begun is not None:
                until = match.start()
                until -= 2 if self._raw[until - 2 : until] == b"\r\n" else 1
                places.append((begun, max(begun, until)))
                if len(places) > MAX_PARTS:
                    self._problem(f"plus de {MAX_PARTS} parties")
                    return places[:MAX_PARTS]
            begun, closed = match.end(), match[1] is not None
            if closed:
                break
        if begun is None:
            self._problem(f"{parent.type} : aucune ligne de boundary")
        elif not closed:
            places.append((begun, parent.end))
            self._problem(f"{parent.type} : la ligne de boundary finale manque, le message est coupe")
        return places

    def _problem(self, text: str) -> None:
        if text not in self._problems:
            self._problems.append(text)


def _readable(text: str) -> str:
    """Encoded words read (RFC 2047); an unknown charset or broken base64 stays as it came."""
    with contextlib.suppress(LookupError, ValueError, HeaderParseError):
        return str(make_header(decode_header(text)))
    return text


def _body_start(raw: bytes, start: int, limit: int) -> int:
    """Where the header ends; a part that begins with an empty line has none."""
    for blank in (b"\r\n", b"\n"):
        if raw.startswith(blank, start, limit):
            return start + len(blank)
    found = [(at, len(mark)) for mark in (b"\r\n\r\n", b"\n\n") if (at := raw.find(mark, start, limit)) >= 0]
    if not found:
        return limit
    at, width = min(found)
    return at + width


def _leaf(raw: bytes, start: int, body: int, end: int) -> Part:
    headers: list[tuple[bytes, bytes]] = []
    for line in _LINE.split(_FOLD.sub(b"", raw[start:body])):
        name, colon, value = line.partition(b":")
        if colon and name and b" " not in name.rstrip():
            headers.append((name.rstrip(), value.strip()))
    about = Message()
    for name in ("Content-Type", "Content-Disposition"):
        value = next((value for key, value in headers if key.lower() == name.lower().encode()), b"")
        if value:
            about[name] = value.decode("utf-8", "replace")
    return Part(raw, start, body, end, tuple(headers), (), about)

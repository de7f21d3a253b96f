"""What FETCH says of a mail: envelope, structure, sections (RFC 3501, sections 6.4.5 and 7.4.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import getaddresses

from segur_mssante.domain.imap_syntax import BadCommand, string
from segur_mssante.domain.mime_tree import Part

_ITEM = re.compile(
    r"BODY(?P<peek>\.PEEK)?\[(?P<section>[^\]]*)\](?:<(?P<from>\d{1,10})\.(?P<count>\d{1,10})>)?\Z", re.I
)
_SECTION = re.compile(
    r"(?P<path>\d{1,4}(?:\.\d{1,4})*)?(?:(?P<dot>\.)?(?P<what>HEADER\.FIELDS(?:\.NOT)?|HEADER|TEXT|MIME))?"
    r"(?:\s+\((?P<names>[^()]*)\))?\Z",
    re.I,
)
_OLD_NAMES = {
    "RFC822": ("BODY[]", "RFC822"),
    "RFC822.HEADER": ("BODY.PEEK[HEADER]", "RFC822.HEADER"),
    "RFC822.TEXT": ("BODY[TEXT]", "RFC822.TEXT"),
}
MACROS = {
    "ALL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"),
    "FAST": ("FLAGS", "INTERNALDATE", "RFC822.SIZE"),
    "FULL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"),
}
METADATA = frozenset({"FLAGS", "UID", "INTERNALDATE", "RFC822.SIZE"})
STRUCTURE = frozenset({"ENVELOPE", "BODY", "BODYSTRUCTURE"})


@dataclass(frozen=True, slots=True)
class Section:
    """A `BODY[...]` item: `path` the numbers of the part, `what` HEADER, HEADER.FIELDS, TEXT, MIME … or empty.

    `shown` is the name of the answer; `partial` the first octet and the number of octets; `peek` leaves `\\Seen` alone.
    """

    path: tuple[int, ...]
    what: str
    names: tuple[str, ...]
    partial: tuple[int, int] | None
    peek: bool
    shown: str

    @property
    def header_only(self) -> bool:
        """Whether the mail's own header is enough to answer."""
        return not self.path and self.what.startswith("HEADER")


def read_item(item: str) -> str | Section:
    """An item as its name in capitals, or a section; raise `BadCommand`."""
    name = item.upper()
    if name in METADATA or name in STRUCTURE:
        return name
    spelled, shown = _OLD_NAMES.get(name, (item, ""))
    match = _ITEM.match(spelled)
    section = _SECTION.match(match["section"].strip()) if match else None
    if match is None or section is None:
        raise BadCommand(f"FETCH: data item {item[:40]} is not known")
    what = (section["what"] or "").upper()
    path = tuple(int(number) for number in (section["path"] or "").split(".") if number)
    names = tuple(word.strip('"').lower() for word in (section["names"] or "").split())
    fields = what.startswith("HEADER.FIELDS")
    if fields != bool(names) or (what == "MIME" and not path) or bool(path and what) != bool(section["dot"]):
        raise BadCommand(f"FETCH: section {match['section'][:40]} cannot be read")
    partial = (int(match["from"]), int(match["count"])) if match["from"] else None
    if not shown:
        shown = f"BODY[{match['section'].strip().upper() if not fields else match['section'].strip()}]"
        shown += f"<{partial[0]}>" if partial else ""
    return Section(path, what, names, partial, bool(match["peek"]), shown)


def section_bytes(mail: Part, section: Section) -> bytes | None:
    """The bytes of a section, None when the mail has no such part."""
    part = _part(mail, section.path)
    if part is None:
        return None
    # HEADER and TEXT of a part are those of the mail inside it; of the top, its own
    inner = part if not section.path else part.children[0] if part.type == "message/rfc822" and part.children else None
    match section.what:
        case "":
            found = part.raw[part.start : part.end] if not section.path else part.raw[part.body : part.end]
        case "MIME":
            found = part.raw[part.start : part.body]
        case _ if inner is None:
            return None
        case "HEADER":
            found = inner.raw[inner.start : inner.body]
        case "TEXT":
            found = inner.raw[inner.body : inner.end]
        case _:
            found = _fields(inner, section.names, other=section.what.endswith(".NOT"))
    if section.partial:
        first, count = section.partial
        found = found[first : first + count]
    return found


def _part(mail: Part, path: tuple[int, ...]) -> Part | None:
    part = mail
    for place, number in enumerate(path):
        options = _numbered(part, top=place == 0)
        if not 1 <= number <= len(options):
            return None
        part = options[number - 1]
    return part


def _numbered(part: Part, *, top: bool) -> tuple[Part, ...]:
    """What the numbers 1, 2 … name inside a part; a mail that is no multipart is its own part 1."""
    if part.type.startswith("multipart/"):
        return part.children
    if top:
        return (part,)
    if part.type == "message/rfc822" and part.children:
        inner = part.children[0]
        return inner.children if inner.type.startswith("multipart/") else (inner,)
    return ()


def _fields(part: Part, names: tuple[str, ...], *, other: bool) -> bytes:
    lines = re.split(rb"\r?\n(?![ \t])", part.raw[part.start : part.body])
    kept = [
        line
        for line in lines
        if line.strip() and (line.partition(b":")[0].strip().lower().decode("latin-1") in names) is not other
    ]
    return b"".join(line + b"\r\n" for line in kept) + b"\r\n"


def envelope(mail: Part) -> bytes:
    """The ENVELOPE of a mail."""

    def addresses(name: str) -> bytes:
        told = mail.value(name).decode("utf-8", "surrogateescape")
        found = [_address(label, address) for label, address in getaddresses([told]) if address]
        return b"(" + b"".join(found) + b")" if found else b"NIL"

    def line(name: str) -> bytes:
        return string(mail.value(name) or None)

    sender = addresses("From")
    return b"(%s)" % b" ".join(
        [
            line("Date"),
            line("Subject"),
            sender,
            addresses("Sender") if mail.has("Sender") else sender,
            addresses("Reply-To") if mail.has("Reply-To") else sender,
            addresses("To"),
            addresses("Cc"),
            addresses("Bcc"),
            line("In-Reply-To"),
            line("Message-ID"),
        ]
    )


def _address(label: str, address: str) -> bytes:
    local, _, domain = address.rpartition("@")
    return b"(%s NIL %s %s)" % (string(label or None), string(local or domain), string(domain if local else ""))


def structure(part: Part, *, extended: bool) -> bytes:
    """The BODYSTRUCTURE of a part, or with `extended` false its BODY."""
    main, _, sub = part.type.partition("/")
    if main == "multipart" and part.children:
        inside = b"".join(structure(child, extended=extended) for child in part.children)
        more = [_parameters(part, "content-type"), _disposition(part), b"NIL", b"NIL"] if extended else []
        return b"(%s)" % b" ".join([inside, string(sub.upper()), *more])
    if main == "multipart":  # without parts it cannot be written as one
        main, sub = "text", "plain"
    size = part.end - part.body
    words = [
        string(main.upper()),
        string(sub.upper()),
        _parameters(part, "content-type"),
        string(part.value("Content-ID") or None),
        string(part.value("Content-Description") or None),
        string(part.encoding.upper()),
        b"%d" % size,
    ]
    lines = b"%d" % part.raw.count(b"\n", part.body, part.end)
    if part.type == "message/rfc822" and part.children:
        words += [envelope(part.children[0]), structure(part.children[0], extended=extended), lines]
    elif main == "text":
        words.append(lines)
    if extended:
        words += [b"NIL", _disposition(part), b"NIL", b"NIL"]
    return b"(%s)" % b" ".join(words)


def _parameters(part: Part, header: str) -> bytes:
    told = part.about.get_params([], header=header, unquote=True) or []
    pairs = [(name, _value(value)) for name, value in told[1:]]
    return (
        b"(%s)" % b" ".join(string(name.upper()) + b" " + string(value) for name, value in pairs) if pairs else b"NIL"
    )


def _value(value: object) -> str:
    # an RFC 2231 value comes as (charset, language, text)
    return str(value[2]) if isinstance(value, tuple) else str(value)


def _disposition(part: Part) -> bytes:
    kind = part.about.get_content_disposition()
    if not kind:
        return b"NIL"
    return b"(%s %s)" % (string(kind.upper()), _parameters(part, "content-disposition"))

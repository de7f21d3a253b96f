"""HL7 v2 messages and MLLP framing: parsing, writing, acknowledging. No socket, no clock.

`hl7` and `hl7apy` were considered: they model every segment and data type, where this platform reads a dozen fields of
messages whose one large field must not be copied around, and PRT segments stand outside the version they announce.
Documents in messages are in `hl7v2_cda`. [MSSanté digest 3.8], [DRIM digest 1.4]
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

MAX_BYTES: Final = 64 * 1024 * 1024
"""Largest message: two 20 MB documents in base64, and the segments around."""

_START: Final = b"\x0b"
_END: Final = b"\x1c\r"
_ENCODING: Final = "^~\\&"
_ESCAPES: Final = {"F": "|", "S": "^", "T": "&", "R": "~", "E": "\\", ".br": "\n", "X0D": "\r", "X0A": "\n"}
_ESCAPED: Final = {
    "|": "\\F\\",
    "^": "\\S\\",
    "&": "\\T\\",
    "~": "\\R\\",
    "\\": "\\E\\",
    "\r": "\\X0D\\",
    "\n": "\\X0A\\",
}
_ESCAPE = re.compile(r"\\(F|S|T|R|E|\.br|X0D|X0A)\\")
_SPECIAL = re.compile(r"[|^&~\\\r\n]")
_CHARSETS: Final = {
    "": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "8859/1": "iso-8859-1",
    "8859/15": "iso-8859-15",
    "ASCII": "ascii",
}


class Hl7Refused(ValueError):
    """A message that cannot be taken: `where` is the segment or field (`PID-3`), `rule` the rule and the fix.

    `code` is the HL7 condition (table 0357): 100 segment sequence, 101 field missing, 102 data type, 103 table value,
    200/201 unsupported message or event, 207 application error.
    """

    def __init__(self, where: str, rule: str, *, code: str = "102") -> None:
        super().__init__(f"{where}: {rule}")
        self.where = where
        self.rule = rule
        self.code = code


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment; `fields[n]` is field n as written, `fields[0]` the name. MSH-1 counts, as in the standard."""

    fields: tuple[str, ...]

    @property
    def name(self) -> str:
        """The three letters of the segment."""
        return self.fields[0]

    def raw(self, number: int) -> str:
        """Field `number` as written; empty when absent."""
        return self.fields[number] if number < len(self.fields) else ""

    def repetitions(self, number: int) -> tuple[str, ...]:
        """The repetitions of a field, as written."""
        return tuple(part for part in self.raw(number).split("~") if part)

    def get(self, number: int, component: int = 1, subcomponent: int = 1) -> str:
        """A component (1-based) of the first repetition, escapes resolved; empty when absent."""
        return component_of(next(iter(self.repetitions(number)), ""), component, subcomponent)


@dataclass(frozen=True, slots=True)
class Message:
    """A message as its segments, MSH first."""

    segments: tuple[Segment, ...]

    @property
    def header(self) -> Segment:
        """MSH."""
        return self.segments[0]

    @property
    def structure(self) -> tuple[str, str]:
        """(message code, trigger event), such as (`ORU`, `R01`)."""
        return self.header.get(9, 1), self.header.get(9, 2)

    @property
    def control_id(self) -> str:
        """MSH-10, echoed by acknowledgements."""
        return self.header.get(10)

    def all(self, name: str) -> tuple[Segment, ...]:
        """Every segment of one name, in order."""
        return tuple(segment for segment in self.segments if segment.name == name)

    def first(self, name: str) -> Segment:
        """The first segment of one name; one without fields when there is none."""
        return next(iter(self.all(name)), Segment((name,)))


def component_of(text: str, component: int = 1, subcomponent: int = 1) -> str:
    """A component of one repetition of a field, escapes resolved; without `&` the first subcomponent is the whole."""
    parts = text.split("^")
    found = parts[component - 1] if component <= len(parts) else ""
    pieces = found.split("&")
    return unescape(pieces[subcomponent - 1]) if subcomponent <= len(pieces) else ""


def unescape(text: str) -> str:
    """Resolve HL7 escape sequences; unknown ones stay as they are."""
    return _ESCAPE.sub(lambda match: _ESCAPES[match[1]], text) if "\\" in text else text


def escape(text: str) -> str:
    """Escape what would end a field, component, repetition or segment."""
    return _SPECIAL.sub(lambda match: _ESCAPED[match[0]], text)


def segment(name: str, *fields: str) -> Segment:
    """A segment from its fields as written, trailing empty ones left out; for MSH give them from MSH-3 on."""
    values = (name, "|", _ENCODING, *fields) if name == "MSH" else (name, *fields)
    while len(values) > 1 and not values[-1]:
        values = values[:-1]
    return Segment(values)


def parse(data: bytes, *, max_bytes: int = MAX_BYTES) -> Message:
    """Read a message, without MLLP frame; the character set is that of MSH-18 (UTF-8 when empty).

    Segments may end with CR, LF or both. Raise `Hl7Refused`.
    """
    if len(data) > max_bytes:
        raise Hl7Refused("message", f"{len(data)} bytes, at most {max_bytes} are accepted", code="207")
    start = data.lstrip(b"\r\n\xef\xbb\xbf ")
    if not start.startswith(b"MSH|" + _ENCODING.encode()):
        raise Hl7Refused("MSH", f"a message begins with MSH|{_ENCODING}", code="100")
    declared = re.split(rb"[\r\n]", start, maxsplit=1)[0].decode("latin-1").split("|")
    charset = (declared[17] if len(declared) > 17 else "").split("~")[0]
    if charset not in _CHARSETS:
        raise Hl7Refused("MSH-18", f"{charset!r}: one of {', '.join(filter(None, _CHARSETS))} is expected", code="103")
    try:
        text = start.decode(_CHARSETS[charset])
    except UnicodeDecodeError as error:
        raise Hl7Refused("MSH-18", f"the message is not in {charset or 'UTF-8'}: {error.reason}") from error
    segments = tuple(
        _segment(line, number) for number, line in enumerate(re.split(r"[\r\n]+", text), 1) if line.strip()
    )
    message = Message(segments)
    for number, meaning in ((9, "message type"), (10, "control id"), (12, "version")):
        if not message.header.raw(number):
            raise Hl7Refused(f"MSH-{number}", f"{meaning} is required", code="101")
    return message


def encode(message: Message) -> bytes:
    """Write a message with CR after each segment, in the character set of its MSH-18."""
    lines = ("|".join(("MSH", *s.fields[2:]) if s.name == "MSH" else s.fields) for s in message.segments)
    return "".join(f"{line}\r" for line in lines).encode(_CHARSETS[message.header.get(18)], errors="replace")


def acknowledge(
    message: Message, *, control_id: str, time: str, code: str = "AA", refusal: Hl7Refused | None = None,
    user_error: tuple[str, str] = ("", ""),
) -> Message:  # fmt: skip
    """The ACK of a message: AA taken, AE error, AR refused; with `refusal` an ERR segment says why.

    `time` is a DTM; `user_error` is (code, text) of ERR-5. [MSSanté digest 3.8]
    """
    header = message.header
    trigger = message.structure[1]
    answer = segment(
        "MSH", header.raw(5), header.raw(6), header.raw(3), header.raw(4), time, "", f"ACK^{trigger}^ACK", control_id,
        header.raw(11) or "P", header.raw(12), "", "", "", "", header.raw(17), header.raw(18),
    )  # fmt: skip
    segments = [answer, segment("MSA", code, header.raw(10))]
    if refusal is not None:
        condition = f"{refusal.code}^{escape(refusal.rule)}^HL70357"
        user = f"{escape(user_error[0])}^{escape(user_error[1])}^HL70533" if user_error[0] else ""
        segments.append(
            segment("ERR", "", _location(refusal.where), condition, "E", user, "", "", escape(str(refusal)))
        )
    return Message(tuple(segments))


def frame(data: bytes) -> bytes:
    """One message in its MLLP frame: VT, message, FS CR."""
    return _START + data + _END


class MllpDecoder:
    """Cuts a byte stream into messages, whatever the size of its pieces."""

    def __init__(self, *, max_bytes: int = MAX_BYTES) -> None:
        self._buffer = bytearray()
        self._max_bytes = max_bytes
        self._searched = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Take received bytes and give the messages they complete.

        Raise `Hl7Refused` when bytes stand outside a frame or a message is over the limit: close the connection then.
        """
        self._buffer += data
        messages: list[bytes] = []
        while self._buffer:
            if self._buffer[:1] != _START:
                raise Hl7Refused("MLLP", "bytes outside a frame (VT message FS CR)", code="100")
            end = self._buffer.find(_END, max(self._searched - 1, 1))
            if end < 0:
                self._searched = len(self._buffer)
                if len(self._buffer) > self._max_bytes:
                    raise Hl7Refused("MLLP", f"message over {self._max_bytes} bytes", code="207")
                break
            messages.append(bytes(self._buffer[1:end]))
            del self._buffer[: end + len(_END)]
            self._searched = 0
        return messages


def _segment(line: str, number: int) -> Segment:
    fields = tuple(line.split("|"))
    if not re.fullmatch(r"[A-Z][A-Z0-9]{2}", fields[0]):
        raise Hl7Refused(f"segment {number}", f"{fields[0][:20]!r} is not a segment name", code="100")
    return Segment(("MSH", "|", *fields[1:]) if fields[0] == "MSH" else fields)


def _location(where: str) -> str:
    """`PID-3` as the ERL of ERR-2: segment, sequence, field."""
    name, _, number = where.partition("-")
    return f"{name}^1^{number}" if number.isdigit() else (name if re.fullmatch(r"[A-Z][A-Z0-9]{2}", name) else "")

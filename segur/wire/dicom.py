"""DICOM Part 10 objects as bytes: where each element lies, what the header says, never a pixel decoded. PS3.5, PS3.10.

pydicom reads everything, at some milliseconds and a copy for each object; an image archive reads two dozen elements and
must hand on the rest byte for byte. So this is a walk over lengths; pydicom is the independent reader of our tests and
makes what has to be made. Only little endian with explicit VR is walked (all compressed syntaxes are); what is encoded
otherwise is for pydicom to write anew. `dicom_patient` puts an identifier in.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

IMPLICIT_LE: Final = "1.2.840.10008.1.2"
EXPLICIT_LE: Final = "1.2.840.10008.1.2.1"
DEFLATED_LE: Final = "1.2.840.10008.1.2.1.99"
EXPLICIT_BE: Final = "1.2.840.10008.1.2.2"

PREAMBLE: Final = 128
_MAGIC: Final = b"DICM"
_UNDEFINED: Final = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_LONG: Final = frozenset((b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"))
_SHORT: Final = frozenset(
    (
        b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL", b"SS",
        b"ST", b"TM", b"UI", b"UL", b"US",
    )
)  # fmt: skip
_MAX_DEPTH: Final = 24
_TAG = struct.Struct("<HH")
_U16, _U32 = struct.Struct("<H"), struct.Struct("<I")
_CHARSETS: Final = {
    "ISO_IR 100": "latin-1", "ISO_IR 101": "iso8859-2", "ISO_IR 109": "iso8859-3", "ISO_IR 110": "iso8859-4",
    "ISO_IR 144": "iso8859-5", "ISO_IR 148": "iso8859-9", "ISO_IR 203": "iso8859-15", "ISO_IR 192": "utf-8",
    "GB18030": "gb18030", "GBK": "gbk",
}  # fmt: skip

SPECIFIC_CHARACTER_SET: Final = 0x00080005
TRANSFER_SYNTAX: Final = 0x00020010

Buffer = bytes | bytearray | memoryview


class DicomRefused(ValueError):
    """Bytes that are no DICOM object, or a part that breaks a rule; `field` is the element, `rule` the rule."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Element:
    """Where an element lies: `start` is its tag, `value` to `end` its value (delimiter included, if it has one)."""

    vr: str
    start: int
    value: int
    end: int
    delimited: bool = False


@dataclass(frozen=True, slots=True)
class Dataset:
    """The elements of one level by tag (`0x00100020`); values are read from `data` when asked for."""

    data: Buffer
    elements: Mapping[int, Element]
    charset: str = "latin-1"

    def raw(self, tag: int) -> bytes:
        """The value as written; empty when absent."""
        found = self.elements.get(tag)
        return b"" if found is None else bytes(self.data[found.value : found.end])

    def text(self, tag: int) -> str:
        """A value as text without its padding; empty when absent."""
        return self.raw(tag).decode(self.charset, "replace").strip("\0 ")

    def number(self, tag: int) -> int | None:
        """An integer string (VR IS); None when absent or not a number."""
        try:
            return int(self.text(tag).split("\\")[0])
        except ValueError:
            return None

    def items(self, tag: int) -> tuple[Dataset, ...]:
        """The items of a sequence; empty when absent. Raise `DicomRefused` when it cannot be walked."""
        found = self.elements.get(tag)
        if found is None:
            return ()
        explicit = found.vr != "UN"
        items, position = [], found.value
        while position < found.end:
            name, length = _item_header(self.data, position)
            if name == _SEQUENCE_END:
                break
            position += 8
            end = _end_of_item(self.data, position, explicit, 1) if length == _UNDEFINED else position + length
            if end > found.end:
                raise DicomRefused(_name(tag), "an item is longer than its sequence")
            inside = end - 8 if length == _UNDEFINED else end
            items.append(Dataset(self.data, _walk(self.data, position, inside, explicit), self.charset))
            position = end
        return tuple(items)


@dataclass(frozen=True, slots=True)
class Header(Dataset):
    """The top level of an object, with the transfer syntax its file meta information announces."""

    syntax: str = EXPLICIT_LE
    meta: Dataset = field(default_factory=lambda: Dataset(b"", {}))


def syntax_of(data: Buffer) -> str:
    """The transfer syntax of a Part 10 object; raise `DicomRefused` when it is none."""
    return _meta(data)[0].text(TRANSFER_SYNTAX)


def read_header(data: Buffer) -> Header:
    """Walk a whole Part 10 object in Explicit VR Little Endian or a compressed syntax.

    Raise `DicomRefused`: not Part 10, another byte order or VR encoding, cut short, lengths that contradict each other.
    """
    meta, position = _meta(data)
    syntax = meta.text(TRANSFER_SYNTAX)
    if syntax in (IMPLICIT_LE, DEFLATED_LE, EXPLICIT_BE):
        raise DicomRefused("TransferSyntaxUID", f"{syntax} is not walked here, write it anew in {EXPLICIT_LE}")
    elements = _walk(data, position, len(data), True)
    top = Dataset(data, elements)
    first = top.text(SPECIFIC_CHARACTER_SET).split("\\")[0].replace("ISO 2022 IR", "ISO_IR")
    return Header(data, elements, _CHARSETS.get(first, "latin-1"), syntax, meta)


def write_element(tag: int, vr: str, value: bytes) -> bytes:
    """An element in Explicit VR Little Endian, padded to even length with what its VR asks for."""
    name = vr.encode()
    if len(value) % 2:
        value += b"\0" if vr in ("UI", "OB", "UN") else b" "
    head = _TAG.pack(tag >> 16, tag & 0xFFFF) + name
    return head + (b"\0\0" + _U32.pack(len(value)) if name in _LONG else _U16.pack(len(value))) + value


def write_item(*elements: bytes) -> bytes:
    """An item of a sequence, of defined length."""
    content = b"".join(elements)
    return _TAG.pack(0xFFFE, 0xE000) + _U32.pack(len(content)) + content


def _meta(data: Buffer) -> tuple[Dataset, int]:
    """The file meta information and where it ends."""
    if bytes(data[PREAMBLE : PREAMBLE + 4]) != _MAGIC:
        raise DicomRefused("preamble", "a Part 10 file is expected: 128 bytes, then DICM")
    elements: dict[int, Element] = {}
    position, end = PREAMBLE + 4, len(data)
    while position + 8 <= end:
        tag = _tag(data, position)
        if tag >> 16 != 2:
            break
        elements[tag] = element = _element(data, position, end, True, 0)
        position = element.end
    meta = Dataset(data, elements)
    if not meta.text(TRANSFER_SYNTAX):
        raise DicomRefused("TransferSyntaxUID", "required in the file meta information")
    return meta, position


def _walk(data: Buffer, position: int, end: int, explicit: bool) -> dict[int, Element]:
    elements: dict[int, Element] = {}
    while position < end:
        if end - position < 8:
            if any(data[position:end]):
                raise DicomRefused(f"byte {position}", "the object is cut short")
            break  # some writers pad the file with zeros
        tag = _tag(data, position)
        elements[tag] = element = _element(data, position, end, explicit, 0)
        position = element.end
    return elements


def _element(data: Buffer, position: int, limit: int, explicit: bool, depth: int) -> Element:
    """The element at `position`; raise `DicomRefused` when it passes `limit`."""
    if depth > _MAX_DEPTH:
        raise DicomRefused(_name(_tag(data, position)), f"sequences nested deeper than {_MAX_DEPTH}")
    vr = b"UN"
    try:
        if not explicit:
            (length,) = _U32.unpack_from(data, position + 4)
            value = position + 8
        else:
            vr = bytes(data[position + 4 : position + 6])
            if vr in _SHORT:
                (length,) = _U16.unpack_from(data, position + 6)
                value = position + 8
            elif vr in _LONG:
                (length,) = _U32.unpack_from(data, position + 8)
                value = position + 12
            else:
                raise DicomRefused(_name(_tag(data, position)), f"{vr!r} is no value representation")
    except struct.error:
        raise DicomRefused(f"byte {position}", "the object is cut short") from None
    if length == _UNDEFINED:
        inside = explicit and vr != b"UN"  # a UN of undefined length holds implicit VR [PS3.5 6.2.2, note 2]
        end = _end_of_sequence(data, value, inside, depth + 1)
    else:
        end = value + length
    if end > limit:
        raise DicomRefused(_name(_tag(data, position)), f"{length} bytes announced, the object is cut short")
    return Element(vr.decode("ascii"), position, value, end, length == _UNDEFINED)


def _end_of_sequence(data: Buffer, position: int, explicit: bool, depth: int) -> int:
    while True:
        name, length = _item_header(data, position)
        position += 8
        if name == _SEQUENCE_END:
            return position
        position = _end_of_item(data, position, explicit, depth) if length == _UNDEFINED else position + length


def _end_of_item(data: Buffer, position: int, explicit: bool, depth: int) -> int:
    while True:
        if _tag(data, position) == _ITEM_END:
            return position + 8
        position = _element(data, position, len(data), explicit, depth).end


def _item_header(data: Buffer, position: int) -> tuple[int, int]:
    name = _tag(data, position)
    if name not in (_ITEM, _SEQUENCE_END):
        raise DicomRefused(f"byte {position}", f"an item is expected, {_name(name)} found")
    try:
        return name, _U32.unpack_from(data, position + 4)[0]
    except struct.error:
        raise DicomRefused(f"byte {position}", "the object is cut short") from None


def _tag(data: Buffer, position: int) -> int:
    try:
        group, element = _TAG.unpack_from(data, position)
    except struct.error:
        raise DicomRefused(f"byte {position}", "the object is cut short") from None
    return int(group) << 16 | int(element)


def _name(tag: int) -> str:
    return f"({tag >> 16:04x},{tag & 0xFFFF:04x})"

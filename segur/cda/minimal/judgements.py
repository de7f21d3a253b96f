"""What XPath 1.0 cannot say: the functions `f:` of the table of rules. Each takes node sets and answers yes or no."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from segur.vocab import document_types
from segur.vocab.ins import Ins, InvalidIns
from segur.vocab.professional_ids import IdNat, InvalidIdNat
from segur.vocab.structures import ACTIVITY_SECTORS, InvalidStructId, StructId
from segur.wire.xds_datatypes import InvalidDtm, parse_dtm

FUNCTIONS: Final = "urn:segur:judgements"
"""Namespace of the functions."""

_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))+", re.ASCII)
_OFFSET = re.compile(r".*[+-]\d{4}", re.ASCII)
_SECOND = re.compile(r"\d{14}(\.\d+)?[+-]\d{4}", re.ASCII)
_COG = re.compile(r"\d[0-9AB]\d{3}", re.ASCII)
_SETTINGS: Final = frozenset(
    {"AMBULATOIRE", "AMO", "DEPISTAGE", "ESSMS", "ETABLISSEMENT", "HAD", "MAD", "PALLIATIF", "SAD", "SAMU_SMUR"}
    | {"EXP_PATIENT", "SNR"}
)
_MARKS: Final = {
    "application/pdf": (b"%PDF-",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/tiff": (b"II*\0", b"MM\0*"),
    "text/rtf": (b"{\\rtf",),
}
_HEAD: Final = 64 * 4
"""Base64 characters read to know a file by its first bytes."""


def _text(nodes: Any) -> str:
    if isinstance(nodes, str):
        return nodes
    if not nodes:
        return ""
    return str(nodes[0] if isinstance(nodes[0], str) else "".join(nodes[0].itertext())).strip()


def _oid(nodes: Any) -> bool:
    value = _text(nodes)
    return len(value) <= 64 and bool(_OID.fullmatch(value))


def _document_type(code: Any, system: Any) -> bool:
    value = _text(code)
    if value not in document_types.TYPE_LABELS:
        return False
    return document_types.type_scheme(value) == _text(system)


def _is_time(value: str) -> bool:
    try:
        parse_dtm(value)
    except InvalidDtm:
        return False
    return True


def _offset(nodes: Any) -> bool:
    """A day needs no offset; an hour does."""
    value = _text(nodes)
    return _is_time(value) and (len(re.split(r"[+-]", value)[0]) <= 8 or bool(_OFFSET.fullmatch(value)))


def _ins(root: Any, extension: Any) -> bool:
    try:
        Ins.parse(_text(extension), _text(root))
    except InvalidIns:
        return False
    return True


def _ps_idnat(nodes: Any) -> bool:
    try:
        IdNat.parse(_text(nodes))
    except InvalidIdNat:
        return False
    return True


def _struct_idnat(nodes: Any) -> bool:
    try:
        StructId.parse(_text(nodes))
    except InvalidStructId:
        return False
    return True


def _head(text: str) -> bytes:
    """The first bytes of a base64 text; empty when it is none."""
    characters = "".join(text[: 2 * _HEAD].split())[:_HEAD]
    try:
        return base64.b64decode(characters[: len(characters) // 4 * 4], validate=True)
    except (binascii.Error, ValueError):
        return b""


@lru_cache(maxsize=1)
def _decoded(text: str) -> bytes:
    """Whole, once for all rules that look into the same body; `forget` lets it go."""
    try:
        return binascii.a2b_base64("".join(text.split()), strict_mode=True)
    except (binascii.Error, ValueError):
        return b""


def forget() -> None:
    """Let the last body go: a document is judged, its bytes are not kept."""
    _decoded.cache_clear()


def _matches(media_type: Any, nodes: Any) -> bool:
    """Plain text has no mark; a type we do not know is another rule's business."""
    marks = _MARKS.get(_text(media_type))
    return marks is None or _head(_text(nodes)).startswith(marks)


def _pdfa(nodes: Any) -> bool:
    """True when the metadata claims PDF/A-1; metadata of PDF/A-1 is never compressed, so the bytes tell."""
    content = _decoded(_text(nodes))
    claim = content.find(b"pdfaid:part")
    return claim >= 0 and b"1" in content[claim + 11 : claim + 16]


JUDGEMENTS: Final[dict[tuple[str, str], Callable[..., bool]]] = {
    (FUNCTIONS, name): (lambda _context, *nodes, judge=judge: judge(*nodes))
    for name, judge in {
        "oid": _oid,
        "document_type": _document_type,
        "time": lambda nodes: _is_time(_text(nodes)),
        "second": lambda nodes: bool(_SECOND.fullmatch(_text(nodes))) and _is_time(_text(nodes)),
        "offset": _offset,
        "day": lambda nodes: len(_text(nodes)) >= 8 and _is_time(_text(nodes)),
        "positive": lambda nodes: _text(nodes).isascii() and _text(nodes).isdigit() and int(_text(nodes)) >= 1,
        "ins": _ins,
        "cog": lambda nodes: bool(_COG.fullmatch(_text(nodes))),
        "practice_setting": lambda nodes: _text(nodes) in _SETTINGS,
        "facility": lambda nodes: _text(nodes) in ACTIVITY_SECTORS or _text(nodes) in ("EXP_PATIENT", "SNR"),
        "ps_idnat": _ps_idnat,
        "struct_idnat": _struct_idnat,
        "base64": lambda nodes: bool(_decoded(_text(nodes))),
        "matches": _matches,
        "pdfa": _pdfa,
    }.items()
}
"""(namespace, name) → function, as lxml wants them."""

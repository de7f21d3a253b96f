"""The Accept header of WADO-RS: multipart/related ranges with transfer-syntax, q and boundary [DRIM digest 3.2, 3.3].

Legal forms of every client are read (several headers, any order of parameters, trailing comma, `q=1` as well as
`q=0.9`); what has no meaning is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from segur.wire.dicom import EXPLICIT_LE
from segur.wire.multipart import HeaderValue

ANY = "*"
_ELEMENT = re.compile(r'(?:[^,"]|"[^"]*")+')
_RANGE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+|\*/\*|[a-z0-9-]+/\*")
_WEIGHT = re.compile(r"(0(\.\d{0,3})?|1(\.0{0,3})?)")
_SYNTAX = re.compile(r"\*|[0-9]+(\.[0-9]+)+")
_BOUNDARY = re.compile(r"[A-Za-z0-9'()+_,./:=? -]{15,69}[A-Za-z0-9'()+_,./:=?-]")
"""A boundary we take over: of a length that no pixel will hold by chance (RFC 2046 5.1.1)."""
_MOST, _LONGEST = 64, 16 * 1024


class BadAccept(ValueError):
    """The header is absent or malformed; the text names the element and the rule."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a client takes: weight by transfer syntax (`*` for any), and the boundary it wishes for, possibly empty."""

    weights: dict[str, float]
    boundary: str = ""

    def takes(self, syntax: str) -> bool:
        """True when objects in this syntax may be sent: what is named counts before `*`."""
        return self.weights.get(syntax, self.weights.get(ANY, 0.0)) > 0


def read_accept(headers: Sequence[str]) -> Accepted:
    """Read all Accept headers of a request; raise `BadAccept`. No weight may be left when all types are others'."""
    if sum(map(len, headers)) > _LONGEST:
        raise BadAccept(f"Accept: at most {_LONGEST} characters are read")
    elements = [element.strip() for header in headers for element in _ELEMENT.findall(header)]
    elements = [element for element in elements if element]
    if not elements:
        raise BadAccept('Accept: required, with multipart/related; type="application/dicom"; transfer-syntax=<UID>')
    if len(elements) > _MOST:
        raise BadAccept(f"Accept: {len(elements)} media ranges, at most {_MOST} are read")
    weights: dict[str, float] = {}
    boundary = ""
    for element in elements:
        value = HeaderValue.parse(element)
        if not _RANGE.fullmatch(value.value):
            raise BadAccept(f"Accept: {element[:60]!r} is no media range")
        weight = value.parameters.get("q", "1").strip()
        if not _WEIGHT.fullmatch(weight):
            raise BadAccept(f"q={weight[:20]!r}: a number from 0 to 1 with at most three decimals is expected")
        syntax = value.parameters.get("transfer-syntax", "").strip()
        if syntax and not _SYNTAX.fullmatch(syntax):
            raise BadAccept(f"transfer-syntax={syntax[:70]!r}: a UID or * is expected")
        if not _is_dicom(value):
            continue
        wildcard = value.value != "multipart/related"
        name = syntax or (ANY if wildcard else EXPLICIT_LE)  # the default of PS3.18 8.7.3.5.2
        weights[name] = max(weights.get(name, 0.0), float(weight))
        wished = value.parameters.get("boundary", "")
        if not boundary and _BOUNDARY.fullmatch(wished):
            boundary = wished
    return Accepted(weights, boundary)


def _is_dicom(value: HeaderValue) -> bool:
    if value.value in ("*/*", "multipart/*"):
        return True
    kind = value.parameters.get("type", "application/dicom").strip().lower()
    return value.value == "multipart/related" and kind in ("application/dicom", "application/*", "*/*")

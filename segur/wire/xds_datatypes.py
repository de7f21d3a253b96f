"""HL7 data types inside XDS attributes: CX, XCN, XON and DTM. [DMP digest 3.6]

Written by hand: the five shapes need less code than adapting a general HL7 v2 library (hl7, hl7apy) to single fields.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from segur.vocab import oids

_DTM = re.compile(
    r"^(?P<year>\d{4})((?P<month>\d\d)((?P<day>\d\d)((?P<hour>\d\d)((?P<minute>\d\d)((?P<second>\d\d)(\.\d+)?)?)?)?)?)?"
    r"(?P<zone>[+-]\d{4})?$"
)


class InvalidDtm(ValueError):
    """The text is not an HL7 date and time."""


def _components(value: str, count: int) -> list[str]:
    parts = value.split("^")
    return parts + [""] * (count - len(parts))


def _escaped(text: str) -> str:
    """A name inside a component, where `^` and `&` would begin another one."""
    return text.replace("^", "\\S\\").replace("&", "\\T\\")


def _unescaped(text: str) -> str:
    return text.replace("\\S\\", "^").replace("\\T\\", "&")


def _authority(component: str) -> str:
    """The OID of an HD `name&OID&ISO`, or the bare OID some senders write."""
    parts = component.split("&")
    return parts[1] if len(parts) > 1 else (component if re.fullmatch(r"[0-9.]+", component) else "")


@dataclass(frozen=True, slots=True)
class Person:
    """An XCN: `id^FAMILY^GIVEN^^^^^^&authority&ISO^name type^^^id type`. Also a system (family = product name)."""

    id: str = ""
    family: str = ""
    given: str = ""
    authority: str = oids.PROFESSIONAL
    name_type: str = "D"
    id_type: str = "IDNPS"

    @classmethod
    def parse(cls, xcn: str) -> Person:
        """Read an XCN; missing components give empty fields."""
        parts = _components(xcn, 13)
        return cls(parts[0], _unescaped(parts[1]), _unescaped(parts[2]), _authority(parts[8]), parts[9], parts[12])

    @property
    def xcn(self) -> str:
        """The person as an XCN; empty when nothing is known of the person."""
        if not (self.id or self.family or self.given):
            return ""
        authority = f"&{self.authority}&ISO" if self.authority else ""
        name = f"{_escaped(self.family)}^{_escaped(self.given)}"
        return f"{self.id}^{name}^^^^^^{authority}^{self.name_type}^^^{self.id_type}"


@dataclass(frozen=True, slots=True)
class Structure:
    """An XON: `name^^^^^&authority&ISO^id type^^^id`."""

    name: str = ""
    id: str = ""
    authority: str = oids.STRUCTURE
    id_type: str = "IDNST"

    @classmethod
    def parse(cls, xon: str) -> Structure:
        """Read an XON; missing components give empty fields."""
        parts = _components(xon, 10)
        return cls(_unescaped(parts[0]), parts[9], _authority(parts[5]), parts[6])

    @property
    def xon(self) -> str:
        """The structure as an XON; the name alone when there is no identifier."""
        if not self.id:
            return _escaped(self.name)
        return f"{_escaped(self.name)}^^^^^&{self.authority}&ISO^{self.id_type}^^^{self.id}"


def cx(identifier: str, authority: str, kind: str = "") -> str:
    """`identifier^^^&authority&ISO` with `^kind` when given (`NH` for an INS, `PI` for a local number)."""
    assigner = f"&{authority}&ISO" if authority else ""
    return f"{identifier}^^^{assigner}" + (f"^{kind}" if kind else "")


def cx_key(value: str) -> tuple[str, str]:
    """(identifier, OID) of a CX: the only two components to compare. [DMP digest 1.7]"""
    parts = _components(value, 4)
    return parts[0], _authority(parts[3])


def reference_id(value: str, authority: str, kind: str) -> str:
    """A CXi of the reference id list: `value^^^&authority&ISO^kind`. [DMP digest 3.7]"""
    return cx(value, authority, kind)


def parse_dtm(value: str) -> datetime:
    """Read `YYYY[MM[DD[hh[mm[ss]]]]][±zzzz]`; without zone the time is UTC. Raise `InvalidDtm`."""
    match = _DTM.match(value.strip())
    if match is None:
        raise InvalidDtm(f"{value!r}: expected YYYYMMDDhhmmss, optionally shorter or with a +hhmm offset")
    part = match.groupdict()
    try:
        local = datetime(
            int(part["year"]), int(part["month"] or 1), int(part["day"] or 1),
            int(part["hour"] or 0), int(part["minute"] or 0), int(part["second"] or 0), tzinfo=UTC,
        )  # fmt: skip
        zone = part["zone"]
        if zone is None:
            return local
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
        return local - offset if zone[0] == "+" else local + offset
    except (ValueError, OverflowError) as error:
        raise InvalidDtm(f"{value!r}: {error}") from error


def utc_dtm(value: str) -> str:
    """A CDA or XDS time as the XDS slot form: same instant in UTC, `YYYYMMDDhhmmss`.

    A value without hour (`20260105`) has no instant and is kept as it stands. Raise `InvalidDtm`.
    """
    instant = parse_dtm(value)
    if len(re.split(r"[+-]", value.strip())[0]) <= 8:
        return re.split(r"[+-]", value.strip())[0]
    return instant.strftime("%Y%m%d%H%M%S") if instant.year >= 1000 else value.strip()


def dtm(instant: datetime) -> str:
    """An aware instant as `YYYYMMDDhhmmss` in UTC."""
    return instant.astimezone(UTC).strftime("%Y%m%d%H%M%S")


def comparable(value: str) -> str:
    """A DTM padded to 14 digits, so that strings compare as times: `2026` -> `20260101000000`."""
    digits = value.split(".")[0]
    return digits + "00000101000000"[len(digits) :] if len(digits) < 14 else digits[:14]

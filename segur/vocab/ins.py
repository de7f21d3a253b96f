"""The INS (Identité Nationale de Santé): matricule and assigning authority, checked once.

Source: INS and INSi digest sections 2.1 (data model) and 2.2 (key of the matricule).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from segur.vocab import oids

_MATRICULE = re.compile(r"^\d{6}[0-9A-Z]\d{8}$")
_CX = re.compile(r"^(?P<id>[^^]+)\^\^\^[^&^]*&(?P<oid>[0-9.]+)&ISO(\^.*)?$")


class InvalidIns(ValueError):
    """The text is not an INS; the message names the part and the rule."""


@dataclass(frozen=True, slots=True)
class Ins:
    """A national health identity number with its assigning authority.

    `matricule` is the NIR or NIA on 15 characters, key included; `oid` is its assigning authority.
    """

    matricule: str
    oid: str = oids.INS_NIR_TEST

    @classmethod
    def parse(cls, matricule: str, oid: str) -> Ins:
        """Check shape, authority and key; raise `InvalidIns` naming what is wrong.

        The key of a test identity is not checked: official test identities exist whose key is wrong [INS digest 2.2].
        """
        text = matricule.strip().upper()
        if not _MATRICULE.match(text):
            raise InvalidIns(f"matricule: 15 characters expected (13 and a 2-digit key), got {len(text)}")
        if oid not in oids.INS_AUTHORITIES:
            raise InvalidIns(f"oid: {oid} is not an assigning authority of the INS")
        if oid in oids.INS_PRODUCTION_AUTHORITIES and text[13:] != (expected := matricule_key(text[:13])):
            raise InvalidIns(
                f"matricule: key {text[13:]} is wrong, {expected} expected (97 minus the number modulo 97)"
            )
        return cls(text, oid)

    @classmethod
    def from_cx(cls, cx: str) -> Ins:
        """Read `INS^^^&OID&ISO^NH` (extra CX components are ignored) [DMP digest 1.7]."""
        match = _CX.match(cx.strip().strip("'"))
        if match is None:
            raise InvalidIns("patientId: expected the CX form INS^^^&OID&ISO^NH")
        return cls.parse(match["id"], match["oid"])

    @property
    def cx(self) -> str:
        """The identifier as an HL7 CX, the form the DMP uses on the wire."""
        return f"{self.matricule}^^^&{self.oid}&ISO^NH"

    @property
    def is_production(self) -> bool:
        """True when the authority is a production one: refused unless switched on."""
        return self.oid in oids.INS_PRODUCTION_AUTHORITIES


def matricule_key(first13: str) -> str:
    """The two-digit key of a NIR: 97 - (number mod 97), where `2A` counts as 19 and `2B` as 18 (Corsica).

    Raise `InvalidIns` when a letter other than Corsica's stands in the number.
    """
    department = {"2A": "19", "2B": "18"}.get(first13[5:7], first13[5:7])
    digits = first13[:5] + department + first13[7:]
    if not digits.isdigit():
        raise InvalidIns("matricule: only the Corsican departments 2A and 2B may hold a letter")
    return f"{97 - int(digits) % 97:02d}"

"""National identifiers of professionals: the RPPS number and the PS_IdNat built on it.

Source: PSC digest 1.10 (idNat), DMP digest 3.6 (PS_IdNat prefixes).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_RPPS = re.compile(r"[0-9]{11}")
_REGISTERED = re.compile(r"8(?P<rpps>[0-9]{11})")
_ADELI = re.compile(r"0[0-9A-Z]{9}")
_EMPLOYEE = re.compile(r"(?P<structure>[13456][0-9A-Z]{9,16})/(?P<internal>[^/\s^&|~]{1,64})")
_EDIT = re.compile(r"ANS[0-9]+")

TEST_RPPS_PREFIXES = ("997", "999")
"""First digits of the RPPS numbers of national test kits [PSC digest 1.10]."""


class InvalidRpps(ValueError):
    """The text is not an RPPS number; the message names the rule."""


class InvalidIdNat(ValueError):
    """The text is not a PS_IdNat; the message names the accepted forms."""


def luhn_key(digits: str) -> str:
    """The Luhn digit that completes `digits` (RPPS, FINESS, SIREN and SIRET all use it).

    Written by hand: `python-stdnum` has it, for six lines it is not worth a dependency.
    """
    total = 0
    for rank, char in enumerate(reversed(digits)):
        value = int(char) * (2 if rank % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


@dataclass(frozen=True, slots=True)
class Rpps:
    """The number of a registered professional in the RPPS: 11 digits, the last one a Luhn key."""

    value: str

    @classmethod
    def parse(cls, text: str) -> Rpps:
        """Check the shape; raise `InvalidRpps`. The key is not refused: published test numbers break it."""
        value = text.strip()
        if not _RPPS.fullmatch(value):
            raise InvalidRpps(f"rpps: 11 digits expected, got {len(value)} characters")
        return cls(value)

    @classmethod
    def of_test(cls, serial: int) -> Rpps:
        """The test number of rank `serial` (0 to 9,999,999): 997, seven digits, key. Raise `InvalidRpps`."""
        if not 0 <= serial < 10_000_000:
            raise InvalidRpps(f"serial: between 0 and 9999999 expected, got {serial}")
        first = f"997{serial:07d}"
        return cls(first + luhn_key(first))

    @property
    def has_valid_key(self) -> bool:
        """True when the last digit is the Luhn key of the ten others."""
        return luhn_key(self.value[:10]) == self.value[10]

    @property
    def is_test(self) -> bool:
        """True for a number of the national test ranges."""
        return self.value.startswith(TEST_RPPS_PREFIXES)

    @property
    def id_nat(self) -> IdNat:
        """The PS_IdNat: `8` followed by the number."""
        return IdNat("8" + self.value)

    def __str__(self) -> str:
        return self.value


class IdNatKind(StrEnum):
    """Which register gave a PS_IdNat."""

    RPPS = "RPPS"
    ADELI = "ADELI"
    EMPLOYEE = "EMPLOYEE"
    """Known only to a structure: `<structure>/<internal id>`, no national register."""
    EDIT = "EDIT"


@dataclass(frozen=True, slots=True)
class IdNat:
    """A PS_IdNat, the value of `SubjectNameID` in PSC and of `NameID` in a VIHF [PSC digest 1.10]."""

    value: str

    @classmethod
    def parse(cls, text: str) -> IdNat:
        """Check that the text has one of the national forms; raise `InvalidIdNat`."""
        value = text.strip()
        if not any(form.fullmatch(value) for form in (_REGISTERED, _ADELI, _EMPLOYEE, _EDIT)):
            raise InvalidIdNat(
                "id_nat: expected 8 and an RPPS (12 digits), 0 and an ADELI, <structure>/<internal id> or ANS<number>"
            )
        return cls(value)

    @property
    def kind(self) -> IdNatKind:
        """The register the value comes from."""
        if "/" in self.value:
            return IdNatKind.EMPLOYEE
        if self.value.startswith("ANS"):
            return IdNatKind.EDIT
        return IdNatKind.RPPS if self.value.startswith("8") else IdNatKind.ADELI

    @property
    def rpps(self) -> Rpps | None:
        """The RPPS number, for a registered professional; exactly one leading 8 is taken off [PSC digest 1.10]."""
        match = _REGISTERED.fullmatch(self.value)
        return Rpps(match["rpps"]) if match else None

    @property
    def names_a_person_nationally(self) -> bool:
        """False for identifiers only one structure understands; these may not open a patient record."""
        return self.kind in (IdNatKind.RPPS, IdNatKind.ADELI)

    def __str__(self) -> str:
        return self.value

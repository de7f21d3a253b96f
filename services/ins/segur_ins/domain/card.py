"""The search with a Vitale card: what a reading must hold, and whom it names [INS digest 2.4, 2.6]."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from segur_ins.domain.person import Person
from segur_ins.domain.traits import Hint, Problem

_NUMBER: Final = re.compile(r"\d{6}[A-Z0-9]\d{6}", re.ASCII)
_KEY: Final = re.compile(r"\d{2}", re.ASCII)
_DATE: Final = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the card says of the selected beneficiary; empty when it does not.

    `number` and `key` are the beneficiary's own, `holder` and `holder_key` the policy holder's (MatriculeOD).
    """

    number: str = ""
    key: str = ""
    holder: str = ""
    holder_key: str = ""
    birth_date: str = ""
    birth_rank: str = ""

    @classmethod
    def of(
        cls, number: str, key: str, holder: str, holder_key: str, birth_date: str, birth_rank: str
    ) -> Reading:  # fmt: skip
        """A reading as typed texts: letters in capitals, the date with its hyphens (cards write none)."""
        found = _DATE.fullmatch(birth_date)
        date = "-".join(found.groups()) if found else birth_date
        return cls(number.upper(), key, holder.upper(), holder_key, date, birth_rank.lstrip("0"))


def problem_of(reading: Reading) -> Problem | None:
    """The first thing wrong, None when a search can be made.

    The own number is enough; without it, the policy holder's number and the birth date are needed. The key is not
    computed: published test identities have keys that the formula does not give [INS digest 2.2].
    """
    for field, number, key in (
        ("MatriculeIndividu", reading.number, reading.key),
        ("MatriculeOD", reading.holder, reading.holder_key),
    ):
        if number and not _NUMBER.fullmatch(number):
            return Problem(f"{field}/NumIdentifiant", "13 caractères attendus, sans la clé.", "Séparer la clé.")
        if key and not _KEY.fullmatch(key):
            return Problem(f"{field}/Cle", "2 chiffres attendus.", "Lire la clé sur la carte.")
    if reading.birth_date and not _DATE.fullmatch(reading.birth_date):
        return Problem("DateNaissance", "AAAA-MM-JJ attendu.", "Écrire la date sous cette forme (1979-03-28).")
    if reading.birth_rank and not (reading.birth_rank.isascii() and reading.birth_rank.isdigit()):
        return Problem("RangNaissance", "un chiffre attendu.", "Lire le rang de naissance sur la carte.")
    if not reading.number and not reading.holder:
        return Problem(
            "MatriculeIndividu", "ce matricule ou MatriculeOD est obligatoire.", "Relire la carte du bénéficiaire."
        )
    if not reading.number and not reading.birth_date:
        return Problem(
            "DateNaissance", "obligatoire quand seul MatriculeOD est donné.", "Choisir le bénéficiaire sur la carte."
        )
    return None


def _wrong(person: Person, reading: Reading) -> list[Hint]:
    keys = {matricule.number: matricule.key for matricule in (*reversed(person.history), person.active)}
    checks = [(Hint.BIRTH_DATE, reading.birth_date in ("", person.birth_date))]
    if reading.number:
        checks.append((Hint.KEY, reading.key in ("", keys.get(reading.number))))
    else:
        checks.append((Hint.KEY, reading.holder_key in ("", person.holder[13:])))
        checks.append((Hint.BIRTH_RANK, reading.birth_rank in ("", person.birth_rank)))
    return [hint for hint, holds in checks if not holds]


def fits(person: Person, reading: Reading) -> bool:
    """Whether one of those found by number is the one the card means.

    The name on the card is not compared: the card is a key, INSi knows the identity. NOTE: what else the real service
    compares is not public; date, rank and key are our reading.
    """
    return not _wrong(person, reading)


def hint_of(people: Iterable[Person], reading: Reading) -> Hint | None:
    """The one thing that kept somebody of this number from fitting; None when several did."""
    for person in people:
        if len(wrong := _wrong(person, reading)) == 1:
            return wrong[0]
    return None

"""The traits a search is made with: what they may look like, and whom they fit [INS digest 2.1, 2.6]."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from segur_ins.domain.person import Person

_NAME: Final = re.compile(r"[A-Z][A-Z' -]*")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PLACE: Final = re.compile(r"\d[\dAB]\d{3}", re.ASCII)
_LONGEST_NAME: Final = 100
_MOST_FIRST_NAMES: Final = 20


@dataclass(frozen=True, slots=True)
class Traits:
    """What the user typed; empty when not given. `birth_date` is `YYYY-MM-DD`, possibly lunar; `birth_place` a COG."""

    birth_name: str
    first_names: tuple[str, ...]
    sex: str
    birth_date: str
    birth_place: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why traits cannot be searched with: the element of the contract, the rule broken and the fix."""

    field: str
    rule: str
    fix: str


class Hint(StrEnum):
    """Why nobody was found although somebody resembles: told to the developer, never to the caller."""

    BIRTH_NAME = "birth_name"
    """The name fits but for hyphens, apostrophes or blanks."""
    FIRST_NAME = "first_name"
    SEX = "sex"
    BIRTH_DATE = "birth_date"
    BIRTH_PLACE = "birth_place"
    BIRTH_RANK = "birth_rank"
    KEY = "key"
    OID = "oid"
    FORMER_NUMBER = "former_number"
    """The matricule was this person's, and is no more."""
    UNKNOWN_NUMBER = "unknown_number"


def problem_of(traits: Traits) -> Problem | None:
    """The first thing wrong, None when a search can be made.

    Name, first name, sex and birth date are needed, in the register's spelling: capitals without accents. A lunar date
    (month or day `00`, or out of range) is a date.
    """
    for field, names in (("NomNaissance", (traits.birth_name,)), ("Prenom", traits.first_names or ("",))):
        if any(not name for name in names):
            return Problem(field, "ce trait est obligatoire.", "Le renseigner.")
        if len(names) > _MOST_FIRST_NAMES or any(len(name) > _LONGEST_NAME for name in names):
            return Problem(field, f"au plus {_LONGEST_NAME} caractères par nom.", "Vérifier la saisie.")
        if not all(_NAME.fullmatch(name) for name in names):
            return Problem(
                field,
                "majuscules sans accent ni ligature, espaces, apostrophes droites et tirets seulement.",
                "Transcrire le nom (É en E, Œ en OE, ’ en ').",
            )
    if traits.sex not in ("M", "F"):
        return Problem("Sexe", "M ou F attendu.", "Renseigner le sexe de l'état civil.")
    if not _DATE.fullmatch(traits.birth_date):
        return Problem("DateNaissance", "AAAA-MM-JJ attendu.", "Écrire la date sous cette forme (1979-03-28).")
    if traits.birth_place and not _PLACE.fullmatch(traits.birth_place):
        return Problem(
            "LieuNaissance", "code officiel géographique de 5 caractères attendu.", "Exemples : 63220, 2B020, 99100."
        )
    return None


def fits(person: Person, traits: Traits) -> bool:
    """The matching rule: name to the letter, hyphens included; one first name of the civil list, or the whole list.

    Several first names given at once are either the whole list in its order or each of it. The place, when given,
    narrows.
    """
    return not hints_of(person, traits)


def _first_name_fits(person: Person, given: tuple[str, ...]) -> bool:
    return " ".join(given) == " ".join(person.first_names) or set(given) <= set(person.first_names)


def loose(name: str) -> str:
    """A name without what is often mistaken: hyphens, apostrophes, blanks."""
    plain = unicodedata.normalize("NFKD", name)
    return "".join(char for char in plain.upper() if "A" <= char <= "Z")


def hints_of(person: Person, traits: Traits) -> list[Hint]:
    """The traits that keep a person from fitting, all of them."""
    checks = (
        (Hint.BIRTH_NAME, person.birth_name == traits.birth_name),
        (Hint.FIRST_NAME, _first_name_fits(person, traits.first_names)),
        (Hint.SEX, person.sex == traits.sex),
        (Hint.BIRTH_DATE, person.birth_date == traits.birth_date),
        (Hint.BIRTH_PLACE, traits.birth_place in ("", person.birth_place)),
    )
    return [hint for hint, holds in checks if not holds]


def hint_of(neighbours: Iterable[Person], traits: Traits) -> Hint | None:
    """The one trait that kept a neighbour (same loose name and birth date) from fitting; None when several did."""
    for person in neighbours:
        if len(wrong := hints_of(person, traits)) == 1:
            return wrong[0]
    return None

"""An identity of the national register [INS digest 2.1]."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Matricule:
    """A matricule and its authority: 13 characters and a 2-digit key, OID, validity as dates or empty."""

    number: str
    key: str
    oid: str
    start: str = ""
    end: str = ""

    @property
    def whole(self) -> str:
        """Number and key, 15 characters."""
        return self.number + self.key


@dataclass(frozen=True, slots=True)
class Person:
    """One identity. `first_names` is the civil list in order, `birth_date` a text since it may be lunar.

    `history` are the INSHISTO in order; `lists_first_names` tells whether the register holds the whole list (else it
    gives the first name alone); `breaks_search` marks the published test people for whom the search always fails.
    `holder` is the number (15 characters) under whose policy the person is insured, empty when unknown; `birth_rank`
    tells people born the same day under one policy apart (twins).
    """

    birth_name: str
    first_names: tuple[str, ...]
    sex: str
    birth_date: str
    birth_place: str
    active: Matricule
    history: tuple[Matricule, ...] = ()
    lists_first_names: bool = True
    breaks_search: bool = False
    holder: str = ""
    birth_rank: str = "1"

    @property
    def numbers(self) -> tuple[str, ...]:
        """Every number (13 characters) by which the person was ever known, the active one first, each once."""
        return tuple(dict.fromkeys((self.active.number, *(former.number for former in self.history))))

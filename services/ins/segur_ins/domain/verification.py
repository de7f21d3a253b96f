"""Verification: do a matricule and its traits still name one person? [INS digest 2.4, I15]

INSi says OK or KO and nothing else, so that nobody learns an identity by trying; why it is KO is told to the developer
as a hint in the fact, as for a search that finds nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from segur_ins.domain.person import Person
from segur_ins.domain.traits import Hint, Traits, hints_of

OK, KO = "OK", "KO"


@dataclass(frozen=True, slots=True)
class Claim:
    """The INS a software holds: matricule on 15 characters, OID, and the traits it has with it."""

    matricule: str
    oid: str
    traits: Traits


@dataclass(frozen=True, slots=True)
class Verdict:
    """`OK` or `KO`, the person when the number is known, and why it is KO when one thing alone is."""

    result: str
    person: Person | None = None
    hint: Hint | None = None


def judge(known: Iterable[Person], claim: Claim) -> Verdict:
    """The verdict on a claim, given everybody who ever had its number.

    OK needs the active matricule with its key and OID, and every trait to the letter; the first names are one of the
    list, or the whole list; a place that is not given is not compared.
    """
    first: Verdict | None = None
    for person in known:
        wrong = hints_of(person, claim.traits)
        if claim.matricule != person.active.whole:
            former = claim.matricule in (each.whole for each in person.history)
            wrong.append(Hint.FORMER_NUMBER if former else Hint.KEY)
        elif claim.oid != person.active.oid:
            wrong.append(Hint.OID)
        if not wrong:
            return Verdict(OK, person)
        first = first or Verdict(KO, person, wrong[0] if len(wrong) == 1 else None)
    return first or Verdict(KO, None, Hint.UNKNOWN_NUMBER)


def claim_of(matricule: str, oid: str, name: str, first_names: str, sex: str, date: str, place: str) -> Claim:
    """A claim out of texts; `first_names` is one of the list, or the list separated by blanks, as INSi gave it."""
    names = " ".join(first_names.split())
    return Claim(
        matricule.strip().upper(),
        oid.strip(),
        Traits(name.strip(), (names,) if names else (), sex.strip(), date.strip(), place.strip()),
    )

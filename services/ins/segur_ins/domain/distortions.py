"""How an answer of the real service can differ from the tidy one, each on demand [INS digest 2.6, 4.3]."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from segur.vocab import oids
from segur_ins import faults
from segur_ins.domain.person import Matricule, Person


def _with_history(person: Person) -> Person:
    former = Matricule(person.active.number, person.active.key, person.active.oid, "2019-03-01", "2019-02-28")
    return replace(person, history=(*person.history, former, person.active))


def _with_one_former(person: Person) -> Person:
    return replace(person, history=(replace(person.active, start="", end=""),))


def _without_traits(person: Person) -> Person:
    return replace(person, lists_first_names=False, birth_place="")


def _under(oid: str) -> Callable[[Person], Person]:
    def change(person: Person) -> Person:
        history = tuple(replace(former, oid=oid) for former in person.history)
        return replace(person, active=replace(person.active, oid=oid), history=history)

    return change


def _with_bad_key(person: Person) -> Person:
    wrong = f"{int(person.active.key) % 97 + 1:02d}"
    return replace(person, active=replace(person.active, key=wrong))


def _with_lunar_date(person: Person) -> Person:
    return replace(person, birth_date=f"{person.birth_date[:4]}-00-00")


DISTORTIONS: Final[Mapping[str, Callable[[Person], Person]]] = MappingProxyType(
    {
        faults.HISTORY: _with_history,
        faults.HISTORY_SINGLE: _with_one_former,
        faults.MISSING_TRAITS: _without_traits,
        faults.NIA: _under(oids.INS_NIA),
        faults.BAD_KEY: _with_bad_key,
        faults.LUNAR_DATE: _with_lunar_date,
        faults.PRODUCTION_OID: _under(oids.INS_NIR),
    }
)
"""By fault point."""

"""Who is in the register: the synthetic country's patients, people who resemble each other, and, on demand, the test
people the CNDA publishes [INS digest 2.8]."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Final

from segur.personas.identities import ins_of_birth
from segur.personas.model import Patient
from segur.personas.vitale import card_of
from segur.vocab import oids
from segur.vocab.ins import Ins
from segur_ins.domain.person import Matricule, Person


def register_of(patients: Iterable[Patient], *, with_test_identities: bool = False) -> Iterator[Person]:
    """Everybody: patients first, then the lookalikes, then the published test people when asked for."""
    yield from (person_of(patient) for patient in patients)
    yield from lookalikes()
    if with_test_identities:
        yield from published_people()


def person_of(patient: Patient) -> Person:
    """A patient of the country as the register knows the person."""
    card = card_of(patient)
    return Person(
        birth_name=patient.birth_name,
        first_names=patient.given_names,
        sex=patient.sex,
        birth_date=patient.birth_date.isoformat(),
        birth_place=patient.birth_place,
        active=_split(patient.ins),
        holder=card.holder.matricule,
        birth_rank=str(card.birth_rank),
    )


def lookalikes() -> Iterator[Person]:
    """Two namesakes (code 02 until place or names tell them apart), and twins on one Vitale card (until the rank does).

    Invented, and only in the register: no other service knows them.
    """
    born = date(1983, 5, 15)
    for order, (names, place) in enumerate((("CAMILLE ANNE", "28085"), ("CAMILLE LOUISE", "58194")), 994):
        ins = ins_of_birth("F", born, place, order)
        yield Person(
            "PAT-HOMONYME",
            tuple(names.split()),
            "F",
            born.isoformat(),
            place,
            _split(ins),
            holder=ins.matricule,
        )
    born = date(2015, 9, 3)
    parent = ins_of_birth("M", date(1980, 1, 1), "28085", 996)
    for rank, name in (("1", "CASTOR"), ("2", "POLLUX")):
        ins = ins_of_birth("M", born, "28085", 996 + int(rank))
        yield Person(
            "PAT-JUMEAU",
            (name,),
            "M",
            born.isoformat(),
            "28085",
            _split(ins),
            holder=parent.matricule,
            birth_rank=rank,
        )


def published_people() -> Iterator[Person]:
    """The people of the CNDA's test cases, under the test OID; each is insured under the own number.

    NOTE: the national test platform shows them under the production OID …4.8; `ins.answer.production_oid` does so. The
    waiting number (NIA) keeps …4.9: no test OID exists for it.
    """
    for person in _PUBLISHED:
        yield replace(person, holder=person.active.whole)
    for name, first, sex, born in _FAILING:
        ins = ins_of_birth(sex, date.fromisoformat(born), "63220", 990)
        yield Person(name, (first,), sex, born, "63220", _split(ins), breaks_search=True, holder=ins.matricule)
    for order, (first_names, place) in enumerate((("LEONARDO RAPHAEL", "63220"), ("LEONARDO ALBERTO", "28085")), 991):
        ins = ins_of_birth("M", date(2014, 2, 1), place, order)
        names = tuple(first_names.split())
        yield Person("DE VINCI", names, "M", "2014-02-01", place, _split(ins), holder=ins.matricule)


def _split(ins: Ins) -> Matricule:
    return Matricule(ins.matricule[:13], ins.matricule[13:], ins.oid)


def _of(text: str, oid: str = oids.INS_NIR_TEST, start: str = "", end: str = "") -> Matricule:
    return Matricule(text[:13], text[13:], oid, start, end)


def _person(
    name: str, first_names: str, sex: str, born: str, place: str, matricule: str, *history: Matricule
) -> Person:
    return Person(name, tuple(first_names.split()), sex, born, place, _of(matricule), history)


_PUBLISHED: Final = (
    _person("ADRTROIS", "DOMINIQUE", "F", "1997-02-26", "2A020", "297022A02077878"),
    _person("ADRTROIS", "TOUSSAINT", "M", "1960-01-01", "2B020", "160012B02077713"),
    _person("TCHITCHI", "CATARINA BELLA", "F", "1936-06-21", "63220", "236066322083656"),
    _person(
        "ECETINSI",
        "PIERRE-ALAIN MURIEL FLORIANT",
        "M",
        "2009-07-14",
        "63220",
        "109076322083489",
        _of("209076322083439", start="2019-03-01", end="2019-02-28"),
        _of("209066322012355"),
    ),
    _person("CORSE", "ANTHONY", "M", "1980-03-02", "2B020", "180032B02040123", _of("180032B02040123")),
    _person(
        "HERMANN",
        "GATIEN",
        "M",
        "1981-03-24",
        "63220",
        "181036322045660",
        _of("181036322045660"),
        _of("281036322045610"),
    ),
    _person("NESSI", "MICHELANGELO ANTHONY", "M", "2010-08-07", "63220", "110086322083060"),
    _person("ADRUN", "ZOE", "F", "1975-12-31", "63220", "275126322074974"),
    # NOTE: the digest gives no birth date; public client tests search this person with this one
    _person("ADRDEUX", "LAURENT", "M", "1981-01-01", "63220", "181016322075140"),
    Person(
        "PROVISOIRE", ("MATRICULE",), "M", "2009-07-01", "63220", _of("109076322088835", oids.INS_NIA)
    ),
    Person(
        "PATB-QUATRE", ("LAURENCE",), "F", "1907-05-25", "85756", _of("207058575627097"), lists_first_names=False
    ),
)  # fmt: skip
"""Those with a matricule; TCHITCHI OLA, HOUILLES and LEONARDODINO are absent on purpose: they answer 01."""

_FAILING: Final = (
    ("VANDERMONDE", "ARIANA", "F", "1995-06-17"),
    ("D'AEION", "COEUR", "M", "1987-01-25"),
    ("DE VINCI", "RUTH", "F", "1976-07-14"),
)
"""People for whom the test platform was seen to answer siram_40.

NOTE: the digest describes ARIANA only; it names D'AEION COEUR without traits, and DE VINCI RUTH stands beside them in
public client tests. Their dates of birth come from there.
"""

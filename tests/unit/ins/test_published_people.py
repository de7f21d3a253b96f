"""The published test identities, row by row [INS digest 2.8]: opt-in, and answering as published."""

from __future__ import annotations

import pytest
from segur_ins.domain.population import lookalikes, published_people, register_of
from segur_ins.domain.traits import Traits, fits

from segur.personas.country import build_country
from segur.vocab import oids

PEOPLE = list(published_people())
# name, first names of the list, sex, birth date, place, matricule, history
ROWS = [
    ("ADRTROIS", "DOMINIQUE", "F", "1997-02-26", "2A020", "297022A02077878", ()),
    ("ADRTROIS", "TOUSSAINT", "M", "1960-01-01", "2B020", "160012B02077713", ()),
    ("TCHITCHI", "CATARINA BELLA", "F", "1936-06-21", "63220", "236066322083656", ()),
    (
        "ECETINSI", "PIERRE-ALAIN MURIEL FLORIANT", "M", "2009-07-14", "63220", "109076322083489",
        ("209076322083439", "209066322012355"),
    ),
    ("CORSE", "ANTHONY", "M", "1980-03-02", "2B020", "180032B02040123", ("180032B02040123",)),
    ("HERMANN", "GATIEN", "M", "1981-03-24", "63220", "181036322045660", ("181036322045660", "281036322045610")),
    ("NESSI", "MICHELANGELO ANTHONY", "M", "2010-08-07", "63220", "110086322083060", ()),
    ("ADRUN", "ZOE", "F", "1975-12-31", "63220", "275126322074974", ()),
    ("PROVISOIRE", "MATRICULE", "M", "2009-07-01", "63220", "109076322088835", ()),
    ("PATB-QUATRE", "LAURENCE", "F", "1907-05-25", "85756", "207058575627097", ()),
]  # fmt: skip


def found(name: str, first: str, sex: str, born: str) -> list[object]:
    return [person for person in PEOPLE if fits(person, Traits(name, (first,), sex, born))]


@pytest.mark.parametrize("row", ROWS, ids=[f"{row[0]} {row[1]}" for row in ROWS])
def test_each_published_row_is_found_by_any_of_its_first_names(row: tuple[str, ...]) -> None:
    name, names, sex, born, place, matricule, history = row
    for first in (*names.split(), names):
        [person] = found(name, first, sex, born)
        assert (person.active.whole, person.birth_place) == (matricule, place)  # type: ignore[attr-defined]
        assert tuple(former.whole for former in person.history) == history  # type: ignore[attr-defined]


def test_laurent_whose_birth_date_is_not_published_has_the_published_number() -> None:
    [laurent] = [person for person in PEOPLE if person.birth_name == "ADRDEUX"]
    assert (laurent.first_names, laurent.sex, laurent.active.whole) == (("LAURENT",), "M", "181016322075140")


def test_a_waiting_number_and_an_incomplete_identity_are_among_them() -> None:
    assert {p.birth_name for p in PEOPLE if p.active.oid == oids.INS_NIA} == {"PROVISOIRE"}
    assert {p.birth_name for p in PEOPLE if not p.lists_first_names} == {"PATB-QUATRE"}


@pytest.mark.parametrize(
    ("name", "firsts", "sex", "born"),
    [
        ("TCHITCHI", ("OLA",), "F", "1936-06-21"),
        (
            "DE VINCI",
            ("LEONARDODINO", "DICAPRIO", "BUFFALO", "LEONARDODINO DICAPRIO BUFFALO"),
            "M",
            "2004-02-01",
        ),
        ("HOUILLES", ("PIERRE", "PAUL", "JACQUES", "PIERRE PAUL JACQUES"), "M", "1993-01-27"),
    ],
)
def test_those_who_answer_01_are_nobody(name: str, firsts: tuple[str, ...], sex: str, born: str) -> None:
    assert not any(found(name, first, sex, born) for first in firsts)


def test_leonardo_is_several_and_ariana_breaks_the_search() -> None:
    assert len(found("DE VINCI", "LEONARDO", "M", "2014-02-01")) == 2
    [ariana] = found("VANDERMONDE", "ARIANA", "F", "1995-06-17")
    assert ariana.breaks_search  # type: ignore[attr-defined]


def test_they_enter_on_demand_only() -> None:
    patients = build_country().patients
    usual, wanted = list(register_of(patients)), list(register_of(patients, with_test_identities=True))
    assert not {person.birth_name for person in usual} & {person.birth_name for person in PEOPLE}
    assert wanted == [*usual, *PEOPLE]


def test_nobody_shares_an_active_number() -> None:
    people = list(register_of(build_country(1, 400).patients, with_test_identities=True))
    assert len({person.active.number for person in people}) == len(people)


def test_the_lookalikes_are_found_together_until_one_more_trait_is_given() -> None:
    people = list(lookalikes())
    asked = Traits("PAT-HOMONYME", ("CAMILLE",), "F", "1983-05-15")
    assert len([person for person in people if fits(person, asked)]) == 2
    for first, place in (("ANNE", ""), ("CAMILLE LOUISE", ""), ("CAMILLE", "58194")):
        narrower = Traits("PAT-HOMONYME", (first,), "F", "1983-05-15", place)
        assert len([person for person in people if fits(person, narrower)]) == 1

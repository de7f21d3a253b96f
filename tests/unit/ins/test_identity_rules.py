"""Whom traits fit, what traits may look like, how answers differ on demand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from segur_ins import faults
from segur_ins.domain.distortions import DISTORTIONS
from segur_ins.domain.person import Matricule, Person
from segur_ins.domain.population import published_people, register_of
from segur_ins.domain.traits import Hint, Traits, fits, hint_of, problem_of

from segur.personas.country import build_country
from segur.vocab import oids
from segur.vocab.ins import Ins, matricule_key

CATARINA = Person(
    "TCHITCHI-BELLE", ("CATARINA", "BELLA"), "F", "1936-06-21", "63220", Matricule("1", "2", oids.INS_NIR_TEST)
)
ASKED = Traits("TCHITCHI-BELLE", ("CATARINA",), "F", "1936-06-21")


def test_one_first_name_of_the_civil_list_is_enough() -> None:
    assert fits(CATARINA, ASKED)
    assert fits(CATARINA, replace(ASKED, first_names=("BELLA",)))
    assert not fits(CATARINA, replace(ASKED, first_names=("OLA",)))


def test_the_whole_list_fits_in_one_element_or_in_several() -> None:
    assert fits(CATARINA, replace(ASKED, first_names=("CATARINA BELLA",)))
    assert fits(CATARINA, replace(ASKED, first_names=("CATARINA", "BELLA")))
    assert not fits(CATARINA, replace(ASKED, first_names=("BELLA CATARINA",)))
    assert not fits(CATARINA, replace(ASKED, first_names=("CATARINA", "OLA")))


def test_the_name_is_compared_to_the_letter() -> None:
    assert not fits(CATARINA, replace(ASKED, birth_name="TCHITCHI BELLE"))


def test_the_birth_place_only_narrows() -> None:
    assert fits(CATARINA, replace(ASKED, birth_place="63220"))
    assert not fits(CATARINA, replace(ASKED, birth_place="28085"))


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({"birth_name": "TCHITCHI BELLE"}, Hint.BIRTH_NAME),
        ({"first_names": ("OLA",)}, Hint.FIRST_NAME),
        ({"sex": "M"}, Hint.SEX),
        ({"birth_place": "28085"}, Hint.BIRTH_PLACE),
        ({"sex": "M", "first_names": ("OLA",)}, None),
    ],
)
def test_the_hint_names_the_one_trait_in_the_way(changes: dict[str, object], hint: Hint | None) -> None:
    assert hint_of([CATARINA], replace(ASKED, **changes)) is hint  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"birth_name": ""}, "NomNaissance"),
        ({"birth_name": "Tchitchi"}, "NomNaissance"),
        ({"birth_name": "D’ÆION"}, "NomNaissance"),
        ({"birth_name": "A" * 101}, "NomNaissance"),
        ({"first_names": ()}, "Prenom"),
        ({"first_names": ("CŒUR",)}, "Prenom"),
        ({"first_names": ("A",) * 21}, "Prenom"),
        ({"sex": "I"}, "Sexe"),
        ({"birth_date": "21/06/1936"}, "DateNaissance"),
        ({"birth_date": ""}, "DateNaissance"),
        ({"birth_place": "6322"}, "LieuNaissance"),
    ],
)
def test_what_cannot_be_searched_with_is_named(changes: dict[str, object], field: str) -> None:
    problem = problem_of(replace(ASKED, **changes))  # type: ignore[arg-type]
    assert problem is not None
    assert problem.field == field
    assert problem.rule
    assert problem.fix


@pytest.mark.parametrize("date", ["1936-06-21", "1950-00-00", "1950-31-42"])
def test_lunar_dates_are_dates(date: str) -> None:
    assert problem_of(replace(ASKED, birth_date=date, birth_place="2B020")) is None


def test_everybody_in_the_register_can_be_asked_for() -> None:
    people = list(register_of(build_country().patients, with_test_identities=True))
    for person in people:
        asked = Traits(person.birth_name, person.first_names[:1], person.sex, person.birth_date, person.birth_place)
        assert problem_of(asked) is None, person
        assert [found for found in people if fits(found, asked)] == [person]
        assert Ins.parse(person.active.number + person.active.key, person.active.oid)


def test_published_people_are_under_the_test_authority_except_the_waiting_number() -> None:
    production = {p.birth_name for p in published_people() if p.active.oid in oids.INS_PRODUCTION_AUTHORITIES}
    assert production == {"PROVISOIRE"}


@pytest.mark.parametrize("point", faults.DISTORTIONS)
def test_each_distortion_changes_what_is_shown(point: str) -> None:
    person = next(person for person in published_people() if person.birth_name == "ECETINSI")
    assert DISTORTIONS[point](person) != person


def test_a_distorted_key_breaks_the_formula_and_stays_two_digits() -> None:
    for person in published_people():
        wrong = DISTORTIONS[faults.BAD_KEY](person).active
        assert len(wrong.key) == 2
        if person.active.key == matricule_key(person.active.number):
            assert wrong.key != matricule_key(wrong.number)

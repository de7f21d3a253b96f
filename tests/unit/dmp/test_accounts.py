"""Accounts, parameters, candidates and the directory that grows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from segur_dmp.domain.account import Account, search_key
from segur_dmp.domain.candidates import score
from segur_dmp.domain.directory import Directory, News
from segur_dmp.domain.parameters import Parameters

from segur.personas import build_country, roles
from segur.wire.hl7v3_candidates import Traits

COUNTRY = build_country()
NOW = datetime(2026, 1, 5, tzinfo=UTC)
SIDONIE = Account.of_persona(COUNTRY.patient("DMP-SANS-INS"), "pat-1", NOW)


@pytest.mark.parametrize(
    ("born", "age", "minor"),
    [
        ("20080105", 18, False),
        ("20080106", 18, True),
        ("20080106", 16, False),
        ("20080000", 18, False),
        ("", 18, False),
    ],
)
def test_majority_comes_on_the_birthday_of_that_age(born: str, age: int, minor: bool) -> None:
    assert Parameters(majority_age=age).is_minor(born, NOW) is minor
    assert not Parameters(minors_managed=False, majority_age=age).is_minor(born, NOW)


@pytest.mark.parametrize(
    ("traits", "percent"),
    [
        (Traits("PAT-DESCHAMPS"), 100),
        (Traits("pat deschamps", "sidonie", "19950319", "F", "51000", ""), 100),
        (Traits("PAT-DESCHAMPS", "SOPHIE"), 62),
        (Traits("PAT-DESCHAMPS", "SIDONIE", "1994"), 72),
        (Traits("PAT-DUVAL", "SIDONIE", "19950319", "F"), 0),
    ],
)
def test_a_candidate_is_weighed_by_the_traits_that_were_given(traits: Traits, percent: int) -> None:
    assert score(SIDONIE, traits) == percent


def test_names_are_compared_without_accents_and_signs() -> None:
    assert search_key("Lévêque-d’Ornano") == search_key("LEVEQUE D'ORNANO") == "LEVEQUEDORNANO"


def test_a_structure_learnt_later_is_known_by_every_number_and_joins_its_legal_entity() -> None:
    hospital = COUNTRY.structure(roles.HOSPITAL)
    legal, site = f"1{hospital.finess_legal}", str(hospital.struct_id)
    new, siret = "1990009999", "399999999900019"
    learnt = Directory.of(COUNTRY).amended([News(new, ((legal, new, siret),))])
    assert learnt.knows(siret)
    for one in (new, siret):
        assert learnt.same_entity(one, legal)
        assert learnt.same_entity(site, one)
    assert not learnt.same_entity(new, str(COUNTRY.structure(roles.LABORATORY).struct_id))

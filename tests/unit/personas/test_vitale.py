"""Vitale cards: whose number stands on them."""

from __future__ import annotations

from segur.personas.country import build_country
from segur.personas.vitale import card_of
from segur.vocab.ins import matricule_key

COUNTRY = build_country(1, 200)


def test_an_adult_stands_on_the_own_card() -> None:
    card = card_of(COUNTRY.patient("P1"))
    assert card.holder == card.individual == COUNTRY.patient("P1").ins


def test_a_child_stands_on_the_card_of_a_parent_without_the_own_number() -> None:
    children = [patient for patient in COUNTRY.patients if patient.is_minor]
    assert children
    for child in children:
        card = card_of(child)
        assert (card.individual, card.birth_date) == (None, child.birth_date)
        assert card.holder.matricule[:1] == "2"
        assert card.holder.matricule[13:] == matricule_key(card.holder.matricule[:13])
        assert int(card.holder.matricule[1:3]) == (child.birth_date.year - 30) % 100

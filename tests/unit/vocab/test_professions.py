"""Professions of wave 2 and author specialities [PSC digest 3.7, 3.8]."""

import pytest

from segur.vocab.professions import (
    PROFESSION_LABELS,
    SAVOIR_FAIRE,
    WAVE_2_PROFESSIONS,
    UnknownProfession,
    author_specialty,
)
from segur.vocab.structures import ACTIVITY_SECTORS


def test_wave_2_has_nine_professions_all_in_the_national_list() -> None:
    assert set(WAVE_2_PROFESSIONS) == {"10", "21", "40", "50", "60", "70", "80", "91", "92"}
    assert all(PROFESSION_LABELS[code] == p.label for code, p in WAVE_2_PROFESSIONS.items())


def test_every_usual_sector_exists() -> None:
    assert all(sector in ACTIVITY_SECTORS for p in WAVE_2_PROFESSIONS.values() for sector in p.sectors)


def test_the_specialities_are_the_80_of_the_national_list() -> None:
    assert len(SAVOIR_FAIRE) == 80
    assert SAVOIR_FAIRE["SM44"] == "Radiodiagnostic"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("10", "SM44"), ("G15_10/SM44", "Médecin - Radiodiagnostic (SM)")),
        (("60",), ("G15_60", "Infirmier")),
        (("21", "", "A"), ("G15_21/A", "Pharmacien titulaire d'officine")),
        (("40", "SCD01"), ("G15_40/SCD01", "Chirurgien-Dentiste - Orthopédie dento-faciale (SCD)")),
    ],
)
def test_profession_and_speciality_make_one_author_code(arguments: tuple[str, ...], expected: tuple[str, str]) -> None:
    assert author_specialty(*arguments) == expected


@pytest.mark.parametrize("arguments", [("99",), ("10", "SM99"), ("21", "", "Z")])
def test_a_code_outside_its_list_is_refused_by_name(arguments: tuple[str, ...]) -> None:
    with pytest.raises(UnknownProfession, match=r"(99|SM99|'Z')"):
        author_specialty(*arguments)

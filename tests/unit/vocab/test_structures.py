"""Struct_idNat, sectors and practice settings [DMP digest 3.6]."""

import pytest

from segur.vocab.professional_ids import Rpps, luhn_key
from segur.vocab.structures import (
    ACTIVITY_SECTORS,
    InvalidStructId,
    Register,
    StructId,
    finess_of_test,
    practice_setting,
    siret_of_test,
)


@pytest.mark.parametrize(
    ("text", "register"),
    [
        ("1750803447", Register.FINESS),
        ("12A0000014", Register.FINESS),
        ("2123456789", Register.SIREN),
        ("312345678901234", Register.SIRET),
        ("499700237045007", Register.RPPS_RANK),
        ("410005531586003", Register.RPPS_RANK),
    ],
)
def test_the_prefix_tells_the_register_and_the_text_comes_back(text: str, register: Register) -> None:
    parsed = StructId.parse(text)
    assert parsed.register is register
    assert str(parsed) == text


@pytest.mark.parametrize("text", ["", "9123456789", "175080344", "17508034477", "31234"])
def test_a_wrong_prefix_or_length_is_refused(text: str) -> None:
    with pytest.raises(InvalidStructId, match="struct_id"):
        StructId.parse(text)


def test_the_makers_add_the_prefix() -> None:
    assert StructId.finess("990000119").value == "1990000119"
    assert StructId.practice(Rpps("99700990017"), 2).value == "499700990017002"
    assert StructId.siret(siret_of_test(1)).value.startswith("3999")


def test_made_finess_and_siret_numbers_have_right_keys() -> None:
    for serial in (0, 11, 999_999):
        finess = finess_of_test(serial)
        assert len(finess) == 9
        assert luhn_key(finess[:8]) == finess[8]
    siret = siret_of_test(99_999, 12)
    assert len(siret) == 14
    assert luhn_key(siret[:13]) == siret[13]
    assert luhn_key(siret[:8]) == siret[8]


def test_the_sector_list_has_its_67_codes_without_sa11_and_sa62() -> None:
    assert len(ACTIVITY_SECTORS) == 67
    assert not {"SA11", "SA62"} & set(ACTIVITY_SECTORS)


@pytest.mark.parametrize(("sector", "code"), [("SA01", "ETABLISSEMENT"), ("SA07", "AMBULATOIRE"), ("SA17", "ESSMS")])
def test_the_practice_setting_follows_the_sector(sector: str, code: str) -> None:
    assert practice_setting(sector)[0] == code


def test_an_unknown_sector_has_no_practice_setting() -> None:
    with pytest.raises(InvalidStructId, match="SA62"):
        practice_setting("SA62")

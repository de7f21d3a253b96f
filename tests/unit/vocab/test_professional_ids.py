"""RPPS and PS_IdNat [PSC digest 1.10]."""

import pytest

from segur.vocab.professional_ids import IdNat, IdNatKind, InvalidIdNat, InvalidRpps, Rpps, luhn_key


def test_the_published_test_rpps_has_a_right_luhn_key() -> None:
    assert Rpps.parse("99700218896").has_valid_key


def test_an_altered_rpps_has_a_wrong_key() -> None:
    assert not Rpps.parse("99700218897").has_valid_key


@pytest.mark.parametrize("text", ["", "9970021889", "997002188960", "9970021889A"])
def test_a_text_of_another_shape_is_not_an_rpps(text: str) -> None:
    with pytest.raises(InvalidRpps, match="11 digits"):
        Rpps.parse(text)


def test_a_made_rpps_is_a_test_number_with_a_right_key() -> None:
    made = Rpps.of_test(42)
    assert made.is_test
    assert made.has_valid_key


def test_a_serial_too_large_for_the_test_range_is_refused() -> None:
    with pytest.raises(InvalidRpps, match="9999999"):
        Rpps.of_test(10_000_000)


def test_the_id_nat_of_an_rpps_gives_the_rpps_back_even_when_it_starts_with_8() -> None:
    rpps = Rpps.parse("88812345678")
    assert rpps.id_nat.value == "888812345678"
    assert IdNat.parse(rpps.id_nat.value).rpps == rpps


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("899700218896", IdNatKind.RPPS),
        ("0123456789", IdNatKind.ADELI),
        ("500000001815646/CPAT00045", IdNatKind.EMPLOYEE),
        ("3990000119/GENERIQUE-ACCUEIL", IdNatKind.EMPLOYEE),
        ("ANS20240101120000", IdNatKind.EDIT),
    ],
)
def test_each_national_form_is_told_apart(text: str, kind: IdNatKind) -> None:
    parsed = IdNat.parse(text)
    assert parsed.kind is kind
    assert parsed.names_a_person_nationally is (kind in (IdNatKind.RPPS, IdNatKind.ADELI))


@pytest.mark.parametrize("text", ["", "8997002188", "3990000119/", "3990000119/A/B", "PS4", "8997002188961^"])
def test_other_texts_are_refused_with_the_accepted_forms(text: str) -> None:
    with pytest.raises(InvalidIdNat, match="id_nat: expected 8 and an RPPS"):
        IdNat.parse(text)


def test_an_employee_has_no_rpps() -> None:
    assert IdNat.parse("500000001815646/CPAT00045").rpps is None


def test_the_luhn_key_completes_a_known_number() -> None:
    assert luhn_key("7992739871") == "3"

"""The patient's choices in PAM-FR messages, what they let through, and what is kept of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from segur.personas.country import build_country
from segur.scenario.actors.consents import Ledger, read_choice, write_choice
from segur.wire import hl7v2
from segur.wire.hl7v2 import Hl7Refused

P1 = build_country().patient("P1")
SHARED = Path(__file__).parents[4] / "shared" / "data" / "hl7v2"


def told(feeding: str, consultation: str) -> bytes:
    """A message of ours."""
    return write_choice(P1, feeding, consultation, at="20260105080000", control_id="1")


@pytest.mark.parametrize(
    ("consultation", "feeding", "may_consult", "may_feed"),
    [
        ("IC", "INO", True, True),
        ("INC", "INO", False, True),
        ("INC", "IO", False, False),
        ("NA", "INO", False, True),
        ("NA", "NA", False, True),
    ],
)
def test_each_pair_of_the_examples_lets_through_what_it_says(
    consultation: str, feeding: str, may_consult: bool, may_feed: bool
) -> None:
    ledger = Ledger()
    assert ledger.receive(told(feeding, consultation)).first("MSA").get(1) == "AA"
    choice = ledger.of(P1)
    assert choice is not None
    assert (choice.may_consult, choice.may_feed, choice.author) == (may_consult, may_feed, "GAM")


def test_an_unknown_flag_is_refused_by_name_and_the_choice_before_it_stays() -> None:
    ledger = Ledger()
    ledger.receive(told("INO", "IC"))
    answer = ledger.receive(told("INO", "OUI"))
    assert answer.first("MSA").get(1) == "AE"
    assert answer.first("ERR").raw(2) == "ZFA^1^11"
    choice = ledger.of(P1)
    assert choice is not None
    assert choice.consultation == "IC"


def test_every_choice_is_kept_oldest_first() -> None:
    ledger = Ledger()
    for feeding in ("INO", "IO", "NA"):
        ledger.receive(told(feeding, "INC"))
    assert [one.feeding for one in ledger.history[P1.ins.matricule]] == ["INO", "IO", "NA"]


def test_a_message_without_choices_or_ins_is_refused() -> None:
    message = hl7v2.parse(told("INO", "IC").replace(b"ZFA|", b"ZFX|"))
    with pytest.raises(Hl7Refused, match="ZFA"):
        read_choice(message)
    with pytest.raises(Hl7Refused, match="PID-3"):
        read_choice(hl7v2.parse(told("INO", "IC").replace(b"ISO^INS", b"ISO^PI")))


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data/hl7v2 is not there: the ANS examples are not shipped")
def test_the_published_example_is_read() -> None:
    data = (SHARED / "PAM_consent_yes_no-opposition.er7").read_bytes()
    matricule, choice = read_choice(hl7v2.parse(data))
    assert (matricule, choice.consultation, choice.feeding) == ("279035121518989", "IC", "INO")

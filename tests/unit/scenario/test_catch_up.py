"""The historical catch-up: which documents, how fast, under whose name, and once only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from segur.personas import roles, samples_cda
from segur.personas.country import build_country
from segur.scenario.actors.catch_up import Archived, Filters, Pace, most_per_second, share, with_legal_person
from segur.scenario.actors.consents import Ledger, write_choice
from segur.scenario.actors.lps import submission_of
from segur.wire import cda

COUNTRY = build_country()
DOCTOR = COUNTRY.professional(roles.OTHER_DOCTOR)
AT = datetime(2019, 3, 4, 10, 30, tzinfo=UTC)


def archived(key: str, *, fed: bool = False, at: datetime = AT) -> Archived:
    """A document of the archive, of which only the frame counts."""
    return Archived(f"1.2.{key}", COUNTRY.patient(key), DOCTOR, at, b"", fed)


def filters(*, file: Callable[[str], bool] = lambda _: False) -> Filters:
    """P6 objected; `file` says by key who is in the death file."""
    ledger = Ledger()
    ledger.receive(write_choice(COUNTRY.patient("P6"), "IO", "INC", at="20260105080000", control_id="1"))
    return Filters(lambda patient: patient.deceased, lambda patient: file(patient.key), ledger)


@pytest.mark.parametrize(
    ("key", "fed", "reason"),
    [
        ("P1", False, ""),
        ("P1", True, "déjà alimenté"),
        ("P5", False, "INS non qualifiée"),
        ("P8", False, "décès connu de l'établissement"),
        ("P11", False, "décès au fichier national"),
        ("P6", False, "opposition du patient"),
    ],
)
def test_each_default_filter_says_why(key: str, fed: bool, reason: str) -> None:
    assert filters(file=lambda one: one == "P11").reason(archived(key, fed=fed)) == reason


def test_documents_are_taken_oldest_first_and_the_others_counted() -> None:
    newer = archived("P2", at=datetime(2021, 1, 1, tzinfo=UTC))
    taken, left = filters().select([newer, archived("P1"), archived("P5"), archived("P5")])
    assert [one.patient.key for one in taken] == ["P1", "P2"]
    assert dict(left) == {"INS non qualifiée": 2}


def test_the_legal_person_becomes_a_further_author_and_the_act_keeps_its_date() -> None:
    content = samples_cda.clinical_document(
        "11490-0", COUNTRY.patient("P1"), DOCTOR, DOCTOR.structure, document_id="1.2.250.1.999.1.5", at=AT
    )
    rewritten = with_legal_person(content, DOCTOR.structure)
    before, after = cda.read_header(content), cda.read_header(rewritten)
    assert len(after.authors) == len(before.authors) + 1
    assert after.authors[0] == before.authors[0]
    [entry] = submission_of(rewritten, DOCTOR).entries
    assert [author.who.id for author in entry.authors] == [str(DOCTOR.id_nat), str(DOCTOR.structure.struct_id)]
    assert entry.service_start == submission_of(content, DOCTOR).entries[0].service_start
    assert entry.creation_time[:8] == "20190304"


@pytest.mark.asyncio
async def test_no_second_holds_more_starts_than_the_ceiling() -> None:
    pace = Pace(per_second=40)
    for _ in range(5):
        await pace.wait()
    gaps = [later - earlier for earlier, later in zip(pace.starts, pace.starts[1:], strict=False)]
    assert min(gaps) >= 1 / 40


def test_the_most_starts_of_any_second_are_counted() -> None:
    assert most_per_second([0.0, 0.25, 0.5, 0.75, 1.0]) == 4
    assert most_per_second([0.0, 0.1, 0.2, 3.0]) == 3
    assert most_per_second([]) == 0


def test_the_share_is_of_closed_stays_not_of_documents() -> None:
    assert share(["P1", "P1", "P2", "P3"], ["P1", "P9"]) == 0.5
    assert share([], ["P1"]) == 0.0

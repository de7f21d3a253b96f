"""The crowd of documents: the same each time, spread over patients who are not in the country, well formed."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from segur_dmp.domain.crowd import EACH, LARGEST, filed, largest_of, models_of, others_of, patients_for
from segur_dmp.domain.submission import is_oid

from segur.personas.country import build_country
from segur.vocab.oids import DMP_REPOSITORY
from segur.wire import cda

COUNTRY = build_country()
MODELS = models_of(COUNTRY)


def test_document_n_is_always_the_same_and_no_two_share_an_identifier() -> None:
    patient = largest_of(COUNTRY)
    some = [filed(MODELS, number, patient, DMP_REPOSITORY) for number in range(200)]
    again = models_of(COUNTRY)
    assert some == [filed(again, number, patient, DMP_REPOSITORY) for number in range(200)]
    assert len({one.entry.unique_id for one in some} | {one.submission_set.unique_id for one in some}) == 400
    assert len({one.entry.entry_uuid for one in some} | {one.submission_set.entry_uuid for one in some}) == 400
    assert all(is_oid(one.entry.unique_id) and len(one.entry.unique_id) <= 64 for one in some)


def test_an_entry_says_of_its_bytes_what_is_true() -> None:
    for number, model in enumerate(MODELS):
        entry = filed(MODELS, number, largest_of(COUNTRY), DMP_REPOSITORY).entry
        assert (entry.size, entry.hash) == (len(model.content), model.entry.hash)
        assert cda.read_header(model.content).code == entry.type_code
        assert datetime.strptime(entry.service_start, "%Y%m%d%H%M%S") < datetime.strptime(
            entry.service_stop, "%Y%m%d%H%M%S"
        )


def test_the_other_patients_are_not_in_the_country_and_go_on_where_they_stopped() -> None:
    known = {patient.ins.matricule for patient in COUNTRY.patients}
    people = list(others_of(COUNTRY, 30))
    assert len({one.ins.matricule for one in people} - known) == 30
    assert list(others_of(COUNTRY, 30, 12)) == people[12:]
    assert list(islice(others_of(COUNTRY, 100), 30)) == people, "a larger crowd begins with the smaller one"


def test_so_many_patients_are_needed_as_there_are_documents_beside_those_of_the_first() -> None:
    assert [patients_for(number) for number in (1, LARGEST, LARGEST + 1, LARGEST + EACH, LARGEST + EACH + 1)] == [
        0, 0, 1, 1, 2,
    ]  # fmt: skip

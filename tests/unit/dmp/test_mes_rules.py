"""Categories, notices and traces of Mon espace santé."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from segur_dmp.domain.mes.categories import LABELS, OWN_TYPES, Category, category_of
from segur_dmp.domain.mes.letters import letter_of
from segur_dmp.domain.mes.notices import LABELS as NOTICES
from segur_dmp.domain.mes.notices import notices_of
from segur_dmp.domain.mes.spaces import Channel, years_later
from segur_dmp.domain.mes.traces import ACTIONS, SUBJECTS, trace_of

from segur.contracts import CATALOGUE, dmp, mes

PATIENT = "pat-0123456789abcdef"


@pytest.mark.parametrize(
    ("type_code", "category"),
    [
        ("60591-5", "SYNTHESE"),
        ("57833-6", "ORD_SOIN"),
        ("60593-1", "ORD_SOIN"),
        ("77604-7", "ORD_SOIN"),
        ("80565-5", "ORD_SOIN"),
        ("18748-4", "RADIO_SC"),
        ("IMG-KOS", "RADIO_SC"),
        ("11502-2", "BIOLOGIE"),
        ("34112-3", "CPT_REND"),
        ("75492-9", "DEPISTAG"),
        ("DOCPAT06", "DEPISTAG"),
        ("89601-9", "CERT_MED"),
        ("DOCPAT08", "SYNTH_PML"),
        ("59284-0", "DOC_ADM"),
        ("EXPPAT_3", "DIR_ANT"),
        ("EXPPAT_1", "VDP"),
        ("EXPPAT_2", "AUTR_DOC"),
        ("74465-6", "QUEST_SANTE"),
        ("11369-6", "CAR_VAC"),
        ("REMB", "REMB"),
        ("nothing-known", "AUTR_DOC"),
    ],
)
def test_each_type_has_its_category(type_code: str, category: str) -> None:
    assert category_of(type_code) == category


def test_a_document_of_the_patient_comes_back_under_the_category_it_was_put_into() -> None:
    assert {category: category_of(code) for category, code in OWN_TYPES.items()} == {one: one for one in OWN_TYPES}
    assert set(LABELS) == set(Category)
    assert len(Category) == 15


def submitted(**more: object) -> dmp.DocumentSubmitted:
    values = {
        "document_id": "1.2.3", "patient": PATIENT, "type_code": "11488-4", "entry_uuid": "u", "author": "8997",
        "structure": "s", "digest": "d", "size": 1, "door": "soap",
    }  # fmt: skip
    return dmp.DocumentSubmitted.model_validate(values | more)


@pytest.mark.parametrize(
    ("fact", "codes"),
    [
        (submitted(), ["AJOUT_DOCUMENT"]),
        (submitted(replaces="1.2.2"), ["MODIF_DOCUMENT"]),
        (submitted(type_code="11369-6"), ["AJOUT_VACCINATION"]),
        (submitted(type_code="EXPPAT_3"), ["RAPPEL_MODIF_DA"]),
        (submitted(type_code="E1762"), []),
        (submitted(door="mes"), []),
        (submitted(hidden_from_patient=True), []),
        (dmp.DocumentDeleted(document_id="1", patient=PATIENT, by="8997"), ["SUPP_DOC"]),
        (dmp.DocumentDeleted(document_id="1", patient=PATIENT, by="patient"), []),
        (dmp.DocumentShown(document_id="1", patient=PATIENT, by="8997", to="patient"), ["AJOUT_DOCUMENT"]),
        (dmp.DocumentShown(document_id="1", patient=PATIENT, by="dmp", to="patient"), ["REMISE_VISIBILITE_AUTO"]),
        (dmp.DocumentShown(document_id="1", patient=PATIENT, by="8997", to="legal_representatives"), []),
        (
            mes.DelegationRevoked(patient=PATIENT, delegation_id="1", carer="pat-1", by="patient"),
            ["REVOCATION_PAR_AIDE"],
        ),
        (mes.DelegationDeclined(patient=PATIENT, delegation_id="1", carer="pat-1"), ["REFUS_PARTAGE_PROFIL"]),
    ],
)
def test_facts_cause_the_notices_of_the_national_list(fact: dmp.DocumentSubmitted, codes: list[str]) -> None:
    told = notices_of(fact)
    assert [notice.code for notice in told] == codes
    assert all(notice.code in NOTICES for notice in told)


def test_a_letter_says_that_there_is_news_and_not_which() -> None:
    [notice] = notices_of(submitted())
    for channel in Channel:
        subject, text = letter_of(notice, "http://localhost:8080", channel)
        assert "http://localhost:8080/mes/" in text
        assert not any(secret in subject + text for secret in ("1.2.3", "8997", PATIENT))


def test_every_action_of_the_history_is_a_fact_there_is() -> None:
    assert set(ACTIONS) <= set(CATALOGUE)
    secret = trace_of(dmp.RecordSearched(patient=PATIENT, reader="8997", returned=1, door="soap", secret=True))
    assert secret is not None
    assert (secret.actor, secret.secret) == ("8997", True)
    assert trace_of(dmp.RecordSearched(patient="unknown", reader="8997", returned=0, door="soap")) is None


@pytest.mark.parametrize(("mode", "text"), [("bris_de_glace", "bris de glace"), ("centre_15", "centre 15")])
def test_the_line_of_an_emergency_access_says_who_came_and_in_which_mode(mode: str, text: str) -> None:
    told = dmp.EmergencyAccessed(patient=PATIENT, reader="8997", structure="1990000119", mode=mode, operation="TD3.1")
    line = trace_of(told)
    assert line is not None
    assert (line.action, line.actor, line.about) == ("dmp.emergency.accessed", "8997", mode)
    assert text in SUBJECTS[line.about][0]


def test_a_birthday_on_29_february_is_on_1_march_in_other_years() -> None:
    assert years_later(datetime(2008, 2, 29, tzinfo=UTC), 18) == datetime(2026, 3, 1, tzinfo=UTC)

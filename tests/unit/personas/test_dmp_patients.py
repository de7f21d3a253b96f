"""The patients of the DMP's conformity cases."""

from __future__ import annotations

from pathlib import Path

from segur.personas import build_country, dmp_table
from segur.personas.dmp_patients import dmp_patients
from segur.vocab import oids

COUNTRY = build_country()


def test_each_case_is_a_person_of_the_country_who_can_be_found_by_matricule() -> None:
    for patient in dmp_patients():
        assert COUNTRY.patient(patient.key) == patient
        assert COUNTRY.patient_by_ins(patient.ins) == patient
        assert patient.dmp_case.case
        assert patient.birth_name.startswith("PAT-")


def test_the_professionals_a_case_names_exist() -> None:
    for patient in dmp_patients():
        for key in (*patient.dmp_case.blocked, *patient.dmp_case.lapsed, *patient.authorised):
            assert COUNTRY.professional(key)


def test_the_special_identities_are_a_demonstration_one_a_corsican_one_and_a_minor() -> None:
    by_key = {patient.key: patient for patient in dmp_patients()}
    assert by_key["DMP-REMB"].ins.oid == oids.INS_NIR_DEMO
    assert "2A" in by_key["DMP-CORSE"].ins.matricule
    assert by_key["DMP-MELANGE-3"].is_minor


def test_the_table_of_the_documentation_is_the_generated_one() -> None:
    committed = Path(dmp_table.__file__).parents[2] / "docs" / "dmp-patients.md"
    assert committed.read_text(encoding="utf-8") == dmp_table.table(), "run: python -m segur.personas.dmp_table"

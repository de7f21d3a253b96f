"""The cast: the fixtures of the stories, the same for every seed, and the people generated around them."""

from __future__ import annotations

from datetime import date

import pytest

from segur.personas import (
    DmpState,
    IdentityStatus,
    MailboxKind,
    MesState,
    UnknownPersona,
    build_country,
    stream_patients,
)
from segur.personas.dmp_patients import dmp_patients
from segur.vocab import oids
from segur.vocab.ins import Ins, matricule_key
from segur.vocab.professional_ids import luhn_key

PATIENTS = ("P1", "P2", "P3", "P4", "P5", "P5-VALI", "P5-PROV", "P6", "P7", "P8", "P9", "P9'", "P10", "P11", "P12")
CASES = tuple(patient.key for patient in dmp_patients())
PROFESSIONALS = (*(f"PS{n}" for n in range(1, 15)), "PS-X")


@pytest.fixture(scope="module")
def country():
    return build_country()


def test_p1_is_the_published_test_identity(country):
    patient = country.patient("P1")
    assert (patient.birth_name, patient.given_name, patient.sex) == ("PAT-TROIS", "DOMINIQUE", "F")
    assert patient.birth_date == date(1979, 3, 28)
    assert patient.ins == Ins("279035121518989", oids.INS_NIR_TEST)
    assert patient.status is IdentityStatus.QUALIFIEE
    assert patient.dmp is DmpState.ACTIF


def test_every_fixture_of_the_stories_is_there_whatever_the_size():
    smallest = build_country(patients=0, professionals=0)
    assert [p.key for p in smallest.patients] == [*PATIENTS, *CASES]
    assert [p.key for p in smallest.professionals] == list(PROFESSIONALS)
    assert {"ST1", "ST2", "ST3", "ST4"} <= {s.key for s in smallest.structures}


def test_each_patient_shows_the_situation_it_stands_for(country):
    assert country.patient("P3").dmp is DmpState.NONE
    assert country.patient("P4").dmp is DmpState.CLOSED
    assert [country.patient(k).status.value for k in ("P5", "P5-VALI", "P5-PROV")] == ["RECUP", "VALI", "PROV"]
    assert country.patient("P6").opposed_to_consultation
    assert country.patient("P6").opposed_to_feeding
    assert country.patient("P7").is_minor
    assert len(country.patient("P7").legal_representatives) == 2
    assert country.patient("P8").deceased
    assert country.patient("P10").mes is MesState.ACTIVE
    assert country.patient("P11").mes is MesState.CLOSED
    assert country.patient("P12").mes is MesState.UNKNOWN


def test_the_homonyms_differ_by_their_day_of_birth_and_matricule_only(country):
    one, other = country.patient("P9"), country.patient("P9'")
    assert (one.birth_name, one.given_names, one.sex) == (other.birth_name, other.given_names, other.sex)
    assert (one.birth_date.year, one.birth_date.month) == (other.birth_date.year, other.birth_date.month)
    assert one.birth_date != other.birth_date
    assert one.ins != other.ins


def test_matricules_are_of_test_unique_and_say_the_same_as_the_identity(country):
    assert len({p.ins.matricule for p in country.patients}) == len(country.patients)
    for patient in country.patients:
        matricule = patient.ins.matricule
        assert patient.ins.oid == (oids.INS_NIR_DEMO if patient.key == "DMP-REMB" else oids.INS_NIR_TEST)
        assert matricule[0] == ("1" if patient.sex == "M" else "2")
        assert matricule[1:5] == f"{patient.birth_date:%y%m}"
        # the key of the published identity P1 is right too
        assert matricule[13:] == matricule_key(matricule[:13])


def test_professional_numbers_are_of_the_test_range_with_a_valid_key(country):
    registered = [p for p in country.professionals if p.rpps is not None]
    assert len({p.id_nat for p in country.professionals}) == len(country.professionals)
    for person in registered:
        assert person.rpps.is_test
        assert person.rpps.has_valid_key
        assert person.id_nat.value == f"8{person.rpps.value}"


def test_the_generic_account_has_no_national_identity_and_no_mailbox(country):
    account = country.professional("PS-X")
    assert account.rpps is None
    assert not account.id_nat.names_a_person_nationally
    assert account.author_specialty == ("", "")
    assert country.mailboxes_of("PS-X") == ()


def test_the_fixtures_play_every_profession_of_the_wave(country):
    cast = [country.professional(f"PS{n}") for n in range(1, 15)]
    assert {p.profession for p in cast} == {"10", "21", "40", "50", "60", "70", "80", "91", "92"}
    assert country.professional("PS4").author_specialty == ("G15_10/SM44", "Médecin - Radiodiagnostic (SM)")
    assert country.professional("PS3").structure.key == "ST-PS3"


def test_finess_numbers_have_a_valid_key_and_a_department_that_does_not_exist(country):
    finess = [s.finess_site for s in country.structures if s.finess_site]
    assert len(finess) == len(set(finess)) >= 5
    for number in finess:
        assert number.startswith("99")
        assert luhn_key(number[:8]) == number[8]


def test_equal_arguments_give_equal_countries_and_the_fixtures_ignore_the_seed():
    assert build_country(7, 60, 25) == build_country(7, 60, 25)
    one, other = build_country(1, 60, 25), build_country(2, 60, 25)
    assert one.patients != other.patients
    assert one.patients[: len(PATIENTS)] == other.patients[: len(PATIENTS)]


def test_a_longer_country_begins_with_the_shorter_one():
    short, more_patients, long = build_country(3, 25, 20), build_country(3, 40, 20), build_country(3, 25, 30)
    assert more_patients.patients[: len(short.patients)] == short.patients
    assert long.professionals[: len(short.professionals)] == short.professionals


def test_mailboxes_have_unique_addresses_and_known_owners(country):
    addresses = [m.address for m in country.mailboxes]
    assert len(addresses) == len({a.lower() for a in addresses})
    keys = {p.key for p in (*country.patients, *country.professionals, *country.structures)}
    assert {m.owner for m in country.mailboxes} <= keys
    # nobody has a CAB mailbox from the start: the directory's API declares one
    assert {m.kind for m in country.mailboxes} == set(MailboxKind) - {MailboxKind.CAB}


def test_a_patient_unknown_to_the_citizen_messaging_has_no_mailbox_and_a_closed_one_is_closed(country):
    assert country.mailboxes_of("P12") == ()
    assert [m.is_open for m in country.mailboxes_of("P11")] == [False]
    assert [m.is_open for m in country.mailboxes_of("P1")] == [True]


def test_people_are_found_by_their_identifiers_in_any_case_of_the_address(country):
    doctor, patient = country.professional("PS1"), country.patient("P1")
    assert country.patient_by_ins(patient.ins) is patient
    assert country.professional_by_id_nat(doctor.id_nat) is doctor
    assert country.structure_by_id(doctor.structure.struct_id) is country.structure("ST1")
    assert country.mailbox(doctor.mailbox.upper()).owner == "PS1"


@pytest.mark.parametrize("kind", ["patient", "professional", "structure"])
def test_an_unknown_key_is_refused_by_name(country, kind):
    with pytest.raises(UnknownPersona, match=f"{kind}: no 'NOBODY'"):
        getattr(country, kind)("NOBODY")


def test_a_stream_of_patients_is_lazy():
    assert next(stream_patients(1, 10**12)).key == "P13"  # would never end otherwise

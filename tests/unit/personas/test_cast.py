"""The parts the cast plays, and the people generated around it."""

import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from segur import personas
from segur.personas import Country, MailboxKind, build_country, generated, stream_patients, stream_professionals

ROOT = Path(personas.__file__).parents[2]


@pytest.fixture(scope="module")
def country() -> Country:
    return build_country()


@pytest.mark.parametrize(
    ("key", "profession", "speciality", "section"),
    [
        (personas.RADIOLOGIST, "10", "SM44", ""),
        (personas.GENERAL_PRACTITIONER, "10", "SM54", ""),
        (personas.OTHER_DOCTOR, "10", "SM04", ""),
        (personas.NUCLEAR_DOCTOR, "10", "SM28", ""),
        (personas.BIOLOGIST, "21", "", "G"),
        (personas.PHARMACIST, "21", "", "A"),
        (personas.DENTIST, "40", "", ""),
        (personas.MIDWIFE, "50", "", ""),
        (personas.NURSE, "60", "", ""),
        (personas.PHYSIOTHERAPIST, "70", "", ""),
        (personas.PODIATRIST, "80", "", ""),
        (personas.SPEECH_THERAPIST, "91", "", ""),
        (personas.ORTHOPTIST, "92", "", ""),
    ],
)
def test_each_role_is_played_by_someone_of_the_trade(
    country: Country, key: str, profession: str, speciality: str, section: str
) -> None:
    who = country.professional(key)
    assert (who.profession, who.speciality, who.situations[0].section) == (profession, speciality, section)


def test_the_generic_account_has_no_national_identity_and_no_mailbox(country: Country) -> None:
    generic = country.professional(personas.GENERIC_ACCOUNT)
    assert generic.rpps is None
    assert not generic.id_nat.names_a_person_nationally
    assert country.mailboxes_of(generic.key) == ()
    assert not any(generic.key in box.members for box in country.mailboxes)


def test_the_general_practitioner_has_two_situations_to_choose_from(country: Country) -> None:
    doctor = country.professional(personas.GENERAL_PRACTITIONER)
    assert [s.structure.sector for s in doctor.situations] == ["SA07", "SA17"]


def test_the_four_structures_are_hospital_laboratory_imaging_and_nursing_home(country: Country) -> None:
    sectors = [country.structure(f"ST{n}").sector for n in range(1, 5)]
    assert sectors == ["SA01", "SA25", "SA08", "SA17"]
    assert country.structure("ST1").finess_site != country.structure("ST1").finess_legal


def test_a_matricule_tells_the_sex_the_month_and_the_place_of_birth(country: Country) -> None:
    for p in country.patients:
        assert p.ins.matricule[:10] == f"{'1' if p.sex == 'M' else '2'}{p.birth_date:%y%m}{p.birth_place}"


def test_keys_identifiers_and_addresses_are_unique(country: Country) -> None:
    keys = [p.key for p in country.patients] + [p.key for p in country.professionals]
    keys += [s.key for s in country.structures]
    ids = [p.id_nat for p in country.professionals] + [s.struct_id for s in country.structures]
    addresses = [m.address for m in country.mailboxes]
    oids_of = [s.oid for s in country.structures]
    for values in (keys, ids, addresses, oids_of):
        assert len(set(values)) == len(values)


def test_both_mail_operators_have_professionals(country: Country) -> None:
    operators = {m.operator for m in country.mailboxes if m.kind is MailboxKind.PER}
    assert operators == {"mss-a", "mss-b"}
    assert {m.kind for m in country.mailboxes_of("ST3")} == {MailboxKind.ORG, MailboxKind.APP}


def test_the_requested_numbers_include_the_fixtures(country: Country) -> None:
    assert (len(country.patients), len(country.professionals)) == (60, 40)


def test_another_process_builds_the_same_country() -> None:
    program = "from segur.personas import build_country; print(repr(build_country(3, 30, 20)))"
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert other.stdout.strip() == repr(build_country(3, 30, 20))


def test_a_longer_stream_begins_with_the_shorter_one() -> None:
    assert list(stream_patients(5, 20)) == list(islice(stream_patients(5, 1_000_000), 20))
    assert list(stream_professionals(5, 20)) == list(islice(stream_professionals(5, 1_000_000), 20))


def test_a_large_population_keeps_its_matricules_and_numbers_apart() -> None:
    assert len({p.ins.matricule for p in stream_patients(1, 10_000)}) == 10_000
    people = list(stream_professionals(1, 1500))
    assert len({p.id_nat for p in people}) == 1500
    assert len({p.mailbox for p in people}) == 1500


def test_generated_people_are_visibly_invented() -> None:
    assert all(p.birth_name.startswith("PAT-") for p in stream_patients(1, 200))
    assert all(p.family_name.endswith("-TEST") for p in stream_professionals(1, 100))


def test_minors_and_only_minors_have_legal_representatives() -> None:
    people = list(stream_patients(1, 400))
    assert any(p.is_minor for p in people)
    assert all(bool(p.legal_representatives) is p.is_minor for p in people)


def test_importing_the_personas_loads_no_heavy_library() -> None:
    program = (
        "import sys, segur.personas, segur.personas.samples_cda, segur.personas.samples_dicom\n"
        "print(sorted({'faker', 'pydicom', 'reportlab', 'numpy'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.strip() == "[]"


def test_a_country_without_matricules_left_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generated, "BIRTH_PLACES", (("28085", "CHARTRES"),))
    monkeypatch.setattr(generated, "_BIRTH_DAYS", 1)
    with pytest.raises(generated.CountryFull, match="CHARTRES"):
        list(stream_patients(1, 1000))

"""Rules of the DMP: rights, authorizations, visibility, links of a VIHF."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from segur_dmp.domain import vihf as rules
from segur_dmp.domain import vihf_claims as claims
from segur_dmp.domain.directory import Directory
from segur_dmp.domain.rights import Grant, authorization_state
from segur_dmp.domain.vihf import Card
from segur_dmp.domain.visibility import is_masked, seen_by_patient, seen_by_professional, with_masking

from segur.kernel.errors import SegurError
from segur.personas import roles
from segur.personas.country import build_country
from segur.vocab import oids
from segur.vocab.structures import StructId
from segur.wire import saml
from segur.wire.saml import AuthenticationMode, Coded, Vihf
from segur.wire.xds import Author, Code, DocumentEntry

ENTRY = DocumentEntry("e", "1.2", "p", authors=(Author("8001^A^B"),), confidentiality=(Code("N", "x"),))
NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
COUNTRY = build_country()
DIRECTORY = Directory.of(COUNTRY)
DOCTOR = COUNTRY.professional(roles.OTHER_DOCTOR)
HOSPITAL = COUNTRY.structure(roles.HOSPITAL)
GOOD = Vihf(
    id="_1",
    issue_instant=NOW,
    issuer="CN=x",
    name_id=str(DOCTOR.id_nat),
    mode=AuthenticationMode.REINFORCED,
    structure=str(HOSPITAL.struct_id),
    sector=Coded("SA01", oids.ACTIVITY_SECTOR),
    subject_id="HUGO COEURVAILLANT",
    roles=(Coded("10", oids.PROFESSION), Coded("SM04", oids.SPECIALITY)),
    resource_id="279035121518989^^^&1.2.250.1.213.1.4.10&ISO^NH",
    purpose=saml.purpose(),
    lps_name="LPS",
    lps_version="1",
    lps_approval="A",
)
SIGN = Card("org-sign", "LPS", str(HOSPITAL.struct_id))


def test_an_authorization_lapses_but_not_that_of_the_treating_doctor() -> None:
    year = timedelta(days=365)
    assert authorization_state(None, NOW, year) == "INEXISTANTE"
    assert authorization_state(Grant(NOW - year), NOW, year) == "EXPIREE"
    assert authorization_state(Grant(NOW - year + timedelta(seconds=1)), NOW, year) == "VALIDE"
    assert authorization_state(Grant(NOW - year, treating=True), NOW, year) == "VALIDE"


def test_a_masked_document_is_seen_by_its_author_and_the_treating_doctor_only() -> None:
    masked = with_masking(ENTRY, True)
    assert is_masked(masked)
    assert seen_by_professional(masked, "8001")
    assert not seen_by_professional(masked, "8002")
    assert seen_by_professional(masked, "8002", treating=True)
    assert with_masking(masked, False) == ENTRY


def test_the_patient_does_not_see_what_awaits_its_announcement() -> None:
    hidden = replace(ENTRY, confidentiality=(*ENTRY.confidentiality, Code("INVISIBLE_PATIENT", "y")))
    assert (seen_by_patient(ENTRY), seen_by_patient(hidden)) == (True, False)


def test_the_legal_and_the_geographic_finess_of_one_hospital_are_one_entity() -> None:
    site, legal = (str(StructId.finess(n)) for n in (HOSPITAL.finess_site, HOSPITAL.finess_legal))
    other = str(COUNTRY.structure(roles.LABORATORY).struct_id)
    assert DIRECTORY.same_entity(site, legal)
    assert not DIRECTORY.same_entity(site, other)
    assert DIRECTORY.unlinked(str(DOCTOR.id_nat), other)
    assert not DIRECTORY.unlinked("899999999999", other)
    rules.check_signer(replace(GOOD, structure=legal), SIGN, DIRECTORY)


def test_a_good_token_passes() -> None:
    claims.check_claims(GOOD)
    rules.check_signer(GOOD, SIGN, DIRECTORY)
    rules.check_client(GOOD, replace(SIGN, kind="org-auth"), DIRECTORY)
    rules.check_posts(GOOD, DIRECTORY)
    claims.check_dates(GOOD, NOW, lifetime=timedelta(hours=1), skew=timedelta())


@pytest.mark.parametrize(
    ("vihf", "name"),
    [
        (replace(GOOD, lps_name=""), "missing_attribute"),
        (replace(GOOD, mode=None), "missing_attribute"),
        (replace(GOOD, roles=GOOD.roles[:1]), "no_speciality"),
        (replace(GOOD, purpose=Coded("curiosite", oids.ACCESS_MODE)), "wrong_attribute"),
        (replace(GOOD, purpose=saml.purpose(saml.BREAK_GLASS)), "missing_attribute"),
    ],
)
def test_a_claim_that_lacks_is_named(vihf: Vihf, name: str) -> None:
    with pytest.raises(SegurError) as refused:
        claims.check_claims(vihf)
    assert refused.value.refusal.name == name


@pytest.mark.parametrize(
    ("vihf", "card", "name"),
    [
        (GOOD, replace(SIGN, kind="org-auth"), "bad_certificate"),
        (GOOD, replace(SIGN, kind="ps-sign"), "bad_certificate"),
        (GOOD, replace(SIGN, structure="1999999999"), "legal_person"),
        (GOOD, replace(SIGN, structure=""), "legal_person"),
        (replace(GOOD, mode=AuthenticationMode.DIRECT), SIGN, "bad_certificate"),
        (replace(GOOD, mode=AuthenticationMode.DIRECT), Card("ps-sign", "8000", ""), "other_holder"),
    ],
)
def test_the_signer_must_be_the_one_the_token_names(vihf: Vihf, card: Card, name: str) -> None:
    with pytest.raises(SegurError) as refused:
        rules.check_signer(vihf, card, DIRECTORY)
    assert refused.value.refusal.name == name

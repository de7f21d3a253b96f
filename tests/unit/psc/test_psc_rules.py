"""The rules of PSC without any service: requests, PKCE, claims, paths."""

from __future__ import annotations

from typing import Any

import pytest
from segur_psc.domain.addresses import Addresses, discovery
from segur_psc.domain.authorization import Destination, check_verifier, read_destination
from segur_psc.domain.session import CARD, MOBILE, Person, Session
from segur_psc.domain.tokens import Grant, access_claims, at_hash, id_claims
from segur_psc.domain.userinfo import claims

from segur.kernel.errors import SegurError
from segur.personas.country import build_country

PERSON: dict[str, Any] = {"given_name": "A", "family_name": "B", "otherIds": []}


def session(means: str = CARD) -> Session:
    return Session("sid", "899700010046", means, "code", 100, 1900, 14500, ("c",))


def grant(policy: str, means: str = CARD) -> Grant:
    return Grant(session(means), "c", "openid", "n", "https://i", "f:u:899700010046", policy)


def test_pkce_follows_the_worked_example_of_the_rfc() -> None:
    verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    check_verifier(challenge, "S256", verifier)
    with pytest.raises(SegurError, match="PKCE verification failed"):
        check_verifier(challenge, "plain", verifier)
    with pytest.raises(SegurError, match="not specified"):
        check_verifier(challenge, "S256", "")


def test_a_redirect_uri_must_match_letter_by_letter() -> None:
    assert read_destination({"redirect_uri": "https://a/cb"}, "c", ["https://a/cb"]).redirect_uri == "https://a/cb"
    for wrong in ("https://a/cb/", "https://a/CB", "https://a/cb?x=1", "https://a/cb#", "", "https://a"):
        with pytest.raises(SegurError, match="redirect_uri"):
            read_destination({"redirect_uri": wrong}, "c", ["https://a/cb"])


def test_an_answer_keeps_the_query_of_its_destination_and_is_escaped() -> None:
    assert Destination("c", "https://a/cb?x=1").location({"state": "a&b c"}) == "https://a/cb?x=1&state=a%26b+c"
    assert Destination("c", "https://a/cb", "fragment").location({"code": "1"}) == "https://a/cb#code=1"


@pytest.mark.parametrize(
    ("policy", "means", "in_id", "in_access"),
    [
        ("eidas1", CARD, "eidas1", "eidas1"),
        ("eidas2_for_card", CARD, "eidas2", "eidas2"),
        ("eidas2_for_card", MOBILE, "eidas1", "eidas1"),
        ("eidas3_in_access_token", CARD, "eidas1", "eidas3"),
        ("absent", CARD, None, None),
    ],
)
def test_the_acr_policy_says_which_level_the_tokens_claim(
    policy: str, means: str, in_id: str | None, in_access: str | None
) -> None:
    asked = grant(policy, means)
    access = access_claims(asked, PERSON, jti="j", now=100, expires_at=220)
    identity = id_claims(asked, PERSON, "a.b.c", jti="j", now=100, expires_at=220)
    assert (identity.get("acr"), access.get("acr")) == (in_id, in_access)


def test_at_hash_follows_the_worked_example_of_openid_connect() -> None:
    assert at_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y") == "77QmUPtjPfzWtF2AnpK9RQ"


def test_a_session_lives_until_closed_idle_or_at_its_end() -> None:
    assert session().alive(1899)
    assert not session().alive(1900)
    assert not Session("s", "i", CARD, "code", 0, 99999, 14400, ("c",)).alive(14400)
    assert not Session("s", "i", CARD, "code", 0, 99, 99, ("c",), active=False).alive(1)


def test_a_person_signs_in_only_with_a_means_they_own() -> None:
    person = Person("i", "n", "p", "s", card=False, phone=True, claims={})
    assert (person.means(), person.means(CARD), person.means(MOBILE)) == (MOBILE, "", MOBILE)


def test_every_professional_of_the_country_has_whole_claims() -> None:
    for professional in build_country(professionals=60).professionals:
        found = claims(professional)
        assert None not in found.values()
        if professional.rpps is None:
            assert "SubjectRefPro" not in found
            continue
        (exercise,) = found["SubjectRefPro"]["exercices"]
        assert len(exercise["activities"]) == len(professional.situations)
        assert all(len(a) == 30 and None not in a.values() for a in exercise["activities"])


def test_the_pharmacist_has_a_section_and_no_speciality() -> None:
    found = claims(build_country().professional("PS6"))
    (exercise,) = found["SubjectRefPro"]["exercices"]
    assert (exercise["codeProfession"], exercise["codeSavoirFaire"]) == ("21", "")
    assert exercise["activities"][0]["codeSectionPharmacien"] == "A"


def test_addresses_keep_the_sandbox_prefix() -> None:
    addresses = Addresses("https://localhost:8443/s/x")
    assert addresses.issuer == "https://localhost:8443/s/x/auth/realms/esante-wallet"
    assert (addresses.path, Addresses("https://localhost:8443").path) == ("/s/x", "/")
    told = discovery(addresses, wallet=True, response_iss=False)
    assert "authorization_response_iss_parameter_supported" not in told
    assert told["token_endpoint"].startswith(addresses.issuer)

"""The rules of PSC without any service: requests, PKCE, claims, paths."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from segur_psc.domain import discovery
from segur_psc.domain.addresses import Addresses
from segur_psc.domain.authorization import Destination, Strictness, check_verifier, read_destination, read_request
from segur_psc.domain.session import CARD, MOBILE, Client, Person, Session, secret_digest
from segur_psc.domain.tokens import Grant, access_claims, at_hash, id_claims
from segur_psc.edges.texts import TEXTS

from segur.kernel.errors import SegurError


def names(text: str) -> set[str]:
    return set(text.split())


REAL_DISCOVERY = names(
    """
    issuer authorization_endpoint token_endpoint introspection_endpoint userinfo_endpoint end_session_endpoint jwks_uri
    check_session_iframe registration_endpoint revocation_endpoint device_authorization_endpoint
    backchannel_authentication_endpoint pushed_authorization_request_endpoint
    frontchannel_logout_supported frontchannel_logout_session_supported
    backchannel_logout_supported backchannel_logout_session_supported
    grant_types_supported acr_values_supported response_types_supported subject_types_supported
    id_token_signing_alg_values_supported userinfo_signing_alg_values_supported
    request_object_signing_alg_values_supported authorization_signing_alg_values_supported
    token_endpoint_auth_signing_alg_values_supported introspection_endpoint_auth_signing_alg_values_supported
    revocation_endpoint_auth_signing_alg_values_supported
    id_token_encryption_alg_values_supported id_token_encryption_enc_values_supported
    userinfo_encryption_alg_values_supported userinfo_encryption_enc_values_supported
    request_object_encryption_alg_values_supported request_object_encryption_enc_values_supported
    authorization_encryption_alg_values_supported authorization_encryption_enc_values_supported
    response_modes_supported token_endpoint_auth_methods_supported introspection_endpoint_auth_methods_supported
    revocation_endpoint_auth_methods_supported claims_supported claim_types_supported claims_parameter_supported
    scopes_supported request_parameter_supported request_uri_parameter_supported require_request_uri_registration
    code_challenge_methods_supported tls_client_certificate_bound_access_tokens
    backchannel_token_delivery_modes_supported backchannel_authentication_request_signing_alg_values_supported
    require_pushed_authorization_requests mtls_endpoint_aliases authorization_response_iss_parameter_supported
    """
)
"""The fields of the real wallet document [PSC digest 1.3]."""
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


def test_the_id_token_echoes_a_nonce_or_has_none_the_access_token_always_has_the_field() -> None:
    asked = replace(grant("eidas1"), nonce="")
    access = access_claims(asked, PERSON, jti="j", now=100, expires_at=220)
    identity = id_claims(asked, PERSON, "a.b.c", jti="j", now=100, expires_at=220)
    assert (access["nonce"], "nonce" in identity) == ("", False)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"acr_values": ""}, "acr_values"),
        ({"acr_values": "eidas2"}, "acr_values"),
        ({"acr_values": "eidas1 eidas2"}, "acr_values"),
        ({"prompt": "none login"}, "prompt"),
        ({"prompt": "dance"}, "prompt"),
        ({"max_age": "-1"}, "max_age"),
        ({"response_mode": "carrier-pigeon"}, "response_mode"),
        ({"claims": "{"}, "claims"),
        ({"claims": "[]"}, "claims"),
        ({"claims": '{"id_token": {"acr": {"value": "eidas3"}}}', "acr_values": ""}, "acr_values"),
        ({"state": "x" * 4001}, "state"),
    ],
)
def test_an_authorization_request_is_refused_by_the_name_of_what_is_wrong(changes: dict[str, str], text: str) -> None:
    good = {"response_type": "code", "scope": "openid scope_all", "acr_values": "eidas1"}
    assert read_request(good, Destination("c", "https://a/cb")).scope == "openid scope_all"
    with pytest.raises(SegurError, match=text):
        read_request(good | changes, Destination("c", "https://a/cb"))


def test_acr_values_may_be_missing_where_the_platform_is_told_so_but_never_wrong() -> None:
    to = Destination("c", "https://a/cb")
    read_request({"response_type": "code"}, to, strictness=Strictness(acr_required=False))
    with pytest.raises(SegurError, match="acr_values"):
        read_request({"response_type": "code", "acr_values": "eidas3"}, to, strictness=Strictness(acr_required=False))


def test_at_hash_follows_the_worked_example_of_openid_connect() -> None:
    assert at_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y") == "77QmUPtjPfzWtF2AnpK9RQ"


def test_a_session_lives_until_closed_idle_or_at_its_end() -> None:
    assert session().alive(1899)
    assert not session().alive(1900)
    assert not Session("s", "i", CARD, "code", 0, 99999, 14400, ("c",)).alive(14400)
    assert not Session("s", "i", CARD, "code", 0, 99, 99, ("c",), active=False).alive(1)


def test_a_client_knows_its_secret_and_a_client_without_one_knows_none() -> None:
    client = Client(id="x", secret_sha256=secret_digest("s3cret"))
    assert client.knows("s3cret")
    assert "s3cret" not in repr(client)
    assert not any(client.knows(wrong) for wrong in ("", "s3cre", "S3cret", client.secret_sha256))
    assert not any(Client(id="x", secret_sha256="").knows(wrong) for wrong in ("", secret_digest("")))


def test_a_logout_leads_to_registered_addresses_only() -> None:
    client = Client(id="x", secret_sha256="", redirect_uris=("https://a/cb",), logout_uris=("https://a/",))
    assert client.may_return_to("https://a/")
    assert client.may_return_to("https://a/cb")
    assert not client.may_return_to("https://a")


def test_a_person_signs_in_only_with_a_means_they_own() -> None:
    person = Person("i", "Dr Claire RAYONNET", "p", "s", card=False, phone=True)
    assert person.initials == "CR"
    assert (person.means(), person.means(CARD), person.means(MOBILE)) == (MOBILE, "", MOBILE)


def test_addresses_keep_the_sandbox_prefix() -> None:
    addresses = Addresses("https://localhost:8443/s/x")
    assert addresses.issuer == "https://localhost:8443/s/x/auth/realms/esante-wallet"
    assert (addresses.prefix, Addresses("https://localhost:8443").prefix) == ("/s/x", "")


@pytest.mark.parametrize(
    "base",
    [
        "https://wallet.localhost:8443",  # a sandbox that happens to be called so
        "https://auth.localhost:8443",
        "https://wallet.bas.psc.esante.gouv.fr.example",
        "https://localhost/s/wallet.bas.psc.esante.gouv.fr",
    ],
)
def test_only_the_national_names_have_a_wallet_host_of_their_own(base: str) -> None:
    addresses = Addresses(base)
    assert (addresses.wallet, addresses.issuer) == (f"{base}/auth", f"{base}/auth/realms/esante-wallet")
    assert addresses.cookie_domain is None


@pytest.mark.parametrize("tail", ["", ":8443", ":8443/s/x"])
def test_both_national_hosts_know_each_other_and_share_cookies(tail: str) -> None:
    for host in ("auth", "wallet"):
        addresses = Addresses(f"https://{host}.bas.psc.esante.gouv.fr{tail}")
        assert addresses.issuer == f"https://auth.bas.psc.esante.gouv.fr{tail}/auth/realms/esante-wallet"
        assert addresses.wallet == f"https://wallet.bas.psc.esante.gouv.fr{tail}/auth"
        assert addresses.cookie_domain == "bas.psc.esante.gouv.fr"


def test_the_discovery_document_names_iss_in_responses_only_when_they_carry_it() -> None:
    told = [
        discovery.document(Addresses("https://a"), wallet=True, response_iss=with_iss) for with_iss in (True, False)
    ]
    assert [document.get("authorization_response_iss_parameter_supported") for document in told] == [True, None]


def test_the_national_document_has_every_field_of_the_real_one() -> None:
    told = discovery.document(Addresses("https://a"), wallet=True, response_iss=True, national=True)
    assert set(told) == REAL_DISCOVERY
    aliases = told["mtls_endpoint_aliases"]
    assert aliases == {name: told[name] for name in aliases}
    assert len(aliases) == 8


def test_both_languages_of_the_pages_say_the_same_things() -> None:
    assert set(TEXTS["fr"]) == set(TEXTS["en"])
    assert all(text.strip() for language in TEXTS.values() for text in language.values())

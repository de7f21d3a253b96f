"""Which service answers, and in whose sandbox."""

from __future__ import annotations

import pytest
from segur_gateway.record import Recorder
from segur_gateway.routes import CERTIFICATE_NAMES, PRODUCTION_HOSTS, TEST_HOSTS, is_unserved, resolve

from segur.kernel.ids import Pseudonyms
from segur.vocab.ins import Ins


@pytest.mark.parametrize(
    ("host", "path", "service", "sandbox", "seen"),
    [
        ("localhost", "/si-dmp-server/v2/services/registry", "dmp", "default", "/si-dmp-server/v2/services/registry"),
        ("localhost", "/s/equipe-3/fhir/v2/Practitioner", "annuaire", "equipe-3", "/fhir/v2/Practitioner"),
        ("equipe-3.localhost", "/auth", "psc", "equipe-3", "/auth"),
        ("wallet.bas.psc.esante.gouv.fr", "/auth", "psc", "default", "/auth"),
        ("proxy-exemple.edc-psc.esante.gouv.fr", "/connect", "psc", "default", "/connect"),
        (
            "auth.server.api.edc-psc.esante.gouv.fr",
            "/realms/signsessiondata",
            "psc",
            "default",
            "/realms/signsessiondata",
        ),
        ("dev6.lps2.dmp.gouv.fr", "/anything", "dmp", "default", "/anything"),
        ("qualiflps-services-ps-tlsm.ameli.fr", "/lps", "ins", "default", "/lps"),
        ("localhost", "/authentic", "", "default", "/authentic"),
        ("localhost", "/", "", "default", "/"),
    ],
)
def test_a_call_finds_its_service_by_national_host_or_path(
    host: str, path: str, service: str, sandbox: str, seen: str
) -> None:
    target = resolve(host, path)
    assert (target.service, target.sandbox, target.path) == (service, sandbox, seen)


@pytest.mark.parametrize(
    "host", ["auth.esw.esante.gouv.fr", "lps2.dmp.gouv.fr", "ledmp.dmp.gouv.fr", "services-ps-tlsm.ameli.fr"]
)
def test_production_hosts_are_known_as_such(host: str) -> None:
    assert PRODUCTION_HOSTS.match(host)


@pytest.mark.parametrize("host", ["wallet.bas.esw.esante.gouv.fr", "formation6x.lps2.dmp.gouv.fr", "www.dmp.fr"])
def test_national_names_that_are_no_test_names_are_not_served(host: str) -> None:
    assert is_unserved(host)


def test_every_name_in_the_certificate_is_a_served_test_name() -> None:
    for name in CERTIFICATE_NAMES:
        assert any(pattern.match(name) for pattern, _ in TEST_HOSTS), name
        assert not PRODUCTION_HOSTS.match(name)
        assert not is_unserved(name)


def test_a_matricule_cut_by_the_limit_of_the_journal_does_not_show() -> None:
    body = b"<id>27903512151"
    side = Recorder(Pseudonyms(b"salt"), len(body)).side([("content-type", "text/xml")], body, 1_000)
    assert side["body"] == "<id>"


def test_coded_values_stay_readable_and_compressed_bodies_are_not_shown() -> None:
    recorder = Recorder(Pseudonyms(b"salt"), 1_000)
    coded = recorder.side([("content-type", "application/fhir+json")], b'{"code":"11502-2"}', 18)
    packed = recorder.side([("content-type", "text/xml"), ("Content-Encoding", "gzip")], b"\x1f\x8b", 2)
    assert coded["body"] == '{"code":"11502-2"}'
    assert packed["body"] == ""


def test_the_journal_shows_neither_secret_nor_matricule() -> None:
    pseudonyms = Pseudonyms(b"salt")
    side = Recorder(pseudonyms, 1_000).side(
        [("Authorization", "Bearer abc"), ("content-type", "application/json")],
        b'{"access_token":"ey.J.x","patient":"279035121518989"}',
        50,
    )
    assert "abc" not in str(side)
    assert "ey.J.x" not in str(side)
    assert "279035121518989" not in str(side)
    assert pseudonyms.of(Ins("279035121518989")) in side["body"]


def test_the_tokens_of_an_exchange_and_the_sessions_of_a_proxy_are_masked() -> None:
    recorder = Recorder(Pseudonyms(b"salt"), 1_000)
    form = b"client_id=lps&subject_token=ey.J.x&subject_token_type=urn:x&actor_token=ey.K.y&scope=insi.recherche"
    asked = recorder.side([("content-type", "application/x-www-form-urlencoded")], form, len(form))
    assert "ey." not in asked["body"]
    assert "subject_token_type=urn:x" in asked["body"]
    told = b'{"proxy_session_id":"s-1","rows":[{"proxy_id_session":"s-1","session_state":"open"}]}'
    answered = recorder.side([("content-type", "application/json")], told, len(told))
    assert "s-1" not in answered["body"]
    assert '"session_state":"open"' in answered["body"]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("grant_type=refresh_token&refresh_token=eyJ.abc=&x=1", "grant_type=refresh_token&refresh_token=•••&x=1"),
        ("next=token=abc", "next=token=•••"),
        ("Code=abc;code_verifier=d e", "Code=•••;code_verifier=••• e"),
        ('postcode=75001 xtoken=1 x-token=2 token= code="a"', 'postcode=75001 xtoken=1 x-token=2 token= code="a"'),
    ],
)
def test_a_secret_parameter_is_masked_by_its_whole_name_wherever_it_stands(written: str, shown: str) -> None:
    assert Recorder(Pseudonyms(b"salt"), 1_000).clean(written) == shown


@pytest.mark.parametrize(
    ("written", "hidden"),
    [
        ("/p/279055512345678", True),
        ("q=%20279055512345678", True),
        ("1.2.2790555123456789", False),
        ("4279055512345678", False),
    ],
)
def test_a_matricule_is_hidden_where_it_stands_alone(written: str, hidden: bool) -> None:
    assert ("pat-" in Recorder(Pseudonyms(b"salt"), 1_000).clean(written)) is hidden

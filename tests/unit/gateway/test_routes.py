"""Which service answers, and in whose sandbox."""

from __future__ import annotations

import pytest
from segur_gateway.record import Recorder
from segur_gateway.routes import PRODUCTION_HOSTS, resolve

from segur.kernel.ids import Pseudonyms
from segur.vocab.ins import Ins


@pytest.mark.parametrize(
    ("host", "path", "service", "sandbox", "seen"),
    [
        ("localhost", "/si-dmp-server/v2/services/registry", "dmp", "default", "/si-dmp-server/v2/services/registry"),
        ("localhost", "/s/equipe-3/fhir/v2/Practitioner", "annuaire", "equipe-3", "/fhir/v2/Practitioner"),
        ("equipe-3.localhost", "/auth", "psc", "equipe-3", "/auth"),
        ("wallet.bas.psc.esante.gouv.fr", "/auth", "psc", "default", "/auth"),
        ("dev6.lps2.dmp.gouv.fr", "/anything", "dmp", "default", "/anything"),
        ("localhost", "/authentic", "", "default", "/authentic"),
        ("localhost", "/", "", "default", "/"),
    ],
)
def test_a_call_finds_its_service_by_national_host_or_path(
    host: str, path: str, service: str, sandbox: str, seen: str
) -> None:
    target = resolve(host, path)
    assert (target.service, target.sandbox, target.path) == (service, sandbox, seen)


@pytest.mark.parametrize("host", ["auth.esw.esante.gouv.fr", "lps2.dmp.gouv.fr", "services-ps-tlsm.ameli.fr"])
def test_production_hosts_are_known_as_such(host: str) -> None:
    assert PRODUCTION_HOSTS.match(host)


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

"""Small print of a VIHF: the Issuer, audiences, and the forms real tools send [DMP digest 2.1, 2.2]."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from segur.kernel.pki import Authority
from segur.vocab import oids
from segur.wire import saml, xml
from segur.wire.saml import Coded, SigningKey, Vihf
from segur.wire.saml_signature import distinguished_name, is_name_of

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
BARE = b"""<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion" ID="_a" Version="2.0"
 IssueInstant="2026-01-05T08:00:00Z">
 <Issuer>CN=x</Issuer><Subject><NameID>899700010012</NameID></Subject>
 <Conditions><AudienceRestriction><Audience>urn:dmp</Audience></AudienceRestriction></Conditions>
 <AttributeStatement>
  <Attribute Name="Authentification_Mode"><AttributeValue>INDIRECTE_RENFORCEE</AttributeValue></Attribute>
  <Attribute Name="urn:oasis:names:tc:xacml:2.0:subject:role">%s</Attribute>
 </AttributeStatement>
</Assertion>"""
ROLE = b'code="10" codeSystem="1.2.250.1.71.1.2.7" displayName="M"'


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    """A signature key of a structure."""
    home: Path = tmp_path_factory.mktemp("names")
    identity = Authority.of_home(home).issue("s", "org-sign", common_name="LPS", organisation="CH", unit="1990000017")
    return SigningKey.load(identity.key.read_bytes(), identity.certificate.read_bytes())


@pytest.mark.parametrize(
    "value",
    [
        b'<AttributeValue><Role xmlns="urn:hl7-org:v3" %s/></AttributeValue>' % ROLE,
        b'<AttributeValue><Role %s/></AttributeValue>' % ROLE,
        b'<AttributeValue><h:Role xmlns:h="urn:hl7-org:v3" %s/></AttributeValue>' % ROLE,
        b'<AttributeValue><h:Role xmlns:h="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        b'xsi:type="h:CE" %s/></AttributeValue>' % ROLE,
    ],
)  # fmt: skip
def test_a_token_without_prefixes_and_a_role_in_any_namespace_are_read(value: bytes) -> None:
    vihf = saml.read_vihf(xml.parse(BARE % value))
    assert vihf.mode is saml.AuthenticationMode.REINFORCED
    assert vihf.profession == Coded("10", oids.PROFESSION, "M")
    assert vihf.audiences == ("urn:dmp",)


def test_a_token_says_whom_it_is_for(key: SigningKey) -> None:
    token = saml.write_vihf(Vihf("_1", NOW, "CN=x", "8", audiences=("urn:dmp", "urn:autre")), key)
    assert saml.read_vihf(token).audiences == ("urn:dmp", "urn:autre")


def test_an_issuer_is_the_name_of_the_certificate_in_any_order_but_in_the_expected_words(key: SigningKey) -> None:
    subject = key.certificate.subject
    name = distinguished_name(subject)
    assert is_name_of(name, subject)
    assert is_name_of(",".join(reversed(name.split(","))), subject)
    assert not is_name_of(name + ",L=Paris", subject)
    assert not is_name_of("n'importe quoi", subject)
    person = x509.Name.from_rfc4514_string("2.5.4.42=LISE,2.5.4.4=SUIVEUSE,CN=899700010012")
    assert is_name_of("GN=LISE,SN=SUIVEUSE,CN=899700010012", person)
    assert not is_name_of("G=LISE,S=SUIVEUSE,CN=899700010012", person)

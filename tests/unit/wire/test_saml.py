"""The VIHF: what it says survives the wire, and nobody changes it on the way."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from signxml.algorithms import CanonicalizationMethod
from signxml.signer import XMLSigner
from signxml.verifier import XMLVerifier

from segur.vocab import oids
from segur.wire import saml, soap, xml
from segur.wire.saml import AuthenticationMode, Coded, Vihf, VihfRefused
from segur.wire.saml_assertion import format_instant

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
DOCTOR = Coded("10", oids.PROFESSION, "Médecin", "G15")
GENERALIST = Coded("SM26", oids.SPECIALITY, "Qualifié en médecine générale (SM)")
FULL = Vihf(
    id="_a1",
    issue_instant=NOW,
    issuer="CN=810000000001,GN=Jeanne,SN=Martin,C=FR",
    name_id="810000000001",
    mode=AuthenticationMode.REINFORCED,
    name_qualifier="CPS",
    authn_instant=NOW - timedelta(seconds=50),
    authn_class=saml.SMARTCARD,
    authn_decl="APP_BROWSER_AUTH",
    not_before=NOW,
    not_on_or_after=NOW + timedelta(minutes=5, microseconds=1),
    structure="10B0152872",
    sector=Coded("SA07", oids.ACTIVITY_SECTOR),
    subject_id="Jeanne Martin",
    roles=(DOCTOR, GENERALIST),
    resource_id="297022A02077878^^^&1.2.250.1.213.1.4.10&ISO^NH",
    purpose=saml.purpose(saml.BREAK_GLASS),
    reason="Patient inconscient <urgence> & détresse",
    confidentiality="INVISIBLE_REPRESENTANTS_LEGAUX",
    lps_id="42",
    lps_name="LPS",
    lps_version="1.0",
    lps_approval="ABC-000000-tmp1",
)
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def pem_pair(key: PrivateKey, name: str = "CN=810000000001,C=FR") -> tuple[bytes, bytes]:
    subject = x509.Name.from_rfc4514_string(name)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(x509.Name.from_rfc4514_string("CN=CA " + name[3:]))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return text, certificate.public_bytes(serialization.Encoding.PEM)


RSA_PEM = pem_pair(rsa.generate_private_key(65537, 2048))
RSA_KEY = saml.SigningKey.load(*RSA_PEM)
EC_KEY = saml.SigningKey.load(*pem_pair(ec.generate_private_key(ec.SECP256R1())))


def signed(vihf: Vihf = FULL) -> etree._Element:
    return saml.write_vihf(vihf, RSA_KEY)


def find(element: etree._Element, path: str) -> etree._Element:
    found = element.find(path, xml.NS)
    assert found is not None
    return found


WORDS = st.text("abcé<&\"' -", max_size=9).map(str.strip)
CODES = st.builds(Coded, WORDS.filter(bool), st.just("1.2.3"), WORDS, WORDS)
INSTANTS = st.none() | st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.builds(
        dataclasses.replace,
        st.just(FULL),
        mode=st.none() | st.sampled_from(AuthenticationMode),
        authn_instant=INSTANTS,
        not_before=INSTANTS,
        not_on_or_after=INSTANTS,
        authn_class=WORDS,
        structure=WORDS,
        sector=st.none() | st.builds(Coded, st.sampled_from(["SA01", "SA07"]), st.just("1.2.250.1.71.4.2.4")),
        subject_id=WORDS,
        roles=st.lists(CODES, max_size=3).map(tuple),
        resource_id=WORDS,
        purpose=st.none() | CODES,
        reason=WORDS,
        lps_name=WORDS,
    )
)
def test_a_vihf_survives_the_wire_and_its_signature_holds(vihf: Vihf) -> None:
    received = xml.parse(xml.serialize(saml.write_vihf(vihf, RSA_KEY)))
    assert saml.verify_signature(received) == RSA_KEY.certificate
    assert saml.read_vihf(received) == vihf


def test_the_patient_is_an_ins_and_stays_readable_as_sent() -> None:
    vihf = saml.read_vihf(signed())
    assert vihf.patient is not None
    assert vihf.patient.matricule == "297022A02077878"
    assert dataclasses.replace(vihf, resource_id="nobody").patient is None
    assert (vihf.profession, vihf.speciality) == (DOCTOR, GENERALIST)


def test_the_issuer_is_written_with_the_short_names_of_the_dmp() -> None:
    name = x509.Name.from_rfc4514_string("2.5.4.42=Jeanne,2.5.4.4=Martin,ST=Corse,C=FR")
    assert saml.distinguished_name(name) == "GN=Jeanne,SN=Martin,ST=Corse,C=FR"


# --- tolerance [DMP digest 2.2]

UNPREFIXED = b"""<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:xs="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:h="urn:hl7-org:v3" ID="_a1"
 IssueInstant="2026-01-05T09:00:00.1234567+01:00" Version="2.0">
 <Issuer>CN=x</Issuer><Subject><NameID>8100<!-- x -->00000001</NameID></Subject>
 <AuthnStatement AuthnInstant="2026-01-05T08:00:00"/>
 <AttributeStatement>
  <Attribute Name="Authentification_Mode"><AttributeValue xsi:type="xs:string"> INDIRECTE </AttributeValue></Attribute>
  <Attribute Name="urn:oasis:names:tc:xacml:2.0:subject:role">
   <AttributeValue><Role code="10" codeSystem="1.2.250.1.71.1.2.7"/></AttributeValue>
   <AttributeValue><h:Role xsi:type="h:CE" code="SM26" codeSystem="1.2.250.1.71.4.2.5"/></AttributeValue>
  </Attribute>
 </AttributeStatement></Assertion>"""


def test_tokens_are_read_whatever_their_prefixes() -> None:
    vihf = saml.read_vihf(xml.parse(UNPREFIXED))
    assert vihf.mode is AuthenticationMode.INDIRECT
    assert [role.code for role in vihf.roles] == ["10", "SM26"]
    assert vihf.name_id == "810000000001"
    assert vihf.issue_instant == datetime(2026, 1, 5, 8, 0, 0, 123456, UTC)
    assert vihf.authn_instant == NOW


def test_what_the_table_demands_is_listed() -> None:
    assert saml.missing_attributes(FULL) == ()
    bare = saml.missing_attributes(saml.read_vihf(xml.parse(UNPREFIXED)))
    assert set(bare) >= {"VIHF_Version", "Secteur_Activite", "LPS_Nom", saml.SUBJECT_ID, saml.RESOURCE_ID}
    assert saml.RESOURCE_ID not in saml.missing_attributes(
        dataclasses.replace(FULL, resource_id=""), patient_expected=False
    )
    assert saml.missing_attributes(dataclasses.replace(FULL, reason="")) == ("Mode_Acces_Raison",)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (b' ID="_a1"', b"", "ID"),
        (b"<Issuer>CN=x</Issuer>", b"", "Issuer"),
        (b"<Issuer>", b"<Issuer/><Issuer>", "Issuer"),
        (b"2026-01-05T09:00:00.1234567+01:00", b"yesterday", "IssueInstant"),
        (b"2026-01-05T08:00:00", b"2026-02-30T08:00:00", "AuthnInstant"),
        (b"8100<!-- x -->00000001", b" ", "NameID"),
        (b" INDIRECTE ", b"OBLIQUE", "Authentification_mode"),
        (b"</AttributeStatement>", b'<Attribute Name="authentification_mode"/></AttributeStatement>',
         "authentification_mode"),
        (b" INDIRECTE <", b"DIRECTE</AttributeValue><AttributeValue>INDIRECTE<", "Authentification_mode"),
        (b"urn:oasis:names:tc:SAML:2.0:assertion", b"urn:oasis:names:tc:SAML:1.0:assertion", "Assertion"),
    ],
)  # fmt: skip
def test_a_malformed_token_is_refused_by_the_name_of_its_field(old: bytes, new: bytes, field: str) -> None:
    assert old in UNPREFIXED
    with pytest.raises(VihfRefused) as refused:
        saml.read_vihf(xml.parse(UNPREFIXED.replace(old, new)))
    assert refused.value.field == field


# --- signature


@pytest.mark.parametrize("digest", ["sha1", "sha256", "sha384", "sha512"])
def test_each_digest_of_the_field_is_verified(digest: saml.Digest) -> None:
    assert saml.verify_signature(saml.write_vihf(FULL, RSA_KEY, digest=digest)) == RSA_KEY.certificate


def test_an_elliptic_key_signs_too() -> None:
    assert saml.verify_signature(saml.write_vihf(FULL, EC_KEY)) == EC_KEY.certificate


def test_signxml_verifies_what_we_sign() -> None:
    result = XMLVerifier().verify(signed(), x509_cert=RSA_PEM[1].decode(), id_attribute="ID")
    assert not isinstance(result, list)
    assert result.signed_xml is not None
    assert result.signed_xml.get("ID") == "_a1"


@pytest.mark.parametrize("uri", ["_a1", None])
@pytest.mark.parametrize(
    "method",
    [CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0, CanonicalizationMethod.CANONICAL_XML_1_0],
)
def test_we_verify_what_signxml_signs(uri: str | None, method: CanonicalizationMethod) -> None:
    signer = XMLSigner(c14n_algorithm=method)
    element = signer.sign(
        xml.parse(UNPREFIXED), key=RSA_PEM[0], cert=RSA_PEM[1].decode(), reference_uri=uri, id_attribute="ID"
    )
    received = xml.parse(xml.serialize(element))
    assert saml.verify_signature(received) == RSA_KEY.certificate


def test_the_signature_holds_inside_an_envelope_with_other_namespaces() -> None:
    envelope = soap.write_envelope(
        etree.Element("{urn:x}q", nsmap={"x": "urn:x"}), action="a", message_id="m", assertion=signed()
    )
    text = xml.serialize(envelope).replace(
        b"<wsse:Security ", b'<wsse:Security xmlns:ds2="urn:unused" xmlns:xs="urn:y" '
    )
    found = soap.read_envelope(xml.parse(text)).assertion
    assert found is not None
    for _ in range(2):
        assert saml.verify_signature(found) == RSA_KEY.certificate


def tamper_attribute(element: etree._Element) -> None:
    find(element, ".//saml2:Attribute[@Name='Identifiant_Structure']/saml2:AttributeValue").text = "10B0000000"


def tamper_code(element: etree._Element) -> None:
    find(element, ".//hl7:Role").set("code", "21")


def tamper_digest(element: etree._Element) -> None:
    find(element, ".//ds:DigestValue").text = "AAAA" * 10 + "AAA="


def tamper_value(element: etree._Element) -> None:
    value = find(element, ".//ds:SignatureValue")
    value.text = "A" + (value.text or "")[1:].replace("B", "C")


def other_certificate(element: etree._Element) -> None:
    other = find(signed_by_other(), ".//ds:X509Certificate").text
    find(element, ".//ds:X509Certificate").text = other


def signed_by_other() -> etree._Element:
    return saml.write_vihf(FULL, EC_KEY)


def broken_certificate(element: etree._Element) -> None:
    find(element, ".//ds:X509Certificate").text = "AAAA"


def no_certificate(element: etree._Element) -> None:
    data = find(element, ".//ds:X509Data")
    data.remove(data[0])


def no_signature(element: etree._Element) -> None:
    element.remove(find(element, "ds:Signature"))


def second_signature(element: etree._Element) -> None:
    element.append(copy.deepcopy(find(element, "ds:Signature")))


def hidden_signature(element: etree._Element) -> None:
    find(element, "saml2:Subject").append(copy.deepcopy(find(element, "ds:Signature")))


def second_reference(element: etree._Element) -> None:
    info = find(element, ".//ds:SignedInfo")
    info.append(copy.deepcopy(find(info, "ds:Reference")))


def other_reference(element: etree._Element) -> None:
    find(element, ".//ds:Reference").set("URI", "#_evil")


def weak_method(element: etree._Element) -> None:
    find(element, ".//ds:SignatureMethod").set("Algorithm", "http://www.w3.org/2000/09/xmldsig#hmac-sha1")


def weak_digest(element: etree._Element) -> None:
    find(element, ".//ds:DigestMethod").set("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#md5")


def other_canonicalization(element: etree._Element) -> None:
    find(element, ".//ds:CanonicalizationMethod").set("Algorithm", "http://www.w3.org/TR/1999/REC-xslt-19991116")


def xslt_transform(element: etree._Element) -> None:
    element.findall(".//ds:Transform", xml.NS)[1].set("Algorithm", "http://www.w3.org/TR/1999/REC-xslt-19991116")


def no_enveloped_transform(element: etree._Element) -> None:
    transforms = find(element, ".//ds:Transforms")
    transforms.remove(transforms[0])


def object_inside(element: etree._Element) -> None:
    etree.SubElement(find(element, "ds:Signature"), xml.qname(xml.DS, "Object"))


def assertion_inside(element: etree._Element) -> None:
    find(element, "ds:Signature").append(copy.deepcopy(signed(dataclasses.replace(FULL, id="_b"))))


@pytest.mark.parametrize(
    ("attack", "field"),
    [
        (tamper_attribute, "Signature"),
        (tamper_code, "Signature"),
        (tamper_digest, "Signature"),
        (tamper_value, "Signature"),
        (other_certificate, "Signature"),
        (broken_certificate, "X509Certificate"),
        (no_certificate, "X509Certificate"),
        (no_signature, "Signature"),
        (second_signature, "Signature"),
        (hidden_signature, "Signature"),
        (second_reference, "Reference"),
        (other_reference, "Reference"),
        (weak_method, "SignatureMethod"),
        (weak_digest, "DigestMethod"),
        (other_canonicalization, "CanonicalizationMethod"),
        (xslt_transform, "Transform"),
        (no_enveloped_transform, "Transforms"),
        (object_inside, "Signature"),
        (assertion_inside, "Assertion"),
    ],
)
def test_a_changed_token_is_refused(attack: Callable[[etree._Element], None], field: str) -> None:
    element = signed()
    attack(element)
    with pytest.raises(VihfRefused) as refused:
        saml.verify_signature(xml.parse(xml.serialize(element)))
    assert refused.value.field == field


def test_a_wrapped_assertion_is_refused() -> None:
    """The forged assertion takes the ID and the signature, the genuine one hides elsewhere in the message."""
    genuine = signed()
    forged = copy.deepcopy(genuine)
    tamper_attribute(forged)
    body = etree.Element("q")
    body.append(genuine)
    envelope = soap.write_envelope(body, action="a", message_id="m", assertion=forged)
    found = soap.read_envelope(xml.parse(xml.serialize(envelope))).assertion
    assert found is not None
    with pytest.raises(VihfRefused, match="unique"):
        saml.verify_signature(found)


def test_a_genuine_assertion_inside_a_forged_one_does_not_vouch_for_it() -> None:
    genuine = signed()
    forged = copy.deepcopy(genuine)
    forged.set("ID", "_evil")
    no_signature(forged)
    signature = find(genuine, "ds:Signature")
    forged.insert(1, copy.deepcopy(signature))
    find(forged, "saml2:Subject").append(genuine)
    with pytest.raises(VihfRefused):
        saml.verify_signature(xml.parse(xml.serialize(forged)))


def test_the_leaf_of_a_chain_is_the_signer() -> None:
    authority = rsa.generate_private_key(65537, 2048)
    name = RSA_KEY.certificate.issuer.rfc4514_string()
    chain = x509.load_pem_x509_certificate(pem_pair(authority, name)[1])
    element = signed()
    data = find(element, ".//ds:X509Data")
    extra = copy.deepcopy(data[0])
    der = chain.public_bytes(serialization.Encoding.PEM).decode()
    extra.text = "".join(line for line in der.splitlines() if "---" not in line)
    data.insert(0, extra)
    assert saml.verify_signature(element) == RSA_KEY.certificate


def test_a_key_that_is_not_that_of_the_certificate_is_not_loaded() -> None:
    other = pem_pair(rsa.generate_private_key(65537, 2048))
    with pytest.raises(ValueError, match="key"):
        saml.SigningKey.load(RSA_PEM[0], other[1])
    with pytest.raises(ValueError, match="key"):
        saml.SigningKey.load(b"nothing", RSA_PEM[1])


def test_instants_are_written_in_utc() -> None:
    assert format_instant(datetime.fromisoformat("2026-01-05T09:00:00+01:00")) == "2026-01-05T08:00:00Z"

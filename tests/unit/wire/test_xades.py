"""The signature of a submission set: what is signed is checked, and nothing else passes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import pytest
from lxml import etree

from segur.kernel.pki import Authority
from segur.wire import xades, xml
from segur.wire.saml_signature import SigningKey
from segur.wire.xades import SignatureRefused

CDA = b'<?xml version="1.0"?><!-- c --><ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2.3"/></ClinicalDocument>'
DICOM = b"\x00" * 128 + b"DICM"
DOCUMENTS = {"1.2.3": CDA, "1.2.4": DICOM}


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    authority = Authority(tmp_path_factory.mktemp("pki"))
    made = authority.issue("x-sign", "org-sign", common_name="LPS", organisation="CH", unit="1750000001")
    return SigningKey.load(made.key.read_bytes(), made.certificate.read_bytes())


def signed(key: SigningKey, digest: Literal["sha1", "sha256"] = "sha1") -> bytes:
    return xades.sign_submission("1.2.9", DOCUMENTS, key, at=datetime(2026, 1, 5, tzinfo=UTC), digest=digest)


@pytest.mark.parametrize("digest", ["sha1", "sha256"])
def test_a_signature_holds_for_the_set_and_its_documents(key: SigningKey, digest: Literal["sha1", "sha256"]) -> None:
    read = xades.read_signature(signed(key, digest))
    assert read.certificate == key.certificate
    assert [read.covers(oid) for oid in ("1.2.9", "1.2.3", "1.2.4", "1.2.5")] == [True, True, True, False]
    assert read.matches("1.2.3", CDA)
    assert read.matches("1.2.3", CDA.replace(b'<?xml version="1.0"?>', b""))
    assert read.matches("1.2.4", DICOM)


def test_other_documents_do_not_match(key: SigningKey) -> None:
    read = xades.read_signature(signed(key))
    assert not read.matches("1.2.3", CDA.replace(b"1.2.3", b"1.2.33"))
    assert not read.matches("1.2.4", DICOM + b" ")
    assert not read.matches("1.2.3", b"<broken")
    assert not read.matches("1.2.5", CDA)


def test_the_official_form_is_made(key: SigningKey) -> None:
    root = etree.fromstring(signed(key))
    assert root.find("ds:SignedInfo/ds:CanonicalizationMethod", xml.NS).get("Algorithm", "").endswith("#WithComments")  # type: ignore[union-attr]
    manifest = root.find(".//ds:Manifest", xml.NS)
    assert manifest is not None
    assert manifest.get("Id") == "IHEManifest"
    values = [xml.text(one) for one in manifest.iterfind("ds:Reference/ds:DigestValue", xml.NS)]
    assert values[0] == "AA=="


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (b"urn:oid:1.2.4", b"urn:oid:1.2.5", "digest of #IHEManifest"),
        (b"2026-01-05", b"2026-01-06", "digest of #S0-SignedProperties"),
        (b"#rsa-sha1", b"#dsa-sha1", "SignatureMethod"),
        (b"xmldsig#sha1", b"xmldsig#md5", "DigestMethod"),
        (b'Id="IHEManifest"', b'Id="Other"', "names no single part"),
        (b"<ds:SignatureValue>", b"<ds:SignatureValue>AAAA", "value is not that of SignedInfo"),
        (b"<ds:X509Certificate>M", b"<ds:X509Certificate>N", "X509Certificate cannot be read"),
        (b"ds:Signature ", b"ds:Signatur ", "not readable"),
    ],
)
def test_whatever_is_changed_is_named(key: SigningKey, before: bytes, after: bytes, reason: str) -> None:
    data = signed(key)
    assert before in data
    with pytest.raises(SignatureRefused, match=reason):
        xades.read_signature(data.replace(before, after, 1) if b"md5" not in after else data.replace(before, after))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<x/>",
        b"<Signature xmlns='http://www.w3.org/2000/09/xmldsig#'/>",
        b"<!DOCTYPE x [<!ENTITY e 'e'>]><x>&e;</x>",
    ],
)
def test_what_is_no_signature_is_refused(data: bytes) -> None:
    with pytest.raises(SignatureRefused):
        xades.read_signature(data)


def test_a_signature_without_its_manifest_signed_is_refused(key: SigningKey) -> None:
    root = etree.fromstring(signed(key))
    reference = root.find("ds:SignedInfo/ds:Reference", xml.NS)
    assert reference is not None
    reference.getparent().remove(reference)  # type: ignore[union-attr]
    with pytest.raises(SignatureRefused, match="no Reference to the Manifest"):
        xades.read_signature(etree.tostring(root))


def test_a_second_manifest_that_nobody_signed_says_nothing(key: SigningKey) -> None:
    root = etree.fromstring(signed(key))
    other = etree.fromstring(signed(key).replace(b"urn:oid:1.2.3", b"urn:oid:1.2.7").replace(b"IHEManifest", b"Other"))
    root.insert(0, other.find(".//ds:Manifest", xml.NS))  # type: ignore[arg-type]
    read = xades.read_signature(etree.tostring(root))
    assert (read.covers("1.2.3"), read.covers("1.2.7")) == (True, False)

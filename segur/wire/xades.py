"""The signature of a submission set: XAdES over a manifest of the set and its documents, made and checked.

signxml was considered: it checks XAdES 1.3.2 only, and the DMP's samples are 1.1.1 with a manifest of `urn:oid:`
references that no library can fetch. xmlsec too: it fails on those references. So the references of SignedInfo and the
manifest are digested here, with libxml2's canonicalization; the RSA arithmetic is xmlsec's and cryptography's.
[DMP digest 1.6.1]
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

import xmlsec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from xmlsec import constants

from segur.wire import xml
from segur.wire.saml_signature import SigningKey

MANIFEST_ID: Final = "IHEManifest"
PROPERTIES_ID: Final = "S0-SignedProperties"
SOURCE_PURPOSE: Final = "1.2.840.10065.1.12.1.14"
SET_DIGEST: Final = "AA=="
"""What the reference to the submission set conventionally carries: the set itself has no bytes to digest."""
_MANIFEST_TYPE: Final = "http://www.w3.org/2000/09/xmldsig#Manifest"
_C14N: Final = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_EXCLUSIVE: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
_CANONICALIZATIONS: Final = {
    _C14N: (False, False),
    _C14N + "#WithComments": (False, True),
    _EXCLUSIVE: (True, False),
    _EXCLUSIVE + "WithComments": (True, True),
}
"""Algorithm -> (exclusive, with comments)."""
_SHA1: Final = xml.DS + "sha1"
_SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
_DIGESTS: Final = {_SHA1: "sha1", _SHA256: "sha256", "http://www.w3.org/2001/04/xmlenc#sha512": "sha512"}
_METHODS: Final[Mapping[str, hashes.HashAlgorithm]] = {
    xml.DS + "rsa-sha1": hashes.SHA1(),  # noqa: S303 - what the official samples carry
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256": hashes.SHA256(),
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512": hashes.SHA512(),
}
_MAX_REFERENCES: Final = 1_000

Reference = tuple[str, str, str]
"""How a document is referred to: digest algorithm, digest (base64), canonicalization or empty for the bytes."""


class SignatureRefused(ValueError):
    """The signature is absent, unreadable or wrong; `reason` says what, fit for `codeContext`."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"signature: {reason}")


@dataclass(frozen=True, slots=True)
class SubmissionSignature:
    """A signature whose own arithmetic holds: by whom, and what its signed manifest says of each `urn:oid:`."""

    certificate: x509.Certificate
    references: Mapping[str, Reference]

    def covers(self, oid: str) -> bool:
        """Whether the manifest names the object."""
        return oid in self.references

    def matches(self, oid: str, data: bytes) -> bool:
        """Whether the manifest names the document with the digest of these bytes, canonicalized where it says so."""
        found = self.references.get(oid)
        if found is None:
            return False
        algorithm, expected, canonical = found
        try:
            bytes_ = _canonical(xml.parse(data), canonical) if canonical else data
        except xml.XmlRefused:
            return False
        return _digest(algorithm, bytes_) == expected.strip()


def read_signature(data: bytes) -> SubmissionSignature:
    """Read a signature document and verify it: SignedInfo, what it refers to, the value under the certificate's key.

    Whether the manifest names the right documents and the certificate may sign is the caller's to judge. Raise
    `SignatureRefused`.
    """
    try:
        root = xml.parse(data)
    except xml.XmlRefused as refusal:
        raise SignatureRefused(f"not readable ({refusal.reason})") from None
    signature = root if root.tag == xml.qname(xml.DS, "Signature") else None
    if signature is None:
        raise SignatureRefused("ds:Signature expected as the root of the signature document")
    signed = _one(signature, "SignedInfo")
    method = _algorithm(_one(signed, "SignatureMethod"))
    if method not in _METHODS:
        raise SignatureRefused(f"SignatureMethod {method[:80]!r} is not accepted")
    manifest = _signed_manifest(signature, signed)
    certificate = _certificate(signature)
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise SignatureRefused("the key of the certificate is not RSA")
    canonical = _canonical(signed, _algorithm(_one(signed, "CanonicalizationMethod")))
    try:
        value = binascii.a2b_base64("".join(xml.text(_one(signature, "SignatureValue")).split()))
        key.verify(value, canonical, padding.PKCS1v15(), _METHODS[method])
    except (InvalidSignature, ValueError):
        raise SignatureRefused("the value is not that of SignedInfo under the certificate's key") from None
    return SubmissionSignature(certificate, _named_in(manifest))


def sign_submission(
    set_id: str,
    documents: Mapping[str, bytes],
    key: SigningKey,
    *,
    at: datetime | None = None,
    digest: Literal["sha1", "sha256"] = "sha1",
) -> bytes:
    """The signature document of a submission set; `documents` are the bytes by uniqueId (OID). RSA keys only."""
    algorithm = _SHA1 if digest == "sha1" else _SHA256
    root = etree.Element(xml.qname(xml.DS, "Signature"), {"Id": "S0"}, nsmap={"ds": xml.DS})
    signed = etree.SubElement(root, xml.qname(xml.DS, "SignedInfo"))
    etree.SubElement(signed, xml.qname(xml.DS, "CanonicalizationMethod"), Algorithm=_C14N + "#WithComments")
    method = xml.DS + "rsa-sha1" if digest == "sha1" else "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    etree.SubElement(signed, xml.qname(xml.DS, "SignatureMethod"), Algorithm=method)
    value = etree.SubElement(root, xml.qname(xml.DS, "SignatureValue"))
    info = etree.SubElement(etree.SubElement(root, xml.qname(xml.DS, "KeyInfo")), xml.qname(xml.DS, "X509Data"))
    der = key.certificate.public_bytes(Encoding.DER)
    etree.SubElement(info, xml.qname(xml.DS, "X509Certificate")).text = base64.b64encode(der).decode()
    manifest = etree.SubElement(
        etree.SubElement(root, xml.qname(xml.DS, "Object")), xml.qname(xml.DS, "Manifest"), Id=MANIFEST_ID
    )
    _refer(manifest, f"urn:oid:{set_id}", algorithm, SET_DIGEST)
    for oid, data in documents.items():
        try:
            _refer(manifest, f"urn:oid:{oid}", algorithm, _digest(algorithm, _canonical(xml.parse(data), _C14N)), _C14N)
        except xml.XmlRefused:  # no XML: the bytes as they are
            _refer(manifest, f"urn:oid:{oid}", algorithm, _digest(algorithm, data))
    properties = _properties(root, der, at or datetime.now(UTC), algorithm)
    for target, kind in ((manifest, _MANIFEST_TYPE), (properties, xml.XADES111 + "SignedProperties")):
        reference = _refer(
            signed, "#" + target.get("Id", ""), algorithm, _digest(algorithm, _canonical(target, _C14N)), _C14N
        )
        reference.set("Type", kind)
    context = xmlsec.SignatureContext()
    context.key = key.key
    transform = constants.TransformRsaSha1 if digest == "sha1" else constants.TransformRsaSha256
    made = context.sign_binary(_canonical(signed, _C14N + "#WithComments"), transform)
    value.text = base64.b64encode(made).decode()
    return xml.serialize(root)


def _properties(root: etree._Element, der: bytes, at: datetime, algorithm: str) -> etree._Element:
    xades = etree.SubElement(
        etree.SubElement(root, xml.qname(xml.DS, "Object")),
        xml.qname(xml.XADES111, "QualifyingProperties"),
        {"Target": "#S0"},
        nsmap={"xad": xml.XADES111},
    )
    properties = etree.SubElement(xades, xml.qname(xml.XADES111, "SignedProperties"), Id=PROPERTIES_ID)
    about = etree.SubElement(properties, xml.qname(xml.XADES111, "SignedSignatureProperties"))
    etree.SubElement(about, xml.qname(xml.XADES111, "SigningTime")).text = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    holder = etree.SubElement(
        etree.SubElement(about, xml.qname(xml.XADES111, "SigningCertificate")), xml.qname(xml.XADES111, "Cert")
    )
    digest = etree.SubElement(holder, xml.qname(xml.XADES111, "CertDigest"))
    etree.SubElement(digest, xml.qname(xml.DS, "DigestMethod"), Algorithm=algorithm)
    etree.SubElement(digest, xml.qname(xml.DS, "DigestValue")).text = _digest(algorithm, der)
    policy = etree.SubElement(about, xml.qname(xml.XADES111, "SignaturePolicyIdentifier"))
    etree.SubElement(policy, xml.qname(xml.XADES111, "SignaturePolicyImplied"))
    purposes = etree.SubElement(
        etree.SubElement(root, xml.qname(xml.DS, "Object")), xml.qname(xml.DS, "SignatureProperties")
    )
    purpose = etree.SubElement(purposes, xml.qname(xml.DS, "SignatureProperty"), Id="purposeOfSignature", Target="#S0")
    purpose.text = SOURCE_PURPOSE
    return properties


def _refer(holder: etree._Element, uri: str, algorithm: str, digest: str, canonical: str = "") -> etree._Element:
    reference = etree.SubElement(holder, xml.qname(xml.DS, "Reference"), URI=uri)
    if canonical:
        transforms = etree.SubElement(reference, xml.qname(xml.DS, "Transforms"))
        etree.SubElement(transforms, xml.qname(xml.DS, "Transform"), Algorithm=canonical)
    etree.SubElement(reference, xml.qname(xml.DS, "DigestMethod"), Algorithm=algorithm)
    etree.SubElement(reference, xml.qname(xml.DS, "DigestValue")).text = digest
    return reference


def _signed_manifest(signature: etree._Element, signed: etree._Element) -> etree._Element:
    """The manifest SignedInfo refers to: another one in the document says nothing.

    Every reference of SignedInfo must be to one element of this document, unchanged.
    """
    manifests = []
    for reference in _references(signed):
        identifier = reference.get("URI", "")[1:]
        found = [e for e in signature.iter(etree.Element) if identifier and identifier in (e.get("Id"), e.get("ID"))]
        if len(found) != 1 or not reference.get("URI", "").startswith("#"):
            raise SignatureRefused(f"Reference {reference.get('URI', '')[:60]!r} names no single part of the signature")
        algorithm, expected, canonical = _said(reference)
        if _digest(algorithm, _canonical(found[0], canonical or _C14N)) != expected:
            raise SignatureRefused(f"the digest of #{identifier[:60]} is not the one that was signed")
        if found[0].tag == xml.qname(xml.DS, "Manifest"):
            manifests.append(found[0])
    if len(manifests) != 1:
        raise SignatureRefused(f"no Reference to the Manifest ({MANIFEST_ID})")
    return manifests[0]


def _named_in(manifest: etree._Element) -> Mapping[str, Reference]:
    return {
        reference.get("URI", "").removeprefix("urn:oid:"): _said(reference)
        for reference in _references(manifest)
        if reference.get("URI", "").startswith("urn:oid:")
    }


def _references(holder: etree._Element) -> list[etree._Element]:
    found = holder.findall(xml.qname(xml.DS, "Reference"))
    if not 1 <= len(found) <= _MAX_REFERENCES:
        raise SignatureRefused(f"{xml.local_name(holder)}: {len(found)} Reference")
    return found


def _said(reference: etree._Element) -> Reference:
    algorithm = _algorithm(_one(reference, "DigestMethod"))
    if algorithm not in _DIGESTS:
        raise SignatureRefused(f"DigestMethod {algorithm[:80]!r} is not accepted")
    transforms = reference.findall("ds:Transforms/ds:Transform", xml.NS)
    if len(transforms) > 1:
        raise SignatureRefused("more than one Transform")
    canonical = _algorithm(transforms[0]) if transforms else ""
    return algorithm, "".join(xml.text(_one(reference, "DigestValue")).split()), canonical


def _certificate(signature: etree._Element) -> x509.Certificate:
    text = xml.find_text(signature, "ds:KeyInfo/ds:X509Data/ds:X509Certificate")
    try:
        return x509.load_der_x509_certificate(binascii.a2b_base64("".join(text.split()), strict_mode=True))
    except Exception as error:
        # NOTE: the DER reader raises many types on hostile bytes; all of them mean the same to the sender.
        raise SignatureRefused(f"X509Certificate cannot be read ({type(error).__name__})") from None


def _one(holder: etree._Element, local: str) -> etree._Element:
    found = holder.findall(xml.qname(xml.DS, local))
    if len(found) != 1:
        raise SignatureRefused(f"{xml.local_name(holder)} holds {len(found)} {local}, expected one")
    return found[0]


def _algorithm(element: etree._Element) -> str:
    return element.get("Algorithm", "")


def _canonical(element: etree._Element, algorithm: str) -> bytes:
    way = _CANONICALIZATIONS.get(algorithm)
    if way is None:
        raise SignatureRefused(f"canonicalization {algorithm[:80]!r} is not accepted")
    exclusive, with_comments = way
    return etree.tostring(element, method="c14n", exclusive=exclusive, with_comments=with_comments, with_tail=False)


def _digest(algorithm: str, data: bytes) -> str:
    return base64.b64encode(hashlib.new(_DIGESTS[algorithm], data, usedforsecurity=False).digest()).decode()

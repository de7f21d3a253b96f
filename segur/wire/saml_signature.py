"""The enveloped XML signature of an assertion: made and verified with xmlsec, guarded against wrapping.

signxml verifies more kinds of signatures, at a lower rate (measured); our tests use it as the independent reader. The
algorithm lists below are what the field sends [DMP digest 2.1], [INS digest 2.5].
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal

import xmlsec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID
from lxml import etree
from xmlsec import constants

from segur.wire import xml
from segur.wire.saml_assertion import VihfRefused

Digest = Literal["sha1", "sha256", "sha384", "sha512"]

_DSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
_MORE: Final = "http://www.w3.org/2001/04/xmldsig-more#"
_ENC: Final = "http://www.w3.org/2001/04/xmlenc#"
_ENVELOPED: Final = _DSIG + "enveloped-signature"
CANONICALIZATIONS: Final = frozenset(
    {"http://www.w3.org/2001/10/xml-exc-c14n#", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"}
)
SIGNATURE_METHODS: Final = frozenset(
    {_DSIG + "rsa-sha1", _MORE + "rsa-sha256", _MORE + "rsa-sha384", _MORE + "rsa-sha512", _MORE + "ecdsa-sha256"}
)
DIGEST_METHODS: Final = frozenset({_DSIG + "sha1", _ENC + "sha256", _MORE + "sha384", _ENC + "sha512"})
_MAX_CERTIFICATES: Final = 5
_SIGNATURE_PARTS: Final = [xml.qname(xml.DS, local) for local in ("SignedInfo", "SignatureValue", "KeyInfo")]

_RSA: Final = {
    "sha1": constants.TransformRsaSha1,
    "sha256": constants.TransformRsaSha256,
    "sha384": constants.TransformRsaSha384,
    "sha512": constants.TransformRsaSha512,
}
_DIGESTS: Final = {
    "sha1": constants.TransformSha1,
    "sha256": constants.TransformSha256,
    "sha384": constants.TransformSha384,
    "sha512": constants.TransformSha512,
}
_SAME_ID = etree.XPath(
    "count(//@*[. = $id][local-name() = 'ID' or local-name() = 'Id' or local-name() = 'id'])", smart_strings=False
)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with its certificate, loaded once: loading costs fifty times a signature."""

    certificate: x509.Certificate
    key: xmlsec.Key = field(repr=False, compare=False)

    @classmethod
    def load(cls, key_pem: bytes, certificate_pem: bytes, password: str | None = None) -> SigningKey:
        """Load a PEM key (RSA, or EC on P-256) and its PEM certificate.

        Raise `ValueError` when either cannot be read or they do not belong together.
        """
        certificate = x509.load_pem_x509_certificate(certificate_pem)
        if not isinstance(certificate.public_key(), rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            raise ValueError("certificate: an RSA or EC key is expected")
        try:
            private = load_pem_private_key(key_pem, password.encode() if password is not None else None)
            key = xmlsec.Key.from_memory(key_pem, constants.KeyDataFormatPem, password)
        except (ValueError, TypeError, UnsupportedAlgorithm, xmlsec.Error) as error:
            raise ValueError(f"key: not readable as a PEM private key ({error})") from None
        if private.public_key() != certificate.public_key():
            raise ValueError("key: it is not that of the certificate")
        return cls(certificate, key)

    @property
    def subject(self) -> str:
        """The subject as the Issuer of a VIHF writes it."""
        return distinguished_name(self.certificate.subject)


def distinguished_name(name: x509.Name) -> str:
    """The name in RFC 2253 order, with `GN=`, `SN=` and `ST=` for given name, surname and state [DMP digest 2.1]."""
    return name.rfc4514_string({NameOID.GIVEN_NAME: "GN", NameOID.SURNAME: "SN", NameOID.STATE_OR_PROVINCE_NAME: "ST"})


_ATTRIBUTES: Final = {"GN": NameOID.GIVEN_NAME, "SN": NameOID.SURNAME, "ST": NameOID.STATE_OR_PROVINCE_NAME}


def is_name_of(text: str, name: x509.Name) -> bool:
    """Whether an Issuer names this subject, in whatever order; `G=` and `S=`, which .NET writes, are not understood."""
    try:
        read = x509.Name.from_rfc4514_string(text, _ATTRIBUTES)
    except ValueError:
        return False
    told, known = ({(part.oid.dotted_string, part.value) for part in one} for one in (read, name))
    return told == known


def sign(assertion: etree._Element, key: SigningKey, *, digest: Digest = "sha256") -> etree._Element:
    """Return a signed copy of the assertion: enveloped, exclusive c14n, the signature right after the Issuer.

    `digest` holds for reference and signature; an EC key always signs with SHA-256.
    """
    copy = xml.parse(xml.serialize(assertion))
    is_rsa = isinstance(key.certificate.public_key(), rsa.RSAPublicKey)
    method = _RSA[digest] if is_rsa else constants.TransformEcdsaSha256
    signature = xmlsec.template.create(copy, constants.TransformExclC14N, method, ns="ds")
    reference = xmlsec.template.add_reference(signature, _DIGESTS[digest], uri="#" + copy.get("ID", ""))
    xmlsec.template.add_transform(reference, constants.TransformEnveloped)
    xmlsec.template.add_transform(reference, constants.TransformExclC14N)
    holder = xmlsec.template.add_x509_data(xmlsec.template.ensure_key_info(signature))
    certificate = base64.b64encode(key.certificate.public_bytes(Encoding.DER)).decode("ascii")
    etree.SubElement(holder, xml.qname(xml.DS, "X509Certificate")).text = certificate
    copy.insert(1, signature)
    context = xmlsec.SignatureContext()
    context.key = key.key
    context.register_id(copy, "ID")
    context.sign(signature)
    # NOTE: read again, because an element whose ID xmlsec has registered must not move to another document.
    return xml.parse(xml.serialize(copy))


def verify_signature(assertion: etree._Element) -> x509.Certificate:
    """Verify the enveloped signature of the assertion and return the certificate of its KeyInfo.

    The check runs on a copy that holds the assertion alone (with the namespaces in force around it), so whatever the
    signature covers is this assertion. Chain, dates, revocation and kind of the certificate are the caller's to judge.
    Raise `VihfRefused` naming the part that is wrong.
    """
    identifier = assertion.get("ID", "")
    if assertion.tag != xml.qname(xml.SAML2, "Assertion") or not identifier:
        raise VihfRefused("a SAML 2.0 Assertion with an ID is expected", "ID")
    if _SAME_ID(assertion, id=identifier) != 1.0:
        raise VihfRefused("the ID of the assertion occurs elsewhere in the message, it must be unique", "ID")
    alone = xml.parse(xml.serialize(assertion))
    signature = _check_structure(alone, identifier)
    certificate = _signing_certificate(signature)
    try:
        context = xmlsec.SignatureContext()
        context.key = _public_key(certificate)  # the context makes its own copy
        context.register_id(alone, "ID")
        context.verify(signature)
    except xmlsec.Error:
        raise VihfRefused("the signature does not match the content of the assertion", "Signature") from None
    return certificate


def _one(parent: etree._Element, local: str) -> etree._Element:
    """The only child of that name; a second one is how wrapping attacks begin."""
    found = parent.findall(xml.qname(xml.DS, local))
    if len(found) != 1:
        raise VihfRefused(f"{xml.local_name(parent)} holds {len(found)} of them, expected one", local)
    return found[0]


def _allowed(element: etree._Element, allowed: frozenset[str]) -> None:
    algorithm = element.get("Algorithm", "")
    if algorithm not in allowed:
        raise VihfRefused(f"algorithm {algorithm[:100]!r} is not accepted", xml.local_name(element))


def _check_structure(alone: etree._Element, identifier: str) -> etree._Element:
    """Check that there is one signature, over this assertion only, by accepted algorithms; return it."""
    if sum(1 for _ in alone.iter(xml.qname(xml.SAML2, "Assertion"))) != 1:
        raise VihfRefused("another assertion hides in the assertion", "Assertion")
    if alone.find(xml.qname(xml.DS, "Signature")) is None:
        raise VihfRefused("the assertion is not signed", "Signature")
    signature = _one(alone, "Signature")
    if sum(1 for _ in alone.iter(xml.qname(xml.DS, "Signature"))) != 1:
        raise VihfRefused("a signature hides deeper in the assertion, expected one as its child", "Signature")
    if [child.tag for child in xml.children(signature)] != _SIGNATURE_PARTS:
        raise VihfRefused("expected SignedInfo, SignatureValue and KeyInfo in this order, nothing else", "Signature")
    signed = _one(signature, "SignedInfo")
    _allowed(_one(signed, "CanonicalizationMethod"), CANONICALIZATIONS)
    _allowed(_one(signed, "SignatureMethod"), SIGNATURE_METHODS)
    reference = _one(signed, "Reference")
    if reference.get("URI") not in ("", "#" + identifier):
        raise VihfRefused(f"URI {reference.get('URI', '')[:100]!r} is not that of the assertion", "Reference")
    _allowed(_one(reference, "DigestMethod"), DIGEST_METHODS)
    transforms = list(xml.children(_one(reference, "Transforms")))
    if not 1 <= len(transforms) <= 2 or transforms[0].get("Algorithm") != _ENVELOPED:
        raise VihfRefused("expected the enveloped transform, then at most a canonicalization", "Transforms")
    for transform in transforms[1:]:
        _allowed(transform, CANONICALIZATIONS)
    return signature


def _signing_certificate(signature: etree._Element) -> x509.Certificate:
    """The leaf among the certificates of the KeyInfo: the first that has issued no other of them."""
    elements = signature.findall("ds:KeyInfo/ds:X509Data/ds:X509Certificate", xml.NS)
    if not 1 <= len(elements) <= _MAX_CERTIFICATES:
        raise VihfRefused(f"KeyInfo holds {len(elements)} certificates, expected the signer's", "X509Certificate")
    return _leaf(tuple(xml.text(item) for item in elements))


@lru_cache(maxsize=1_024)
def _public_key(certificate: x509.Certificate) -> xmlsec.Key:
    return xmlsec.Key.from_memory(certificate.public_bytes(Encoding.DER), constants.KeyDataFormatCertDer, None)


@lru_cache(maxsize=1_024)
def _leaf(texts: tuple[str, ...]) -> x509.Certificate:
    """The signer's certificate among those given in base64, read once: a software signs with the same for years."""
    try:
        ders = [binascii.a2b_base64("".join(text.split()), strict_mode=True) for text in texts]
        certificates = [x509.load_der_x509_certificate(der) for der in ders]
        leaves = [
            candidate
            for candidate in certificates
            if not any(other is not candidate and other.issuer == candidate.subject for other in certificates)
        ]
        leaf = (leaves or certificates)[0]
        if not isinstance(leaf.public_key(), rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            raise VihfRefused("the key of the certificate is neither RSA nor EC", "X509Certificate")
    except VihfRefused:
        raise
    except Exception as error:
        # NOTE: the DER reader raises many types on hostile bytes; all of them mean the same to the sender.
        raise VihfRefused(f"the certificate cannot be read ({type(error).__name__})", "X509Certificate") from None
    return leaf

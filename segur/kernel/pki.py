"""The platform's own certificate authority, made at first start: an IGC-Santé look-alike for tests.

Two levels: a root, and an issuing authority for organisations and persons alike. Subjects follow the IGC-Santé: OU
holds the structure's identifier, personal certificates carry the professional's in CN [DMP digest 2.3]. Everything
lies under `<home>/pki`; keys are mode 600.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from segur.kernel.certificates import KIND_OIDS

if sys.platform != "win32":
    import fcntl

_KEY_BITS = 2048
_CA_YEARS, _LEAF_YEARS = 10, 3

LOCAL_NAMES = ("localhost", "*.localhost", "gateway", "mssante")
"""Names every server certificate carries beside the loopback addresses."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate with its key, as files (PEM); `chain` holds the certificate and its issuing authority."""

    certificate: Path
    key: Path
    chain: Path


class Authority:
    """Issues certificates under `<home>/pki`. Opening makes the authority when there is none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bundle = folder / "ca.pem"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self.bundle.exists():
            with self._alone():
                if not self.bundle.exists():
                    self._make()

    @classmethod
    def of_home(cls, home: Path) -> Authority:
        """The authority of an installation."""
        return cls(home / "pki")

    def issue(
        self,
        name: str,
        kind: str,
        *,
        common_name: str,
        organisation: str = "SégurStack",
        unit: str = "",
        given_name: str = "",
        surname: str = "",
        dns: tuple[str, ...] = (),
    ) -> Identity:
        """A certificate of `kind` (a key of `KIND_OIDS`), kept under `name`: asking again gives the same one, unless it
        lacks one of the names in `dns` (a later version serves more) or is about to expire.

        `unit` is the Struct_idNat of the structure; given name and surname are for persons.
        """
        if kind not in KIND_OIDS:
            raise ValueError(f"kind: {kind} is none of {', '.join(KIND_OIDS)}")
        found = Identity(self.folder / f"{name}.pem", self.folder / f"{name}.key", self.folder / f"{name}.chain.pem")
        if not _serves(found, dns):
            with self._alone():
                if not _serves(found, dns):
                    self._sign(found, kind, common_name, organisation, unit, given_name, surname, dns)
        return found

    def _sign(
        self,
        found: Identity,
        kind: str,
        common_name: str,
        organisation: str,
        unit: str,
        given_name: str,
        surname: str,
        dns: tuple[str, ...],
    ) -> None:
        key = rsa.generate_private_key(65537, _KEY_BITS)
        attributes = [(NameOID.COUNTRY_NAME, "FR"), (NameOID.ORGANIZATION_NAME, organisation)]
        if unit:
            attributes.append((NameOID.ORGANIZATIONAL_UNIT_NAME, unit))
        if surname:
            attributes += [(NameOID.SURNAME, surname), (NameOID.GIVEN_NAME, given_name)]
        attributes.append((NameOID.COMMON_NAME, common_name))
        issuer, issuer_key = self._issuer()
        builder = _builder(_name(attributes), issuer.subject, key.public_key(), _LEAF_YEARS)
        signs = kind.endswith("sign")
        usage = [ExtendedKeyUsageOID.SERVER_AUTH] if kind == "server" else [ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signature=True, encipherment=not signs), critical=True)
        builder = builder.add_extension(
            x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(KIND_OIDS[kind]), None)]),
            critical=False,
        )
        if not signs:
            builder = builder.add_extension(x509.ExtendedKeyUsage(usage), critical=False)
        if kind == "server":
            names: list[x509.GeneralName] = [x509.DNSName(dns_name) for dns_name in (*LOCAL_NAMES, *dns)]
            names += [x509.IPAddress(ipaddress.ip_address(address)) for address in ("127.0.0.1", "::1")]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
        certificate = builder.sign(issuer_key, hashes.SHA256())
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        _write(found.key, _key_pem(key), secret=True)
        _write(found.certificate, pem)
        _write(found.chain, pem + issuer.public_bytes(serialization.Encoding.PEM))

    def issued(self, certificate: x509.Certificate) -> bool:
        """Whether this authority signed the certificate; its dates are the caller's business."""
        for issuer in x509.load_pem_x509_certificates(self.bundle.read_bytes()):
            try:
                certificate.verify_directly_issued_by(issuer)
            except (ValueError, TypeError, InvalidSignature):
                continue
            return True
        return False

    def pkcs12(self, identity: Identity, password: bytes) -> bytes:
        """The identity as a PKCS#12 file."""
        certificates = x509.load_pem_x509_certificates(identity.chain.read_bytes())
        key = serialization.load_pem_private_key(identity.key.read_bytes(), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return pkcs12.serialize_key_and_certificates(
            certificates[0].subject.rfc4514_string().encode(),
            key,
            certificates[0],
            certificates[1:],
            serialization.BestAvailableEncryption(password),
        )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time makes something here: the containers of a platform start together on one volume."""
        with (self.folder / ".lock").open("a") as lock:
            if sys.platform != "win32":
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _issuer(self) -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
        key = serialization.load_pem_private_key((self.folder / "issuing.key").read_bytes(), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return x509.load_pem_x509_certificate((self.folder / "issuing.pem").read_bytes()), key

    def _make(self) -> None:
        root_key, issuing_key = (rsa.generate_private_key(65537, _KEY_BITS) for _ in range(2))
        root_name = _name([(NameOID.COUNTRY_NAME, "FR"), (NameOID.COMMON_NAME, "TEST AC RACINE SEGURSTACK (fictive)")])
        issuing_name = _name(
            [(NameOID.COUNTRY_NAME, "FR"), (NameOID.COMMON_NAME, "TEST AC ORGANISATIONS ET PERSONNES SEGURSTACK")]
        )
        root = _ca(_builder(root_name, root_name, root_key.public_key(), _CA_YEARS), root_key, root_key, path_length=1)
        issuing = _ca(
            _builder(issuing_name, root_name, issuing_key.public_key(), _CA_YEARS), root_key, issuing_key, path_length=0
        )
        pems = [certificate.public_bytes(serialization.Encoding.PEM) for certificate in (issuing, root)]
        _write(self.folder / "root.key", _key_pem(root_key), secret=True)
        _write(self.folder / "issuing.key", _key_pem(issuing_key), secret=True)
        _write(self.folder / "issuing.pem", pems[0])
        _write(self.bundle, b"".join(pems))


def trusted(home: Path) -> bytes:
    """The certificates of the authority of an installation (PEM), read again only when their file has changed."""
    bundle = home / "pki" / "ca.pem"
    return _contents(bundle, bundle.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _contents(path: Path, _changed_ns: int) -> bytes:
    return path.read_bytes()


def _serves(found: Identity, dns: tuple[str, ...]) -> bool:
    """Whether the kept certificate is there, lasts another day and carries these names."""
    if not found.chain.exists():
        return False
    certificate = x509.load_pem_x509_certificate(found.chain.read_bytes())
    if certificate.not_valid_after_utc < datetime.now(UTC) + timedelta(days=1):
        return False
    if not dns:
        return True
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(dns) <= set(names.get_values_for_type(x509.DNSName))


def _name(attributes: list[tuple[x509.ObjectIdentifier, str]]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])


def _builder(subject: x509.Name, issuer: x509.Name, key: rsa.RSAPublicKey, years: int) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=365 * years))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _ca(
    builder: x509.CertificateBuilder, signer: rsa.RSAPrivateKey, own: rsa.RSAPrivateKey, *, path_length: int
) -> x509.Certificate:
    return (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(_usage(signature=True, encipherment=False, authority=True), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )


def _usage(*, signature: bool, encipherment: bool, authority: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signature,
        content_commitment=False,
        key_encipherment=encipherment,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _key_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, data: bytes, *, secret: bool = False) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if secret else 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    draft.rename(path)

"""A client's certificate as services see it: who it names and what it may be used for.

The subject conventions are those of the IGC-Santé: OU carries the structure's identifier with its register prefix,
CN the software or the professional [PSC digest 1.7, DMP digest 2.3].
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID, NameOID

from segur.vocab import oids

KIND_OIDS = {
    "server": f"{oids.SEGURSTACK}.1.1",
    "org-auth": f"{oids.SEGURSTACK}.1.2",
    "org-sign": f"{oids.SEGURSTACK}.1.3",
    "ps-auth": f"{oids.SEGURSTACK}.1.4",
    "ps-sign": f"{oids.SEGURSTACK}.1.5",
}
"""Certificate policies that tell the kinds of certificate of our own authority apart."""
_KINDS = {oid: kind for kind, oid in KIND_OIDS.items()}


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A certificate, read once. `kind` is a key of `KIND_OIDS`, or empty for a certificate of another authority."""

    der: bytes
    subject: str
    issuer: str
    common_name: str
    organisation: str
    units: tuple[str, ...]
    kind: str
    sha256: str
    """Fingerprint, 64 lower-case hexadecimal characters."""

    @classmethod
    def from_der(cls, der: bytes) -> ClientCertificate:
        """Read a DER certificate; raise `ValueError` when it is none."""
        return _read(der)

    @property
    def structure(self) -> str:
        """The structure identifier (Struct_idNat) of an organisation's certificate, else empty."""
        return self.units[-1] if self.units and self.kind.startswith("org") else ""

    @property
    def pem(self) -> str:
        """The certificate as PEM text."""
        return x509.load_der_x509_certificate(self.der).public_bytes(Encoding.PEM).decode()


@lru_cache(maxsize=512)
def _read(der: bytes) -> ClientCertificate:
    certificate = x509.load_der_x509_certificate(der)

    def values(oid: x509.ObjectIdentifier) -> tuple[str, ...]:
        return tuple(str(attribute.value) for attribute in certificate.subject.get_attributes_for_oid(oid))

    try:
        policies = certificate.extensions.get_extension_for_oid(ExtensionOID.CERTIFICATE_POLICIES).value
        assert isinstance(policies, x509.CertificatePolicies)
        kind = next(
            (
                _KINDS[p.policy_identifier.dotted_string]
                for p in policies
                if p.policy_identifier.dotted_string in _KINDS
            ),
            "",
        )
    except x509.ExtensionNotFound:
        kind = ""
    return ClientCertificate(
        der=der,
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        common_name=next(iter(values(NameOID.COMMON_NAME)), ""),
        organisation=next(iter(values(NameOID.ORGANIZATION_NAME)), ""),
        units=values(NameOID.ORGANIZATIONAL_UNIT_NAME),
        kind=kind,
        sha256=certificate.fingerprint(hashes.SHA256()).hex(),
    )

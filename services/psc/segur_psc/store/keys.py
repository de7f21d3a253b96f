"""The realm's keys: made once, kept under `<home>/secrets` with mode 600; JOSE by joserfc [PSC digest 1.14]."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey, RSAKey

from segur.kernel.ids import installation_secret
from segur_psc.domain.tokens import Claims


class KeyRing:
    """Signs and checks tokens: RS256 for what clients read, HS256 for what only PSC reads."""

    def __init__(self, signing: Path, encryption: Path, secret: bytes) -> None:
        self._key = RSAKey.import_key(signing.read_bytes())
        self._kid = _kid(signing)
        self._secret = OctKey.import_key(secret)
        self.public: dict[str, Any] = {
            # The encryption key comes first on purpose: Keycloak promises no order, and clients must choose by kid.
            "keys": [_public(encryption, "RSA-OAEP", "enc"), _public(signing, "RS256", "sig")]
        }

    @classmethod
    def of_home(cls, home: Path) -> KeyRing:
        """The keys of an installation, made at first use."""
        secret = installation_secret(home, "psc-tokens.secret")
        folder = home / "secrets"
        return cls(_kept(folder / "psc-sig.pem"), _kept(folder / "psc-enc.pem"), secret)

    def sign(self, claims: Claims) -> str:
        """A JWT under the realm's key (RS256)."""
        return jwt.encode({"alg": "RS256", "typ": "JWT", "kid": self._kid}, claims, self._key, algorithms=["RS256"])

    def read(self, token: str) -> Claims | None:
        """The claims of a JWT of `sign`, whatever its age; None when it is not ours."""
        return _claims(token, self._key, "RS256")

    def seal(self, claims: Claims) -> str:
        """A JWT for ourselves (HS256); `typ` tells the kinds apart."""
        return jwt.encode({"alg": "HS256", "typ": "JWT"}, claims, self._secret, algorithms=["HS256"])

    def unseal(self, token: str, typ: str) -> Claims | None:
        """The claims of a JWT of `seal` of that kind, whatever its age; None for anything else."""
        claims = _claims(token, self._secret, "HS256")
        return claims if claims is not None and claims.get("typ") == typ else None


def _claims(token: str, key: RSAKey | OctKey, algorithm: str) -> Claims | None:
    try:
        return dict(jwt.decode(token, key, algorithms=[algorithm]).claims)
    except (JoseError, ValueError):
        return None


def _certificate(path: Path) -> bytes:
    return x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(serialization.Encoding.DER)


def _kid(path: Path) -> str:
    return _b64(hashlib.sha256(_certificate(path)).digest())


def _public(path: Path, algorithm: str, use: str) -> dict[str, Any]:
    der = _certificate(path)
    return {
        **RSAKey.import_key(path.read_bytes()).as_dict(private=False),
        "kid": _kid(path),
        "alg": algorithm,
        "use": use,
        "x5c": [base64.b64encode(der).decode()],
        "x5t": _b64(hashlib.sha1(der).digest()),  # noqa: S324 - RFC 7517 defines x5t on SHA-1
        "x5t#S256": _b64(hashlib.sha256(der).digest()),
    }


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _kept(path: Path) -> Path:
    """The file of a key and its self-signed certificate, made when absent; safe against two processes racing."""
    if path.exists():
        return path
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "esante-wallet")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + certificate.public_bytes(serialization.Encoding.PEM)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process won: use its key
    finally:
        draft.unlink()
    return path

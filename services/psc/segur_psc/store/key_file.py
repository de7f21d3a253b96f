"""The file of the realm's keys: `<home>/secrets/psc-keys.json`, its private keys encrypted, shared by all replicas.

The key that encrypts them is derived from a secret of the installation (`psc-tokens.secret`, mode 600), so that a copy
of the file alone is worth nothing. Writers take turns by a lock; readers see the old file or the new one, never half.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID

SIGNING, ENCRYPTION = "sig", "enc"
_NONCE = 12
_FOREVER = timedelta(days=3_650)


@dataclass(frozen=True, slots=True)
class Key:
    """A private key (PEM, in clear in memory only) with its self-signed certificate (DER).

    Times in real epoch seconds: keys belong to the installation, not to a sandbox and its clock. `retired` is when a
    newer one took over, None while it signs.
    """

    kid: str
    use: str
    made: float
    private_pem: bytes
    certificate: bytes
    retired: float | None = None


class KeyFile:
    """Reads and writes the file."""

    def __init__(self, folder: Path, wrapping_key: bytes) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path, self._lock = folder / "psc-keys.json", folder / ".psc-keys.lock"
        self._cipher = AESGCM(wrapping_key)

    def stamp(self) -> tuple[int, int]:
        """What differs when the file was replaced; zeros while there is none."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return (0, 0)
        return (found.st_mtime_ns, found.st_ino)

    def read(self) -> tuple[Key, ...]:
        """All keys, oldest first; none while there is no file."""
        try:
            rows = orjson.loads(self._path.read_bytes())
        except FileNotFoundError:
            return ()
        return tuple(self._opened(row) for row in rows)

    def change(self, change: Callable[[Sequence[Key]], Sequence[Key]]) -> tuple[Key, ...]:
        """Replace the keys by what `change` makes of them, nobody else writing meanwhile."""
        with self._alone():
            before = self.read()
            after = tuple(change(before))
            if after != before:
                draft = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
                with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(orjson.dumps([self._closed(key) for key in after], option=orjson.OPT_INDENT_2))
                    file.flush()
                    os.fsync(file.fileno())
                draft.replace(self._path)
            return after

    def begin(self) -> None:
        """See to it that there are keys: those of before the encryption, else new ones. None stays in clear on disk."""
        plain = [(use, self._path.with_name(f"psc-{use}.pem")) for use in (ENCRYPTION, SIGNING)]

        def first(keys: Sequence[Key]) -> Sequence[Key]:
            return keys or [_taken(use, path) if path.exists() else make_key(use) for use, path in plain]

        self.change(first)
        for _, path in plain:  # the encrypted file is on the disk by now
            path.unlink(missing_ok=True)

    def _closed(self, key: Key) -> dict[str, object]:
        nonce = secrets.token_bytes(_NONCE)
        sealed = nonce + self._cipher.encrypt(nonce, key.private_pem, key.kid.encode())
        shown = {name: value for name, value in asdict(key).items() if name not in ("private_pem", "certificate")}
        return shown | {"certificate": base64.b64encode(key.certificate).decode(), "sealed": _text(sealed)}

    def _opened(self, row: dict[str, str]) -> Key:
        sealed = base64.b64decode(row["sealed"])
        pem = self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], row["kid"].encode())
        told = {name: value for name, value in row.items() if name not in ("sealed", "certificate")}
        return Key(**told, private_pem=pem, certificate=base64.b64decode(row["certificate"]))  # type: ignore[arg-type]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._lock.open("ab") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield


def make_key(use: str) -> Key:
    """A fresh RSA key of 2048 bits, as Keycloak makes them."""
    private = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "esante-wallet")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + _FOREVER)
        .sign(private, hashes.SHA256())
        .public_bytes(serialization.Encoding.DER)
    )
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Key(_kid(certificate), use, time.time(), pem, certificate)


def _taken(use: str, path: Path) -> Key:
    """The key of a PEM file with its certificate, under the `kid` its tokens bear."""
    key, mark, certificate = path.read_bytes().partition(b"-----BEGIN CERTIFICATE-----")
    der = x509.load_pem_x509_certificate(mark + certificate).public_bytes(serialization.Encoding.DER)
    return Key(_kid(der), use, path.stat().st_mtime, key, der)


def _kid(certificate: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(certificate).digest()).rstrip(b"=").decode()


def retire(key: Key, now: float) -> Key:
    """The key, from now on only for checking what it signed."""
    return key if key.retired is not None else replace(key, retired=now)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()

"""The realm's keys and what is done with them; JOSE by joserfc [PSC digest 1.14].

A key that a newer one replaced stays published until the last token it signed has expired, and is kept for as long as a
session may show an id_token of it at logout; then it is gone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey, RSAKey

from segur.kernel.ids import installation_secret
from segur_psc.domain.tokens import Claims
from segur_psc.store.key_file import SIGNING, Key, KeyFile, make_key, retire

_CHECKED = 4_096
"""Tokens whose signature was found right lately."""
_LATE_READERS_S = 60.0
"""How much longer than its tokens a retired key is published, for clients whose clock is behind."""


@dataclass(frozen=True, slots=True)
class _Ring:
    """The keys as last read from their file."""

    stamp: tuple[int, int]
    keys: tuple[Key, ...]
    signing: tuple[str, RSAKey]
    known: dict[str, RSAKey]


class KeyRing:
    """Signs and checks tokens: RS256 for what clients read, HS256 for what only PSC reads."""

    def __init__(self, file: KeyFile, secret: bytes, *, token_s: float, session_s: float) -> None:
        self._file, self._published_s, self._kept_s = file, token_s + _LATE_READERS_S, max(token_s, session_s)
        self._secret = OctKey.import_key(secret)
        self._strange: Key | None = None
        self._checked: OrderedDict[bytes, tuple[str, Claims]] = OrderedDict()
        file.begin()
        self._read = self._load()

    @classmethod
    def of_home(cls, home: Path, *, token_s: float = 120, session_s: float = 14_400) -> KeyRing:
        """The keys of an installation, made at first use; lifetimes of the tokens and sessions they sign for."""
        secret = installation_secret(home, "psc-tokens.secret")
        file = KeyFile(home / "secrets", _derived(secret, "keys at rest"))
        return cls(file, _derived(secret, "tokens for ourselves"), token_s=token_s, session_s=session_s)

    @property
    def public(self) -> dict[str, Any]:
        """The JWK set: every key a living token may be signed with.

        The encryption key comes first on purpose: Keycloak promises no order, and clients must choose by `kid`.
        """
        now = time.time()
        return {"keys": [_public(key) for key in self._ring.keys if not _over(key, now, self._published_s)]}

    def described(self) -> list[dict[str, Any]]:
        """The keys for people: kid, use, when made and retired (epoch seconds), whether published."""
        now = time.time()
        return [
            {
                "kid": key.kid,
                "use": key.use,
                "made": int(key.made),
                "retired": None if key.retired is None else int(key.retired),
                "published": not _over(key, now, self._published_s),
            }
            for key in self._ring.keys
        ]

    def rotate(self, older_than_s: float = 0) -> str:
        """Sign with a new key from now on, unless the present one is younger; give the kid that signs."""
        now = time.time()

        def change(keys: Any) -> Any:
            (present,) = (key for key in keys if key.use == SIGNING and key.retired is None)
            if now - present.made < older_than_s:
                return keys
            kept = [retire(key, now) if key is present else key for key in keys]
            return [*(key for key in kept if not _over(key, now, self._kept_s)), make_key(SIGNING)]

        self._file.change(change)
        return self._ring.signing[0]

    def sign(self, claims: Claims, typ: str = "JWT") -> str:
        """A JWT under the realm's key (RS256)."""
        kid, key = self._ring.signing
        return jwt.encode({"alg": "RS256", "typ": typ, "kid": kid}, claims, key, algorithms=["RS256"])

    def sign_unpublished(self, claims: Claims) -> str:
        """A JWT under a key nobody can find: what a client sees while the published keys lag behind."""
        self._strange = strange = self._strange or make_key(SIGNING)
        header = {"alg": "RS256", "typ": "JWT", "kid": strange.kid}
        return jwt.encode(header, claims, RSAKey.import_key(strange.private_pem), algorithms=["RS256"])

    def sign_confused(self, claims: Claims, secret: str) -> str:
        """An HS256 JWT under the client's secret, or the public key for a client without one: to be refused."""
        kid, key = self._ring.signing
        shared = secret.encode() or key.as_pem(private=False)
        header = orjson.dumps({"alg": "HS256", "typ": "JWT", "kid": kid})
        told = f"{_b64(header)}.{_b64(orjson.dumps(claims))}"
        return f"{told}.{_b64(hmac.digest(shared, told.encode(), 'sha256'))}"

    def read(self, token: str) -> Claims | None:
        """The claims of a JWT of `sign`, whatever its age; None when it is not ours.

        Signatures found right are remembered by the token's digest: the same access token is shown many times, and
        whether its session lives is asked of the store each time anyway.
        """
        ring, digest = self._ring, hashlib.sha256(token.encode("utf-8", "replace")).digest()
        if (found := self._checked.get(digest)) is not None:
            return dict(found[1]) if found[0] in ring.known else None
        kid, key = self._key_of(token, ring)
        claims = None if key is None else _claims(token, key, "RS256")
        if claims is not None:
            self._checked[digest] = (kid, claims)
            if len(self._checked) > _CHECKED:
                self._checked.popitem(last=False)
        return None if claims is None else dict(claims)

    def seal(self, claims: Claims) -> str:
        """A JWT for ourselves (HS256); `typ` tells the kinds apart."""
        return jwt.encode({"alg": "HS256", "typ": "JWT"}, claims, self._secret, algorithms=["HS256"])

    def unseal(self, token: str, typ: str) -> Claims | None:
        """The claims of a JWT of `seal` of that kind, whatever its age; None for anything else."""
        claims = _claims(token, self._secret, "HS256")
        return claims if claims is not None and claims.get("typ") == typ else None

    @property
    def _ring(self) -> _Ring:
        """The keys as they are now: another replica may have rotated them."""
        if self._file.stamp() != self._read.stamp:
            self._read = self._load()
        return self._read

    def _load(self) -> _Ring:
        stamp, now = self._file.stamp(), time.time()
        keys = tuple(key for key in self._file.read() if not _over(key, now, self._kept_s))
        known = {key.kid: RSAKey.import_key(key.private_pem) for key in keys if key.use == SIGNING}
        (kid,) = (key.kid for key in keys if key.use == SIGNING and key.retired is None)
        return _Ring(stamp, keys, (kid, known[kid]), known)

    @staticmethod
    def _key_of(token: str, ring: _Ring) -> tuple[str, RSAKey | None]:
        """The key a token names by `kid`: `jwk`, `jku`, `x5u` in its header are never looked at."""
        try:
            head = token.split(".", 1)[0]
            kid = jwt_header(head).get("kid")
        except ValueError:
            return "", None
        return (kid, ring.known.get(kid)) if isinstance(kid, str) else ("", None)


def decoded(part: str) -> bytes:
    """A part of a JWT; raise `ValueError` when it is no base64url."""
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def jwt_header(encoded: str) -> dict[str, Any]:
    """A JOSE header; raise `ValueError` when it is no JSON object."""
    found = orjson.loads(decoded(encoded))
    if not isinstance(found, dict):
        raise ValueError("a JOSE header is an object")
    return found


def _over(key: Key, now: float, after_s: float) -> bool:
    return key.retired is not None and now >= key.retired + after_s


def _claims(token: str, key: RSAKey | OctKey, algorithm: str) -> Claims | None:
    try:
        return dict(jwt.decode(token, key, algorithms=[algorithm]).claims)
    except (JoseError, ValueError):
        return None


def _public(key: Key) -> dict[str, Any]:
    public = x509.load_der_x509_certificate(key.certificate).public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return {
        **RSAKey.import_key(pem).as_dict(),  # reading the private key would check it: 70 ms
        "kid": key.kid,
        "alg": "RS256" if key.use == SIGNING else "RSA-OAEP",
        "use": key.use,
        "x5c": [base64.b64encode(key.certificate).decode()],
        "x5t": _b64(hashlib.sha1(key.certificate).digest()),  # noqa: S324 - RFC 7517 defines x5t on SHA-1
        "x5t#S256": _b64(hashlib.sha256(key.certificate).digest()),
    }


def _derived(secret: bytes, purpose: str) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=f"segurstack psc: {purpose}".encode()).derive(secret)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

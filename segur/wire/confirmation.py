"""`cnf["x5t#S256"]`: how a token names the certificate it is bound to, in the two encodings that are about.

RFC 8705 says base64url, without padding, of the 32 bytes of the SHA-256. The authorization servers of the Espace de
confiance write standard base64, padded, of the hexadecimal text of that digest; the CI-SIS example does so too
[PSC digest 1.17]. Resource servers take both.
"""

from __future__ import annotations

import base64
from typing import Any

HEX, RFC8705 = "hex", "rfc8705"


def thumbprint(sha256: str, encoding: str) -> str:
    """The confirmation value for a certificate; `sha256` is its fingerprint, 64 hexadecimal characters."""
    if encoding == HEX:
        return base64.b64encode(sha256.lower().encode("ascii")).decode()
    return base64.urlsafe_b64encode(bytes.fromhex(sha256)).rstrip(b"=").decode()


def bound_to(claims: dict[str, Any]) -> str:
    """The confirmation value of a token's claims, or of an introspection answer; empty when it is bound to nothing."""
    cnf = claims.get("cnf")
    return str(cnf.get("x5t#S256") or "") if isinstance(cnf, dict) else ""


def confirms(value: str, sha256: str) -> bool:
    """Whether a confirmation value, in either encoding, names the certificate of that fingerprint."""
    return bool(value and sha256) and value in (thumbprint(sha256, HEX), thumbprint(sha256, RFC8705))

"""Signing in through the identity provider of a hospital ("PSC sans couture") [PSC digest 1.5].

The local provider tells who its user is (`tid` and `oid`) and how it proved so (`amr`). PSC takes a phishing-resistant
second factor only; the first time the person pairs the account with their card or phone, later they only confirm.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType

PROOFS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "card": ("sc", "pin", "mfa", "hwk"),
        "application": ("swk", "mfa", "pwd", "okta_verify"),
        "password": ("pwd",),
    }
)
"""How the simulated provider can prove its user, and the `amr` it tells: level élevé, substantiel, and too weak."""

_ALLOWED = tuple(frozenset(PROOFS[name]) for name in ("card", "application"))


def is_accepted(amr: Sequence[str]) -> bool:
    """Whether PSC takes the proof: one of the allowed sets, as a whole."""
    return frozenset(amr) in _ALLOWED


def account_of(provider: str, id_nat: str) -> str:
    """The `oid` of a person at a simulated provider: stable, and telling nothing of who it is."""
    digest = hashlib.sha256(f"{provider} {id_nat}".encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"

"""Authorizations: what a professional declared having been allowed by the patient [DMP digest 1.4, 6.4]."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from segur.wire.hl7v3_values import AUTHORIZATION_EXPIRED, AUTHORIZATION_NONE, AUTHORIZATION_VALID


@dataclass(frozen=True, slots=True)
class Grant:
    """An authorization a professional declared: when, and whether as médecin traitant."""

    at: datetime
    treating: bool = False


def authorization_state(grant: Grant | None, now: datetime, lifetime: timedelta) -> str:
    """`VALIDE`, `EXPIREE` or `INEXISTANTE`; the médecin traitant's does not lapse (our reading) [DMP digest 1.3]."""
    if grant is None:
        return AUTHORIZATION_NONE
    return AUTHORIZATION_VALID if grant.treating or now < grant.at + lifetime else AUTHORIZATION_EXPIRED

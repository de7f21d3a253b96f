"""Authorizations: what a professional declared having been allowed by the patient, and blocks [DMP digest 1.4, 6.4]."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from segur.wire.hl7v3_values import (
    AUTHORIZATION_EXPIRED,
    AUTHORIZATION_FORBIDDEN,
    AUTHORIZATION_NONE,
    AUTHORIZATION_VALID,
)


@dataclass(frozen=True, slots=True)
class Grant:
    """An authorization on one DMP, or a block.

    `at` is since when, `treating` tells the médecin traitant (Mon espace santé says administrator); `holder` is a
    PS_IdNat, or a Struct_idNat for what an employee of a structure declared; `patient` is the pseudonym. `blocked` is
    the patient's no, which nothing overrides; `acted` the last change.
    """

    at: datetime
    treating: bool = False
    blocked: bool = False
    holder: str = ""
    patient: str = ""
    acted: datetime | None = None


def authorization_state(grant: Grant | None, now: datetime, lifetime: timedelta) -> str:
    """`VALIDE`, `EXPIREE`, `INTERDITE` or `INEXISTANTE`; the médecin traitant's does not lapse (our reading) [1.3]."""
    if grant is None:
        return AUTHORIZATION_NONE
    if grant.blocked:
        return AUTHORIZATION_FORBIDDEN
    return AUTHORIZATION_VALID if grant.treating or now < grant.at + lifetime else AUTHORIZATION_EXPIRED

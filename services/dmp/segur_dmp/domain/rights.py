"""Who may do what, by authentication mode, access mode and kind of identity [DMP digest 2.3, 6.1]."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from segur.wire.hl7v3_values import AUTHORIZATION_EXPIRED, AUTHORIZATION_NONE, AUTHORIZATION_VALID
from segur.wire.saml import BREAK_GLASS, NORMAL, REGULATION, AuthenticationMode

PURPOSES = (NORMAL, BREAK_GLASS, REGULATION)
"""The access modes of TRE_R248 that a call may name."""
DOCTOR = "10"


class Act(Enum):
    """What a caller wants to do in a DMP."""

    FEED = "TD2.1"
    READ = "TD3.1, TD3.2"
    REFERENCE = "TD3.1b"
    TEST = "TD0.2"
    AUTHORIZE = "TD0.3"


def is_nominative(id_nat: str) -> bool:
    """True for a person's own national number; a structure's internal id holds a slash [DMP digest 2.1]."""
    return bool(id_nat) and "/" not in id_nat


def forbidden(act: Act, mode: AuthenticationMode, *, purpose: str = NORMAL, id_nat: str = "") -> str:
    """Why the rights matrix forbids the act, in French; empty when it allows it."""
    if act is Act.FEED and mode is AuthenticationMode.REINFORCED:
        return "l'AIR (Pro Santé Connect) ne permet pas d'alimenter : utilisez la CPS ou le certificat de la structure"
    if act is Act.READ:
        if mode is AuthenticationMode.INDIRECT:
            return "le certificat de structure seul ne permet pas de consulter : utilisez la CPS ou Pro Santé Connect"
        if mode is AuthenticationMode.REINFORCED and not is_nominative(id_nat):
            return "un compte sans identité nationale ne permet pas de consulter"
    if act is Act.AUTHORIZE:
        if mode is AuthenticationMode.INDIRECT:
            return "une structure ne déclare pas d'autorisation : utilisez la CPS ou Pro Santé Connect"
        if purpose != NORMAL:
            return "l'autorisation se déclare en accès normal seulement"
    return ""


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

"""Roles a VIHF may carry: the value set JDV_J65 (`1.2.250.1.213.1.1.5.5`) of the DMP [DMP digest 2.1].

Code systems: TRE_A00 (non-professionals), TRE_G15 (professions), TRE_G16 (trainees), TRE_R95 (titles), TRE_R94 (social
professions), TRE_R291 (actors described by a role).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from segur.vocab import oids
from segur.vocab.professions import PROFESSION_LABELS

NON_PROFESSIONAL: Final = "1.2.250.1.213.1.1.4.6"
"""TRE_A00."""
TITLE: Final = "1.2.250.1.213.1.6.1.109"
"""TRE_R95, usagers de titre."""
SOCIAL: Final = "1.2.250.1.213.1.6.1.4"
"""TRE_R94, professions du social."""
OTHER: Final = "1.2.250.1.213.1.6.1.140"
"""TRE_R291, autres professions."""
CARE_ROLE: Final = "1.2.250.1.213.1.6.1.107"
"""TRE_R85, rôles de prise en charge: second role of an actor described by one."""
DESCRIBED_BY_ROLE: Final = "99"

ROLES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        NON_PROFESSIONAL: frozenset({"ALIM_AM", "DISPOSITIF", "EXP_PATIENT", "SECRETARIAT_MEDICAL", "AUTOMATE"}),
        oids.PROFESSION: frozenset(PROFESSION_LABELS),
        oids.PROFESSION_TRAINEE: frozenset({"10", "21", "40", "50"}),
        TITLE: frozenset({"71", "72", "73", "93", "97"}),
        SOCIAL: frozenset({"41", "42", "43", "44", "45", "46", "47", "48", "49", "51", "52", "53"}),
        OTHER: frozenset({DESCRIBED_BY_ROLE}),
    }
)
"""Code system → codes of JDV_J65."""

"""One structure for each activity sector that no structure of the stories is in: every sector can be searched.

FINESS numbers are in department 99 again; nobody of the stories works there. Source: PSC digest 3.9.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from segur.personas.fixture_structures import pharmacy
from segur.personas.identities import home, register_spelling
from segur.personas.mailboxes import PROFESSIONAL_PARENT
from segur.personas.model import Structure
from segur.vocab.structures import ACTIVITY_SECTORS

_SERIAL = 900_000


def sector_structures(present: Iterable[Structure]) -> tuple[Structure, ...]:
    """The missing sectors' structures, in the order of their codes; key `ST-SA05` for sector SA05."""
    known = {place.sector for place in present}
    return tuple(
        replace(
            pharmacy(f"ST-{code}", _name(label), _SERIAL + int(code[2:]), home(_SERIAL + int(code[2:]))),
            sector=code,
            mail_domain=f"secteur-{code.lower()}.{PROFESSIONAL_PARENT}",
        )
        for code, label in ACTIVITY_SECTORS.items()
        if code not in known
    )


def _name(label: str) -> str:
    return f"{register_spelling(label)[:60].rstrip()} D ESSAI"

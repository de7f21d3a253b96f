"""What every act of the DMP works with."""

from __future__ import annotations

from dataclasses import dataclass

from segur.cda import official
from segur.kernel.service import Floor
from segur_dmp.clients import Messaging, TokenCheck
from segur_dmp.domain.directory import Directory
from segur_dmp.settings import Settings
from segur_dmp.store import Records


@dataclass(frozen=True, slots=True)
class Context:
    """The floor, the settings, the records, the national directory, the check of tokens and
    the citizens' messaging."""

    floor: Floor
    settings: Settings
    records: Records
    directory: Directory
    tokens: TokenCheck
    messaging: Messaging
    court: official.Court | None = None
    """Judges documents by the official rules, when some are plugged in."""

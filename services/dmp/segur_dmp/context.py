"""What every act of the DMP works with."""

from __future__ import annotations

from dataclasses import dataclass

from segur.kernel.service import Floor
from segur_dmp.settings import Settings
from segur_dmp.store import Records


@dataclass(frozen=True, slots=True)
class Context:
    """The floor, the settings and the records of the DMP."""

    floor: Floor
    settings: Settings
    records: Records

"""What every act of the directory works with."""

from __future__ import annotations

from dataclasses import dataclass

from segur.kernel.service import Floor
from segur_annuaire.settings import Settings
from segur_annuaire.store import Directory


@dataclass(frozen=True, slots=True)
class Context:
    """The floor, the settings and the directory's resources."""

    floor: Floor
    settings: Settings
    directory: Directory

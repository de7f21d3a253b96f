"""What every act of the directory works with."""

from __future__ import annotations

from dataclasses import dataclass

from segur.kernel.service import Floor
from segur_annuaire.settings import Settings
from segur_annuaire.store.directory import Directory
from segur_annuaire.store.register import Register


@dataclass(frozen=True, slots=True)
class Context:
    """The floor, the settings, the resources shown, and the register they are made from."""

    floor: Floor
    settings: Settings
    directory: Directory
    register: Register

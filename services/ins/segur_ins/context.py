"""What every act of INSi works with."""

from __future__ import annotations

from dataclasses import dataclass

from segur.kernel.service import Floor
from segur_ins.settings import Settings
from segur_ins.store import Batches, Register


@dataclass(frozen=True, slots=True)
class Context:
    """The floor, the settings, the register of identities, and the files to verify."""

    floor: Floor
    settings: Settings
    register: Register
    batches: Batches

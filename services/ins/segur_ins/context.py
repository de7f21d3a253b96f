"""What every act of INSi works with."""

from __future__ import annotations

from dataclasses import dataclass

from segur.kernel.service import Floor
from segur_ins.clients import ApiTokens
from segur_ins.settings import Settings
from segur_ins.store import Batches, Register


@dataclass(frozen=True, slots=True)
class Context:
    """The floor, the settings, the register of identities, the files to verify, and whom to ask about tokens."""

    floor: Floor
    settings: Settings
    register: Register
    batches: Batches
    tokens: ApiTokens

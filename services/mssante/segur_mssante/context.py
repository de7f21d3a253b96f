"""What every act of the operator needs."""

from __future__ import annotations

from dataclasses import dataclass

from segur.kernel.service import Floor
from segur_mssante.clients import TokenCheck
from segur_mssante.settings import Settings
from segur_mssante.store import MailStore


@dataclass(frozen=True, slots=True)
class Context:
    """Floor, settings, store and the token check."""

    floor: Floor
    settings: Settings
    store: MailStore
    tokens: TokenCheck

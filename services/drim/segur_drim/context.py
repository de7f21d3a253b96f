"""What every act of the box may reach."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from segur.kernel.introspection import TokenCheck
from segur.kernel.service import Floor
from segur_drim.clients import DmpClient
from segur_drim.settings import Settings
from segur_drim.store import Archive


@dataclass(frozen=True, slots=True)
class Context:
    """Floor, settings, archive, the two services the box calls, and the bell that wakes the publisher."""

    floor: Floor
    settings: Settings
    archive: Archive
    tokens: TokenCheck
    dmp: DmpClient
    due: asyncio.Event = field(default_factory=asyncio.Event)

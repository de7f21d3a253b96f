"""What the tests of trips share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from segur.kernel.faults import FaultRule
from tests.contract.psc.conftest import Psc

Check = Callable[[dict[str, Any]], bool]
"""Whether an answer shows its trip."""


def arm(psc: Psc, point: str, **more: Any) -> None:
    """One fault point from now on, and no other."""
    psc.service.floor.faults.arm([FaultRule(id="trip", point=point, **more)])
